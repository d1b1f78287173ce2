"""The elements that FreeSWITCH's parser makes of a text, and how they are looked up.

Line numbers are those of ``switch_xml.c`` of FreeSWITCH 1.10.12.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Markup(NamedTuple):
    """Where an element stands in its text, as positions of bytes.

    ``start`` to ``end`` is all of it, ``start`` to ``tag_end`` its opening tag, ``tag_end`` to
    ``inner_end`` what is between its tags.  ``values`` has the span of each attribute's value
    between the quotes, in the order of the attributes.
    """

    start: int
    tag_end: int
    inner_end: int
    end: int
    values: Sequence[tuple[int, int]]

    def behind(self, length: int) -> "Markup":
        """The same places, counted from behind the first bytes of the text."""
        return Markup(
            self.start - length,
            self.tag_end - length,
            self.inner_end - length,
            self.end - length,
            [(start - length, end - length) for start, end in self.values],
        )

    @property
    def is_empty_tag(self) -> bool:
        """Whether one tag, such as ``<params/>``, is all of the element."""
        return self.tag_end == self.end


_NOWHERE: Final = Markup(0, 0, 0, 0, ())


@dataclass(eq=False, slots=True)
class Element:
    """An element; ``start`` is where its name stands, ``offset`` how much text comes before it.

    ``attributes`` keeps what is written, double names too.
    """

    name: bytes
    start: int
    attributes: list[tuple[bytes, bytes]]
    offset: int = 0
    parent: "Element | None" = None
    text: bytearray = field(default_factory=bytearray)
    children: list["Element"] = field(default_factory=list)
    defaults: dict[bytes, dict[bytes, bytes | None]] = field(default_factory=dict)
    """Default attributes by element, which a DOCTYPE declares; in the root."""
    markup: Markup = _NOWHERE
    """Only known if the text was read by :func:`.parser.parse_located`."""

    @property
    def root(self) -> "Element":
        """The element around all others."""
        root = self
        while root.parent:
            root = root.parent
        return root

    def attribute(self, name: bytes) -> bytes | None:
        """The first attribute of that name; case counts (switch_xml_attr, 457)."""
        for key, value in self.attributes:
            if key == name:
                return value
        return self.root.defaults.get(self.name, {}).get(name)

    def named(self, name: bytes) -> list["Element"]:
        """The children of that name, in their order; case counts."""
        return [child for child in self.children if child.name == name]

    def descendants(self) -> Iterator["Element"]:
        """All elements in this one, however deep, in the order of the text."""
        pending = list(reversed(self.children))
        while pending:
            element = pending.pop()
            yield element
            pending += reversed(element.children)

    def first(self, name: bytes) -> "Element | None":
        """The first child of that name (switch_xml_child, 440)."""
        return next((child for child in self.children if child.name == name), None)
