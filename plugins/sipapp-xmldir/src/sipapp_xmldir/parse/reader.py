"""The users that FreeSWITCH reads from one file, if an XML parser reads the same.

The emulation of FreeSWITCH's parser has the last word on every value and its place.  Where an
XML parser, and so a person, would read something else, the file is refused with the reason.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.parser import parse, parse_located
from sipapp_xmldir.emulation.stripping import without, without_comments
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.blanking import REFERENCE, Blanked, blank
from sipapp_xmldir.parse.inclusions import Inclusions, Surroundings
from sipapp_xmldir.parse.marked_elements import MARK, text_of, user_of
from sipapp_xmldir.parse.merged_file import CLOSING, OPENING, MergedFile
from sipapp_xmldir.parse.user import User
from sipapp_xmldir.parse.xml_elements import Unreadable, XmlElement, xml_elements

# A directive alone on its line that puts nothing in its place.
_SETTING_DIRECTIVE: Final = re.compile(
    r"[ \t]*<x-pre-process[ \t]+cmd=\"(?:set|exec-set|stun-set|env-set)\"[ \t]+data=\"[^\"<>]*\""
    r"[ \t]*/>\s*",
    re.IGNORECASE,
)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
# One with declarations could have entities or default values of attributes.
_PLAIN_DOCTYPE: Final = re.compile(
    r"<!DOCTYPE\s+[^\s$<>\[\]\"']+"
    r"(?:\s+(?:SYSTEM|PUBLIC)(?:\s*\"[^$<>\[\]\"]*\"|\s*'[^$<>\[\]']*')+)?\s*>"
)
_HARMLESS: Final = re.compile(r"\s|\ufeff|</?include>|^.*?-->|<!--.*$")

_LONE_DIRECTIVE: Final = re.compile(
    r"\s*(?:<!--#.*|<x-pre-process\s[^<>]*/>\s*(?:<!--.*-->\s*)?)", re.IGNORECASE
)


def decode(data: bytes) -> tuple[str, bool]:
    """Text of a file, and whether it is UTF-8; otherwise each byte is one character.

    FreeSWITCH does not look at the encoding: it hands on the bytes.
    """
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        return data.decode("latin-1"), False


def read(text: str, around: Surroundings | None = None) -> tuple[User, ...]:
    """The users that FreeSWITCH reads from a file of the directory itself.

    Their settings are also those that the file includes; ``around`` is where it stands.
    Raises :class:`Unreadable`, with a reason that contains no value of the file.
    """
    return read_file(text, around).users


class FileContents(NamedTuple):
    """The users of a file, and those that stand in files that it includes.

    ``interacts`` tells that a directive may bear on other files, or brings users.
    """

    users: tuple[User, ...]
    included: tuple[User, ...] = ()
    interacts: bool = False


def read_file(text: str, around: Surroundings | None = None) -> FileContents:
    """All that FreeSWITCH reads from a file; raises as :func:`read`."""
    root, blanked = _read_own(text)
    users = root.named(b"user")
    if not blanked.directives:
        return FileContents(tuple(user_of(each) for each in users))
    whole = MergedFile(root, Inclusions(text.encode(), around or Surroundings()))
    return FileContents(tuple(map(whole.user, users)), whole.included_users(), whole.interacts)


def readable_root(text: str) -> Element:
    """The element around all that FreeSWITCH reads from a file without inclusions.

    Raises as :func:`read` and :func:`refuse_inclusions` do.
    """
    root, _ = _read_own(text)
    refuse_inclusions(text)
    return root


def refuse_inclusions(text: str) -> None:
    """Refuse directives that may put something in their place.  Raises :class:`Unreadable`."""
    lines = _LINE_END.split(text)
    for line, _ in blank(text.encode()).directives:
        if not _SETTING_DIRECTIVE.fullmatch(lines[line - 1]):
            raise Unreadable(
                f"has a preprocessor directive (X-PRE-PROCESS or <!--#) in line {line}"
            )


def _read_own(text: str) -> tuple[Element, Blanked]:
    """The element around those of a file itself, and its lines with directives."""
    _refuse_the_unusual(text)
    blanked = blank(text.encode())
    expected = xml_elements(text, {each.number for each in blanked.directives})
    root, fault = parse(OPENING + blanked.text.replace(b"$${", MARK) + CLOSING)
    if fault or root is None or list(_described(root)) != expected:
        raise Unreadable(_misread(text, blanked))
    if any(MARK in each.text for each in (root, *root.descendants())):
        # Its value could be anything, such as more elements.
        raise Unreadable("has a variable “$${...}” outside of any value")
    return root, blanked


def user_elements(data: bytes) -> Sequence[Element]:
    """The user elements of a file that :func:`read` accepts, with their places in it."""
    root = located_root(data)
    return root.named(b"user") if root else ()


def located_root(data: bytes) -> Element | None:
    """The element around all of a readable file, whose descendants have their places in it."""
    root, fault = parse_located(OPENING + blank(data).text + CLOSING)
    if fault or root is None:
        return None
    for each in root.descendants():
        each.markup = each.markup.behind(len(OPENING))
    return root


def users_before(data: bytes, start: int) -> int:
    """How many elements named user, at any depth, begin before a place in a readable file."""
    root = located_root(data)
    users = (each for each in root.descendants() if each.name == b"user") if root else ()
    return sum(each.markup.start < start for each in users)


def _refuse_the_unusual(text: str) -> None:
    if "\0" in text:
        raise Unreadable("has NUL bytes, as UTF-16 has; FreeSWITCH cannot read them")
    if text.count("<!DOCTYPE") != len(_PLAIN_DOCTYPE.findall(text)):
        raise Unreadable("has a DOCTYPE with declarations in it")
    if text.count("$${") != len(REFERENCE.findall(text)):
        raise Unreadable("has “$${” without the “}” that ends a variable")


def _described(root: Element) -> Iterator[XmlElement]:
    """The elements in ``root``, as :func:`xml_elements` has those of an XML parser."""
    pending = [(0, each) for each in reversed(root.children)]
    while pending:
        depth, element = pending.pop()
        attributes = {text_of(name): text_of(value) for name, value in element.attributes}
        yield XmlElement(depth, text_of(element.name), attributes, text_of(element.text).split())
        pending += [(depth + 1, each) for each in reversed(element.children)]


def _misread(text: str, blanked: Blanked) -> str:
    lines = _LINE_END.split(text)
    for number, _ in blanked.directives:
        if not _LONE_DIRECTIVE.fullmatch(lines[number - 1]):
            return (
                f"is misread by FreeSWITCH: it takes all of line {number} for the directive that "
                "stands in it; give X-PRE-PROCESS one line, and no other text in that"
            )
    for number in blanked.dropped:
        line = without_comments(without(lines[number - 1], "<?", "?>"))
        if _HARMLESS.sub("", line):
            return (
                f"is misread by FreeSWITCH: it drops the whole line {number}, because "
                "<include>, </include>, <? or x-pre-process stands in it"
            )
    return (
        "is misread by FreeSWITCH: it drops every line with <include>, </include>, <? or "
        "x-pre-process in it, and something else is left than the XML says"
    )


def span_of(element: Element, attribute: bytes) -> tuple[int, int] | None:
    """Where the value of an attribute stands, if there is one of that name."""
    spans = zip(element.attributes, element.markup.values, strict=True)
    return next((span for (name, _), span in spans if name == attribute), None)
