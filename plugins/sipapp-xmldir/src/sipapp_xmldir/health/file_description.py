"""What FreeSWITCH reads from one file, with variables put in where their value is known.

Both ways describe it as :func:`sipapp_xmldir.emulation.report.report` does, and say besides,
by ``swallows``, whether it takes in what follows.  The emulation knows everything; the strict
reader takes a tenth of the time, for the files that everybody reads alike.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.lines import DIRECTIVE
from sipapp_xmldir.emulation.neighbours import swallows_next
from sipapp_xmldir.emulation.report import report
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.parse.blanking import REFERENCE
from sipapp_xmldir.parse.reader import read
from sipapp_xmldir.parse.user import SECTIONS, Setting
from sipapp_xmldir.parse.xml_elements import Unreadable

_ANY_REFERENCE: Final = re.compile(rb"\$\$\{([^{}\r\n]*)\}")
_WHOLE_VALUE: Final = re.compile(rb"[\"']\$\$\{([^{}\r\n\"']*)\}[\"']")
# Put in for a variable whose value is not known; no file of the usual kind has these in it.
_OPEN, _CLOSE = "\x01", "\x02"
_PUT_IN: Final = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_SETTING: Final = re.compile(r"<(?:param|variable)\b")


def describe(source: str, data: bytes, variables: Variables) -> Mapping[str, Any]:
    """Describe a file of that path; unknown variables stand there as ``$${name}``."""
    return _quickly(data, variables) or _described(source, data, variables)


def _quickly(data: bytes, variables: Variables) -> Mapping[str, Any] | None:
    """Describe a file of one user, of which nothing is lost."""
    try:
        text = data.decode("utf-8")
        users = read(text)
    except (UnicodeDecodeError, Unreadable):
        return None
    if len(users) != 1 or DIRECTIVE in text.lower():
        return None
    if data.count(b"$${") > len(_WHOLE_VALUE.findall(data)):
        return None
    (user,) = users
    if not user.attributes.get("id"):
        return None
    bare = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    names = {(each.section, each.name.lower()) for each in user.settings}
    if not len(names) == len(user.settings) == len(_SETTING.findall(bare)):
        return None
    described: dict[str, Any] = {
        "id": _resolved(user.attributes["id"], variables),
        "line": bare.count("\n", 0, bare.index("<user")) + 1,
        "attributes": {key: _resolved(each, variables) for key, each in user.attributes.items()},
        "other_elements": list(user.others),
    }
    for section in SECTIONS:
        described[section] = _values(user.settings, section, variables)
    return {"users": [described], "breaks_reload": None, "swallows": False, "dropped": []}


def _values(settings: Sequence[Setting], section: str, variables: Variables) -> dict[str, str]:
    return {
        each.name: _resolved(each.value, variables) if each.reference else each.value
        for each in settings
        if each.section == section
    }


def _resolved(value: str, variables: Variables) -> str:
    def put_in(reference: re.Match[str]) -> str:
        known = variables.resolve(reference[0])
        return reference[0] if known is None else known

    return REFERENCE.sub(put_in, value)


def _described(source: str, data: bytes, variables: Variables) -> dict[str, Any]:
    names, whole = (
        {name.decode("utf-8", "surrogateescape") for name in pattern.findall(data)}
        for pattern in (_ANY_REFERENCE, _WHOLE_VALUE)
    )
    # FreeSWITCH puts nothing in for what nothing sets; of a whole value, its name is told.
    unknown = {
        name: f"{_OPEN}{name}{_CLOSE}" if name in whole or not variables.lacks(name) else ""
        for name in names
    }
    known = {name: value for name in names if (value := variables.resolve(name)) is not None}
    file = Source(source, data)
    (described,) = report([file], {**unknown, **known})["files"]
    # What is not closed here may find its end in the next file, with a reload that succeeds.
    described["swallows"] = swallows_next(file, {**unknown, **known})
    result: dict[str, Any] = _as_references(described)
    return result


def _as_references(value: Any) -> Any:
    if isinstance(value, str):
        return _PUT_IN.sub(r"$${\1}", value)
    if isinstance(value, Mapping):
        return {name: _as_references(each) for name, each in value.items()}
    return [_as_references(each) for each in value] if isinstance(value, list) else value
