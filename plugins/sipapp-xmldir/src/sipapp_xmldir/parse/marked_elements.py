"""Elements of a text in which the references to variables are marked, as values and users."""

from collections.abc import Iterator
from typing import Final

from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.user import SECTIONS, Section, Setting, User

# An XML parser takes no control characters.
MARK: Final = b"\x01{"
"""Stands for the ``$${`` of a reference while FreeSWITCH's parser reads.

A value that is written as ``&#36;&#36;{name}`` looks the same afterwards.
"""


def user_of(element: Element) -> User:
    """The user that an element describes."""
    first = {section: element.first(section.encode()) for section in SECTIONS}
    settings = [
        setting
        for section, container in first.items()
        if container
        for setting in _settings(section, container)
    ]
    return User(attributes_of(element), tuple(settings), other_tags(element))


def attributes_of(element: Element) -> dict[str, str]:
    """The attributes of an element by name."""
    return {text_of(name): text_of(value) for name, value in element.attributes}


def other_tags(user: Element) -> tuple[str, ...]:
    """The tags of all elements below a user but those of its first sections."""
    first = [user.first(section.encode()) for section in SECTIONS]
    return tuple(text_of(each.name) for each in user.children if each not in first)


def setting_of(section: Section, element: Element) -> Setting | None:
    """The param or variable that an element describes; ``None`` without a name."""
    name = element.attribute(b"name")
    if name is None:
        return None
    value = element.attribute(b"value") or b""
    return Setting(section, text_of(name), text_of(value), reference=MARK in value)


def text_of(value: bytes | bytearray) -> str:
    """A value with its references as they are written."""
    return value.replace(MARK, b"$${").decode("utf-8", "replace")


def _settings(section: Section, container: Element) -> Iterator[Setting]:
    found = (setting_of(section, each) for each in container.named(SECTIONS[section].encode()))
    return (each for each in found if each)
