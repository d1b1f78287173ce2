"""What a dialplan's context does with a name that no user has."""

import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

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
    one on anything else is taken as not met.  FreeSWITCH stops at the first that matches
    (mod_dialplan_xml.c).
    """
    for extension in context.iter("extension"):
        conditions = extension.findall("condition")
        if not conditions or not all(_is_met(each, number, module_exists) for each in conditions):
            continue
        actions = [
            (action.get("application", ""), action.get("data") or "")
            for action in extension.iter("action")
        ]
        loud = [name for name, _ in actions if name not in _QUIET]
        if loud:
            yield extension.get("name", "without a name"), ", ".join(dict.fromkeys(loud))
        if actions and extension.get("continue") != "true":
            return


def _is_met(condition: ET.Element, number: str, module_exists: Callable[[str], bool]) -> bool:
    field, expression = condition.get("field"), condition.get("expression")
    if field is None:
        return not condition.attrib or set(condition.attrib) <= {"break"}
    if field in _NUMBERS:
        return _matches(expression or "", number)
    if field in _ADDRESSES:
        return _matches(expression or "", f"{number}@phone.example")
    module = _MODULE.fullmatch(field)
    return module is not None and _matches(
        expression or "", "true" if module_exists(module[1]) else "false"
    )


def _matches(expression: str, text: str) -> bool:
    try:
        return re.search(expression, text) is not None
    except re.error:  # PCRE knows more than Python
        return False
