"""The text of a new extension's file."""

from collections.abc import Iterator, Sequence
from typing import Final

from sipapp.api import Extension
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.parse.user import SECTIONS
from sipapp_xmldir.write.escape import escape

# As in the vanilla files: the company's own, from vars.xml.
_DEFAULT_REFERENCES: Final = {
    "outbound_caller_id_name": "$${outbound_caller_name}",
    "outbound_caller_id_number": "$${outbound_caller_id}",
}


def new_file(extension: Extension) -> str:
    """The text of a file for a new extension, in the form of FreeSWITCH's vanilla files.

    Exactly their params and variables.  There is no ``allow-empty-password``: it
    would only matter to a user without a password, and none is ever written.  An
    empty ``vm-password`` is left out, because FreeSWITCH then asks for the password
    (mod_voicemail.c:2521-2533), where an empty one would open the mailbox.
    Raises ``ValueError`` for a value that XML cannot carry.
    """
    # <include> stands alone on its line: FreeSWITCH drops the line (switch_xml.c:1473).
    lines = ["<include>", *(f"  {line}" for line in new_user(extension)), "</include>", ""]
    return "\n".join(lines)


def new_user(extension: Extension) -> Sequence[str]:
    """The lines of a new user, with two spaces for each level.  Raises as :func:`new_file`."""
    lines = [f'<user id="{escape(extension.id)}">']
    for section, tag in SECTIONS.items():
        lines.append(f"  <{section}>")
        lines += (f"    {line}" for line in _settings(extension, section, tag))
        lines.append(f"  </{section}>")
    return [*lines, "</user>"]


def _settings(extension: Extension, section: str, tag: str) -> Iterator[str]:
    for field, place in PLACES.items():
        if place[0] != section:
            continue
        value = getattr(extension, field)
        if field == "vm_password" and not value:
            continue
        written = escape(value) if value else _DEFAULT_REFERENCES.get(field, "")
        yield f'<{tag} name="{place[1]}" value="{written}"/>'
