"""The users that FreeSWITCH reads from one file, if an XML parser reads the same.

The emulation of FreeSWITCH's parser has the last word on every value and its place.  Where an
XML parser, and so a person, would read something else, the file is refused with the reason.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sipapp_xmldir.emulation.parser import parse, parse_located
from sipapp_xmldir.emulation.stripping import without, without_comments
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.blanking import REFERENCE, Blanked, blank
from sipapp_xmldir.parse.user import SECTIONS, Section, Setting, User
from sipapp_xmldir.parse.xml_elements import Unreadable, XmlElement, xml_elements

# A root element for the users of a file.
_OPENING: Final = b"<users>"
_CLOSING: Final = b"</users>"
# A value that is written as "&#36;&#36;{name}" looks the same as a reference afterwards. An XML
# parser takes no control characters.
MARK: Final = b"\x01{"
"""Stands for the ``$${`` of a reference in :func:`readable_root`."""

# One with declarations could have entities or default values of attributes.
_PLAIN_DOCTYPE: Final = re.compile(
    r"<!DOCTYPE\s+[^\s$<>\[\]\"']+"
    r"(?:\s+(?:SYSTEM|PUBLIC)(?:\s*\"[^$<>\[\]\"]*\"|\s*'[^$<>\[\]']*')+)?\s*>"
)
_HARMLESS: Final = re.compile(r"\s|\ufeff|</?include>|^.*?-->|<!--.*$")


def decode(data: bytes) -> tuple[str, bool]:
    """Text of a file, and whether it is UTF-8; otherwise each byte is one character.

    FreeSWITCH does not look at the encoding: it hands on the bytes.
    """
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        return data.decode("latin-1"), False


def read(text: str) -> tuple[User, ...]:
    """The users that FreeSWITCH reads from a file of the directory.

    Raises :class:`Unreadable`, with a reason that contains no value of the file.
    """
    return tuple(user_of(each) for each in readable_root(text).named(b"user"))


def readable_root(text: str) -> Element:
    """The element around all that FreeSWITCH reads from a file; raises as :func:`read` does."""
    _refuse_the_unusual(text)
    expected = xml_elements(text)
    blanked = blank(text.encode())
    if blanked.directives:
        line = blanked.directives[0]
        raise Unreadable(f"has a preprocessor directive (X-PRE-PROCESS or <!--#) in line {line}")
    marked = blanked.text.replace(b"$${", MARK)
    root, fault = parse(_OPENING + marked + _CLOSING)
    if fault or root is None or list(_described(root)) != expected:
        raise Unreadable(_misread(text, blanked))
    if any(MARK in each.text for each in (root, *root.descendants())):
        # Its value could be anything, such as more elements.
        raise Unreadable("has a variable “$${...}” outside of any value")
    return root


def user_elements(data: bytes) -> Sequence[Element]:
    """The user elements of a file that :func:`read` accepts, with their places in it."""
    root = located_root(data)
    return root.named(b"user") if root else ()


def located_root(data: bytes) -> Element | None:
    """The element around all of a readable file, whose descendants have their places in it."""
    root, fault = parse_located(_OPENING + blank(data).text + _CLOSING)
    if fault or root is None:
        return None
    for each in root.descendants():
        each.markup = each.markup.behind(len(_OPENING))
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
        attributes = {_text(name): _text(value) for name, value in element.attributes}
        yield XmlElement(depth, _text(element.name), attributes, _text(element.text).split())
        pending += [(depth + 1, each) for each in reversed(element.children)]


def _misread(text: str, blanked: Blanked) -> str:
    lines = re.split(r"\r\n|\r|\n", text)
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


def user_of(element: Element) -> User:
    """The user that an element of :func:`readable_root` is."""
    first = {section: element.first(section.encode()) for section in SECTIONS}
    settings = [
        setting
        for section, container in first.items()
        if container
        for setting in _settings(section, container)
    ]
    others = [_text(each.name) for each in element.children if each not in first.values()]
    attributes = {_text(name): _text(value) for name, value in element.attributes}
    return User(attributes, tuple(settings), tuple(others))


def _settings(section: Section, container: Element) -> Iterator[Setting]:
    for element in container.named(SECTIONS[section].encode()):
        name = element.attribute(b"name")
        if name is not None:
            value = element.attribute(b"value") or b""
            yield Setting(section, _text(name), _text(value), reference=MARK in value)


def span_of(element: Element, attribute: bytes) -> tuple[int, int] | None:
    """Where the value of an attribute stands, if there is one of that name."""
    spans = zip(element.attributes, element.markup.values, strict=True)
    return next((span for (name, _), span in spans if name == attribute), None)


def _text(value: bytes | bytearray) -> str:
    return value.replace(MARK, b"$${").decode("utf-8", "replace")
