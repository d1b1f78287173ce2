"""The usual file, read in one step: the fast path.

Nearly all files of a directory have the form of FreeSWITCH's own examples: ``<include>``
and ``</include>`` alone on their lines, one user with an id and perhaps other attributes, in it
only params and variables with plain values, and perhaps comments between them.  Nothing in such
a file can be read in two ways, so that one pattern reads it.  All others are for
:mod:`sipapp_xmldir.parse.reader` and the emulation, which take many times as long; a property
test shows that all of them say the same.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.lines import DIRECTIVE
from sipapp_xmldir.emulation.stripping import without_comments
from sipapp_xmldir.parse.user import Section, Setting, User

_MAX_LENGTH: Final = 16 * 1024
_NO_CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff"
# Without any text that makes FreeSWITCH drop a line of the comment or expand a variable.
_COMMENT: Final = rf"<!--(?!\#)(?:[^-<${_NO_CONTROLS}]|-(?!-)|<(?![?!]|/?include>))*+-->"
_BLANKS: Final = r"[ \t\r\n]*+"
_SPACE: Final = rf"{_BLANKS}(?:{_COMMENT}{_BLANKS})*+"
_LINE_END: Final = r"[ \t]*+\r?\n"
# Text without markup and control characters, or one variable and nothing else.
_TEXT: Final = rf"[^\t\r\n\"&<${_NO_CONTROLS}]{{0,256}}+"
_ESCAPED: Final = rf"{_TEXT}(?:&(?:amp|lt|gt|quot|apos);{_TEXT})*+"
_VALUE: Final = rf"(?:\$\$\{{[A-Za-z0-9_.-]{{1,64}}+\}}|{_ESCAPED})"


def _section(name: str, tag: str) -> str:
    setting = rf'{_SPACE}<{tag} name="[A-Za-z0-9_.-]++" value="{_VALUE}" ?/>'
    return rf"(?:{_SPACE}<{name}>((?:{setting})*+){_SPACE}</{name}>)?+"


# FreeSWITCH drops the lines with <include> and </include>, and with them any part of a comment.
_USUAL: Final = re.compile(
    rf"(?:{_SPACE}(?<=\n))?+<include>{_LINE_END}"
    rf'{_SPACE}<user id="([A-Za-z0-9][A-Za-z0-9._-]*+)"((?: [a-z][a-z-]*+="{_ESCAPED}")*+)>'
    rf"{_section('params', 'param')}{_section('variables', 'variable')}"
    rf"{_SPACE}</user>(?:(?:[ \t]|{_COMMENT})*+\r?\n)++[ \t]*+</include>[ \t]*+"
    rf"(?:\r?\n{_SPACE})?+"
)


_USUAL_TEXT: Final = re.compile(_TEXT)


# The ampersand last: what it begins is not decoded again.
_ESCAPES: Final = (
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", '"'),
    ("&apos;", "'"),
    ("&amp;", "&"),
)


class UsualFile(NamedTuple):
    """The one user of a file: its id, the names of its params and variables, and all values.

    ``line``, from 1, is where the user begins; ``others`` are the attributes besides the id;
    ``inherits`` tells that a value with a ``$``, the name of a variable, is among the values.
    """

    id: str
    others: Mapping[str, str]
    line: int
    params: tuple[str, ...]
    variables: tuple[str, ...]
    values: list[str]
    inherits: bool

    def user(self) -> User:
        """The user as :func:`.reader.read` returns it."""
        names: list[tuple[Section, str]] = [("params", name) for name in self.params]
        names += [("variables", name) for name in self.variables]
        settings = (
            Setting(section, name, value, reference="$" in value)
            for (section, name), value in zip(names, self.values, strict=True)
        )
        return User({"id": self.id, **self.others}, tuple(settings), ())


def is_usual_text(value: str) -> bool:
    """Whether a value could stand in a usual file as it is."""
    return _USUAL_TEXT.fullmatch(value) is not None and DIRECTIVE not in value.lower()


def read_usual(text: str) -> UsualFile | None:
    """Read a file if it has the usual form."""
    match = _USUAL.fullmatch(text)
    if match is None or len(text) > _MAX_LENGTH or _is_special(text):
        return None
    extension_id, attributes, params, variables = match.groups("")
    others = _attributes(attributes) if attributes else {}
    if others is None:
        return None
    if "<!--" in text:
        params, variables = without_comments(params), without_comments(variables)
    # Before, name, between, value, after, name, between, value, ...
    in_params, in_variables = params.split('"'), variables.split('"')
    values = in_params[3::4] + in_variables[3::4]
    if "&" in text:
        values = [_unescaped(value) for value in values]
    line = text.count("\n", 0, match.start(1)) + 1
    names = tuple(in_params[1::4]), tuple(in_variables[1::4])
    return UsualFile(extension_id, others, line, *names, values, "$" in text)


def _is_special(text: str) -> bool:
    # FreeSWITCH takes away lines with a directive (switch_xml.c:1487), a CR ends a line for it,
    # and it escapes nothing behind "<!" when it copies a user (switch_xml.c:2548).
    has_cr = "\r" in text and text.count("\r") != text.count("\r\n")
    return has_cr or DIRECTIVE in text.lower() or "&lt;!" in text


def _unescaped(value: str) -> str:
    for name, character in _ESCAPES:
        value = value.replace(name, character)
    return value


def _attributes(text: str) -> dict[str, str] | None:
    """The attributes behind the id; ``None`` for double ones and namespaces."""
    parts = text.split('"')
    names = [name.strip(" =") for name in parts[:-1:2]]
    attributes = dict(zip(names, map(_unescaped, parts[1::2]), strict=True))
    is_odd = len(attributes) < len(names) or attributes.keys() & {"id", "xmlns"}
    return None if is_odd else attributes
