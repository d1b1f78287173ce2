"""The users of a file together with what its directives put into them.

The elements of the file itself are held against those of the merged text: an inclusion may bring
whole elements only, so that each value of the file has one place in it.
"""

from collections.abc import Iterator
from typing import Final

from sipapp_xmldir.emulation.errors import Fault, without_quoted
from sipapp_xmldir.emulation.parser import parse_located
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.blanking import REFERENCE
from sipapp_xmldir.parse.inclusions import Inclusions, shown_path
from sipapp_xmldir.parse.marked_elements import (
    MARK,
    attributes_of,
    other_tags,
    setting_of,
    text_of,
)
from sipapp_xmldir.parse.user import SECTIONS, Section, Setting, User
from sipapp_xmldir.parse.xml_elements import Unreadable

OPENING: Final = b"<users>"
"""A root element for the users of a file begins so, and ends with :data:`CLOSING`."""
CLOSING: Final = b"</users>"


class MergedFile:
    """A file whose own elements are known, with all that it includes.

    ``own`` is the root of its own elements, with marked references.  Raises :class:`Unreadable`
    if an inclusion brings anything but whole elements, or keeps FreeSWITCH from reading the file.
    """

    def __init__(self, own: Element, inclusions: Inclusions) -> None:
        self._inclusions = inclusions
        self._root = _parsed(inclusions)
        elements = list(self._root.descendants())
        kept = [each for each in elements if not self._line_of(each)]
        pairs = [(own, self._root), *zip(own.descendants(), kept, strict=False)]
        self._merged = {id(one): other for one, other in pairs}
        self._own = {id(other): one for one, other in pairs}
        is_complete = len(kept) == len(pairs) - 1 == sum(1 for _ in own.descendants())
        if not (is_complete and all(map(self._is_whole, elements)) and self._are_same(pairs[1:])):
            raise Unreadable(_PARTS)

    @property
    def interacts(self) -> bool:
        """Whether it may bear on other files: it sets a variable, or brings more than settings."""
        brought = (each for each in self._root.children if id(each) not in self._own)
        found = self._inclusions
        return bool(found.set_names) or bool(found.unknown) or any(brought)

    def user(self, own: Element) -> User:
        """A user of the file itself, with the settings that inclusions bring."""
        user = self._merged[id(own)]
        included = {
            section: self._origin(first)
            for section in SECTIONS
            if (first := user.first(section.encode())) and id(first) not in self._own
        }
        return User(
            attributes_of(own),
            tuple(self._settings(user)),
            other_tags(own),
            included_sections=included,
            unknown=self._unknown_in(user),
        )

    def included_users(self) -> tuple[User, ...]:
        """The users that stand in included files, unless these are files of the directory too."""
        return tuple(
            User(
                attributes_of(each),
                tuple(self._settings(each)),
                other_tags(each),
                origin=self._origin(each),
            )
            for each in self._root.named(b"user")
            if id(each) not in self._own and not self._inclusions.is_beside(each.start)
        )

    def _settings(self, user: Element) -> Iterator[Setting]:
        for section, tag in SECTIONS.items():
            container = user.first(section.encode())
            for each in container.named(tag.encode()) if container else ():
                setting = self._setting(section, each)
                if setting:
                    yield setting

    def _setting(self, section: Section, element: Element) -> Setting | None:
        own = self._own.get(id(element))
        setting = setting_of(section, own or element)
        if setting is None:
            return None
        value = element.attribute(b"value") or b""
        known = "" if MARK in value else text_of(value)
        line = self._line_of(element)
        if line:
            return setting._replace(known=known, origin=self._origin(element), line=line)
        names = {each[3:-1].lower() for each in REFERENCE.findall(setting.value)}
        is_set_here = setting.reference and names & self._inclusions.set_names
        return setting._replace(known=known) if is_set_here else setting

    def _line_of(self, element: Element) -> int:
        """The line by which the file includes an element; 0 for an own one."""
        return self._inclusions.line_of(element.start)

    def _origin(self, element: Element) -> str:
        place = self._inclusions.merged.place(element.start)
        return f"{shown_path(place.file)}, line {place.line}"

    def _unknown_in(self, user: Element) -> str:
        """Why it is not known what is in a user; empty if it is."""
        start, end = user.markup.tag_end, user.markup.inner_end
        found = (each for each in self._inclusions.unknown if start <= each.position <= end)
        return next((each.reason for each in found), "")

    def _is_whole(self, element: Element) -> bool:
        """Whether an element begins and ends in the same file."""
        markup, of = element.markup, self._inclusions.line_of
        begun = of(markup.start)
        places = [markup.tag_end - 1, markup.end - 1]
        if not markup.is_empty_tag:
            places.append(markup.inner_end)
        return all(of(each) == begun for each in places)

    def _are_same(self, pairs: list[tuple[Element, Element]]) -> bool:
        return all(
            one.name == other.name
            and self._merged.get(id(one.parent)) is other.parent
            and len(one.attributes) == len(other.attributes)
            and all(map(_is_same, one.attributes, other.attributes))
            for one, other in pairs
        )


def _parsed(inclusions: Inclusions) -> Element:
    """The root of the merged text, with the places in that."""
    hang = inclusions.merged.hang
    if hang:
        raise Unreadable(f"makes a reload never end: {hang.reason}")
    if inclusions.fault:
        raise Unreadable(inclusions.fault)
    if inclusions.has_doctype():
        raise Unreadable("includes a file with a DOCTYPE; remove that from the included file")
    root, fault = parse_located(OPENING + inclusions.text + CLOSING)
    if fault or root is None:
        raise Unreadable(_broken(inclusions, fault))
    for each in root.descendants():
        each.start -= len(OPENING)
        each.markup = each.markup.behind(len(OPENING))
        if MARK in each.text or any(MARK in name for name, _ in each.attributes):
            raise Unreadable(_UNKNOWN_TEXT)
    if MARK in root.text:
        raise Unreadable(_UNKNOWN_TEXT)
    return root


_PARTS: Final = (
    "gets parts of elements from a file that it includes, or from a variable; let that bring whole "
    "elements"
)
_UNKNOWN_TEXT: Final = (
    "includes a file with a variable “$${...}” outside of any value, which is not known here"
)


def _broken(inclusions: Inclusions, fault: Fault | None) -> str:
    place = inclusions.merged.place((fault.position if fault else 0) - len(OPENING))
    message = without_quoted(fault.message) if fault else ""
    return (
        "becomes, with what it includes, a text that FreeSWITCH cannot read: "
        f"{shown_path(place.file)}, line {place.line}: {message}"
    )


def _is_same(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> bool:
    """Whether two attributes are equal, but for a value that a variable is in."""
    return one[0] == other[0] and (MARK in one[1] or one[1] == other[1])
