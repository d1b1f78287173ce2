"""Whether FreeSWITCH has read the values that are stored of a user.

Its answers may be passwords: they are compared in here, and get into no text.  Line numbers
are of FreeSWITCH 1.10.12.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

from sipapp.model.apply import UNKNOWN, Values
from sipapp.model.extension import fold_id, split_id

Section = Literal["params", "variables"]

PLACES: Final[Mapping[str, tuple[Section, str]]] = MappingProxyType(
    {
        "password": ("params", "password"),
        "vm_password": ("params", "vm-password"),
        "toll_allow": ("variables", "toll_allow"),
        "accountcode": ("variables", "accountcode"),
        "user_context": ("variables", "user_context"),
        "caller_id_name": ("variables", "effective_caller_id_name"),
        "caller_id_number": ("variables", "effective_caller_id_number"),
        "outbound_caller_id_name": ("variables", "outbound_caller_id_name"),
        "outbound_caller_id_number": ("variables", "outbound_caller_id_number"),
        "callgroup": ("variables", "callgroup"),
    }
)
"""Where a user of the directory has a field: section and name, as FreeSWITCH's vanilla files
have them, and in their order."""

NO_REPLY: Final = "-ERR no reply"
"""In place of an empty output (mod_event_socket.c:1587)."""

_KINDS: Final[Mapping[Section, str]] = {"params": "param", "variables": "var"}


def questions(values: Values) -> Iterator[tuple[str, str]]:
    """What to ask of a user: names, and what comes behind ``user_data USER@DOMAIN``."""
    yield from (("type", "attr type"), (UNKNOWN, "attr id"))
    for name in dict.fromkeys((*values.now, *values.before)):
        yield name, kind_and_name(name)


def kind_and_name(field: str) -> str:
    """How ``user_data`` and ``domain_data`` call a field, such as ``var toll_allow``."""
    section, name = PLACES[field]
    return f"{_KINDS[section]} {name}"


def is_answer(reply: str) -> bool:
    """Whether this is a value: an account of Event Socket may not be allowed to ask."""
    unknown = reply.startswith("-ERR ") and reply.endswith(" Command not found!")
    return not (reply == "-ERR permission denied" or unknown)


def is_user(user: str, replies: Mapping[str, str]) -> bool:
    """Whether it finds the user of this id, and not another one or a group's pointer.

    A user of any other ``type`` answers for every id behind it, and one whose
    ``number-alias`` is this id for it (switch_xml.c:1906).
    """
    return replies["type"] != "pointer" and fold_id(replies[UNKNOWN]) == fold_id(split_id(user)[0])


def differences(values: Values, replies: Mapping[str, str]) -> Sequence[str]:
    """The fields that FreeSWITCH has not taken over."""
    names = (name for name in replies if name in PLACES and is_answer(replies[name]))
    return [name for name in names if _differs(name, values, replies[name])]


def is_still(name: str, values: Values, reply: str) -> bool:
    """Whether this is the value that a field had before the change."""
    before = values.before.get(name, "")
    return bool(before) and _same(before, reply)


def _differs(name: str, values: Values, reply: str) -> bool:
    wanted = values.now.get(name, "")
    if wanted and _same(wanted, reply):
        return False
    if wanted and _is_plain(wanted):
        return True
    return is_still(name, values, reply)


def _is_plain(value: str) -> bool:
    """Whether FreeSWITCH gives back this value as it is, whatever file it stands in.

    What is not ASCII may be Latin-1 there, of which Event Socket carries nothing.
    """
    return value.isascii() and value.isprintable() and "$${" not in value


def _same(stored: str, reply: str) -> bool:
    """Whether both are one value.  How much of a secret is right shows by no time.

    White space is not counted: in an attribute FreeSWITCH makes spaces of it
    (switch_xml.c:583), and at its ends a transport may have removed some.
    """
    return hmac.compare_digest(*(_bytes(text) for text in (stored, reply)))


def _bytes(text: str) -> bytes:
    return " ".join(text.split()).encode("utf-8", "surrogatepass")
