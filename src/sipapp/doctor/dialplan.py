"""What a dialplan's context does with a call to a name or a number."""

import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

from sipapp.freeswitch.dialplan import Match, read_extensions

UNKNOWN_NAME: Final = "sipapp-nobody"
"""A name that no dialplan knows."""

_MODULE: Final = re.compile(r"\$\{module_exists\((\w+)\)\}")
# Of a first INVITE they are the same: whom the phone calls (sofia.c:10300 and after).
_NUMBERS: Final = frozenset(
    {
        "destination_number",
        "${destination_number}",
        "${sip_to_user}",
        "${sip_req_user}",
    }
)
_ADDRESSES: Final = frozenset({"${sip_to_uri}", "${sip_req_uri}"})
# These make no sound and lead nowhere.
_QUIET: Final = frozenset(
    {"set", "export", "hash", "log", "info", "hangup", "respond", "unset", "db", "sleep", "event"}
)


def catchers(
    context: ET.Element, number: str, module_exists: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Extensions that would take a call to ``number``: their names and what they do.

    Only conditions on the number, as dialled or as SIP had it, and on modules can be known;
    an extension with a condition on anything else is taken as not matching.
    """

    def value_of(field: str) -> str | None:
        if field in _NUMBERS:
            return number
        if field in _ADDRESSES:
            return f"{number}@phone.example"
        module = _MODULE.fullmatch(field)
        return None if module is None else str(module_exists(module[1])).lower()

    for extension in read_extensions(context):
        outcome = extension.evaluate(value_of)
        if outcome.match is not Match.YES:
            continue
        applications = dict.fromkeys(action.application for action in outcome.actions)
        loud = [name for name in applications if name not in _QUIET]
        if loud:
            yield extension.name or "without a name", ", ".join(loud)
        if applications and not extension.goes_on:
            return
