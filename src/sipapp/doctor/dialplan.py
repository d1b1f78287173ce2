"""What a dialplan's context does with a name that nobody has."""

import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

NOBODY: Final = "sipapp-nobody"
"""A name that no dialplan knows."""

_MODULE: Final = re.compile(r"\$\{module_exists\((\w+)\)\}")
# These make no sound and lead nowhere.
_QUIET: Final = frozenset(
    {"set", "export", "hash", "log", "info", "hangup", "respond", "unset", "db", "sleep", "event"}
)


def catchers(
    context: ET.Element, module_exists: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Extensions that would take a call to :data:`NOBODY`: their names and what they do.

    Only conditions on the number and on modules can be known; one on anything else is
    taken as not met.  FreeSWITCH stops at the first that matches (mod_dialplan_xml.c).
    """
    for extension in context.iter("extension"):
        conditions = extension.findall("condition")
        if not conditions or not all(_is_met(each, module_exists) for each in conditions):
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


def _is_met(condition: ET.Element, module_exists: Callable[[str], bool]) -> bool:
    field, expression = condition.get("field"), condition.get("expression")
    if field is None:
        return not condition.attrib or set(condition.attrib) <= {"break"}
    if field == "destination_number":
        return _matches(expression or "", NOBODY)
    module = _MODULE.fullmatch(field)
    return module is not None and _matches(
        expression or "", "true" if module_exists(module[1]) else "false"
    )


def _matches(expression: str, text: str) -> bool:
    try:
        return re.search(expression, text) is not None
    except re.error:  # PCRE knows more than Python
        return False
