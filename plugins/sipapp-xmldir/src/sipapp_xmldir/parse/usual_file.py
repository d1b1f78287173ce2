"""The usual file, read in one step: the fast path.

Nearly all files of a directory have the form of FreeSWITCH's own examples: ``<include>``
and ``</include>`` alone on their lines, one user with an id and perhaps other attributes, in it
only params and variables with plain values, and perhaps comments between them.  Nothing in such
a file can be read in two ways, so that one pattern reads it.  All others are for
:mod:`sipapp_xmldir.parse.reader` and the emulation, which take many times as long; a property
test shows that all of them say the same.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sipapp.api import is_user
from sipapp_xmldir.emulation.lines import DIRECTIVE
from sipapp_xmldir.emulation.stripping import without_comments
from sipapp_xmldir.parse.user import Section, Setting, User
from sipapp_xmldir.parse.usual_pattern import ATTRIBUTE, ELEMENT, PLAIN_TEXT, QUOTED, TAG, USUAL

REFERENCE: Final = "$${"
"""Begins a variable, which is then the whole value of a param or variable."""

_MAX_LENGTH: Final = 16 * 1024
_GROUPS: Final = ("text", "id", "attributes", "params", "variables", "first", "between", "last")

# The ampersand last: what it begins is not decoded again.
_ESCAPES: Final = (
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", '"'),
    ("&apos;", "'"),
    ("&amp;", "&"),
)


class UsualFile(NamedTuple):
    """The one user of a file: attributes, the names of params and variables, and all values.

    ``text`` is all of the user as it stands there.  ``line``, from 1, is where it begins;
    ``others`` are the attributes besides the id, ``elements`` the tags of the elements besides the
    params and variables; ``inherits`` tells that a variable is somewhere in the file.
    """

    text: str
    id: str
    others: Mapping[str, str]
    line: int
    params: Sequence[str]
    variables: Sequence[str]
    values: list[str]
    elements: Sequence[str]
    inherits: bool

    def user(self) -> User:
        """The user as :func:`.reader.read` returns it."""
        names: list[tuple[Section, str]] = [("params", name) for name in self.params]
        names += [("variables", name) for name in self.variables]
        settings = (
            Setting(section, name, value, reference=REFERENCE in value)
            for (section, name), value in zip(names, self.values, strict=True)
        )
        return User({"id": self.id, **self.others}, tuple(settings), tuple(self.elements))


def is_usual_text(value: str) -> bool:
    """Whether a variable of that value, put into a usual file, changes nothing but values."""
    return PLAIN_TEXT.fullmatch(value) is not None and DIRECTIVE not in value.lower()


def read_usual(text: str) -> UsualFile | None:
    """Read a file if it has the usual form."""
    match = USUAL.fullmatch(text)
    if match is None or len(text) > _MAX_LENGTH or _is_special(text):
        return None
    user, extension_id, others, params, variables, first, between, last = match.group(*_GROUPS)
    attributes = _attributes(others) if others else {}
    elements = first + between + last
    tags = _tags(without_comments(elements)) if elements else ()
    if attributes is None or tags is None:
        return None
    if extension_id is None:
        extension_id = attributes.pop("id", "")
        if not is_user(extension_id):
            return None
    elif "id" in attributes:
        return None
    params, variables = params or "", variables or ""
    if "<!--" in text:
        params, variables = without_comments(params), without_comments(variables)
    # Name, value, name, value, ...
    in_params, in_variables = _quoted(params), _quoted(variables)
    values = in_params[1::2] + in_variables[1::2]
    if "&" in text:
        values = [_unescaped(value) for value in values]
    line = text.count("\n", 0, match.start("attributes")) + 1
    names = tuple(in_params[::2]), tuple(in_variables[::2])
    return UsualFile(user, extension_id, attributes, line, *names, values, tags, REFERENCE in text)


def _is_special(text: str) -> bool:
    # FreeSWITCH takes away lines with a directive (switch_xml.c:1487), a CR ends a line for it,
    # and it escapes nothing behind "<!" when it copies a user (switch_xml.c:2548).
    has_cr = "\r" in text and text.count("\r") != text.count("\r\n")
    return has_cr or DIRECTIVE in text.lower() or "&lt;!" in text


def _unescaped(value: str) -> str:
    for name, character in _ESCAPES:
        value = value.replace(name, character)
    return value


def _quoted(text: str) -> list[str]:
    """What stands between quotes, in double ones as a rule."""
    if "'" not in text:
        return text.split('"')[1::2]
    return [double or single for double, single in QUOTED.findall(text)]


def _attributes(text: str) -> dict[str, str] | None:
    """The attributes of a tag; ``None`` for double ones."""
    found = ATTRIBUTE.findall(text)
    attributes = {name: double or single for name, double, single in found}
    if "&" in text:
        attributes = {name: _unescaped(value) for name, value in attributes.items()}
    return attributes if len(attributes) == len(found) else None


def _tags(elements: str) -> tuple[str, ...] | None:
    """The tags of elements without comments; ``None`` if a tag in them has double attributes."""
    if any(_attributes(each) is None for each in TAG.findall(elements)):
        return None
    return tuple(found[1] for found in ELEMENT.finditer(elements))
