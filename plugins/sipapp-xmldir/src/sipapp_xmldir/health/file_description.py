"""What FreeSWITCH reads from one file, with variables put in where their value is known.

Both ways describe a file as :func:`sipapp_xmldir.emulation.report.report` does, and add
``swallows``: whether FreeSWITCH takes the beginning of the next file as a part of it.  The fast
path is for files of the usual form, the emulation for all.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from sipapp.api import fold_id
from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.lines import has_directive
from sipapp_xmldir.emulation.neighbours import NEXT, swallows_next
from sipapp_xmldir.emulation.preprocessor import Preprocessor
from sipapp_xmldir.emulation.report import report
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.parse.usual_file import REFERENCE, is_usual_text, read_usual

_ANY_REFERENCE: Final = re.compile(rb"\$\$\{([^{}\r\n]*)\}")
_WHOLE_VALUE: Final = re.compile(rb"[\"']\$\$\{([^{}\r\n\"']*)\}[\"']")
# Placeholders around the name of a variable whose value is not known.
_OPEN, _CLOSE = "\x01", "\x02"
_PUT_IN: Final = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


def describe(source: str, data: bytes, variables: Variables) -> Mapping[str, Any]:
    """Describe a file of that path; unknown variables stand there as ``$${name}``."""
    return describe_usual(data, variables) or describe_any(source, data, variables)


def describe_usual(data: bytes, variables: Variables) -> Mapping[str, Any] | None:
    """Describe a file of the usual form of which nothing is lost, by the fast path."""
    try:
        usual = read_usual(data.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    if usual is None:
        return None
    values = usual.values
    if usual.inherits:
        # The value of a variable can be markup, also in an element that means nothing here.
        found = set(_ANY_REFERENCE.findall(data))
        known = (variables.resolve(name.decode()) for name in found)
        if not all(value is None or is_usual_text(value) for value in known):
            return None
        values = [_resolved(each, variables) for each in values]
    params = dict(zip(usual.params, values, strict=False))
    settings = dict(zip(usual.variables, values[len(usual.params) :], strict=True))
    # Of two with one name, FreeSWITCH drops one.
    names = {fold_id(name) for name in params}, {fold_id(name) for name in settings}
    if sum(map(len, names)) < len(values):
        return None
    described = {
        "id": usual.id,
        "line": usual.line,
        "attributes": {"id": usual.id, **usual.others},
        "params": params,
        "variables": settings,
        "other_elements": list(dict.fromkeys(usual.elements)),
    }
    return {"users": [described], "breaks_reload": None, "swallows": False, "dropped": []}


def _resolved(value: str, variables: Variables) -> str:
    known = variables.resolve(value) if value.startswith(REFERENCE) else None
    return value if known is None else known


def describe_any(source: str, data: bytes, variables: Variables) -> Mapping[str, Any]:
    """Describe a file of any form, by the emulation of FreeSWITCH."""
    names, whole = (
        {name.decode("utf-8", "surrogateescape") for name in pattern.findall(data)}
        for pattern in (_ANY_REFERENCE, _WHOLE_VALUE)
    )
    # A variable that nothing sets is empty; if it is a whole value, its name is shown.
    unknown = {
        name: f"{_OPEN}{name}{_CLOSE}" if name in whole or not variables.lacks(name) else ""
        for name in names
    }
    if has_directive(data):
        # Included files have variables of their own.
        unknown |= _unset_in_included(source, data, variables)
        return _with_references(Source(source, data), {**unknown, **variables.values})
    known = {name: value for name in names if (value := variables.resolve(name)) is not None}
    return _with_references(Source(source, data), {**unknown, **known})


def _unset_in_included(source: str, data: bytes, variables: Variables) -> Mapping[str, str]:
    """A placeholder for each variable that is not known, by its name."""
    preprocessor = Preprocessor(variables.values)
    preprocessor.file(source, data)
    undefined = (name for place, name in preprocessor.merged.undefined if place.file != source)
    return {name: f"{_OPEN}{name}{_CLOSE}" for name in undefined}


def _with_references(file: Source, variables: Mapping[str, str]) -> Mapping[str, Any]:
    result: dict[str, Any] = _as_references(_described(file, variables))
    return result


def _described(file: Source, variables: Mapping[str, str]) -> dict[str, Any]:
    # In one pass for nearly all files: where the next file is read as it is, this one had no
    # effect on it, and it had none on this one.
    both = report([file, NEXT], variables)
    described, following = both["files"]
    if both["reload"]["ok"] and following["users"]:
        return {**described, "swallows": False}
    (described,) = report([file], variables)["files"]
    # A quote that is not closed here may be closed by the next file, and the reload succeeds.
    return {**described, "swallows": swallows_next(file, variables)}


def _as_references(value: Any) -> Any:
    if isinstance(value, str):
        return _PUT_IN.sub(r"$${\1}", value)
    if isinstance(value, Mapping):
        return {name: _as_references(each) for name, each in value.items()}
    return [_as_references(each) for each in value] if isinstance(value, list) else value
