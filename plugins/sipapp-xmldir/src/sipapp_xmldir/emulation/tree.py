"""The elements that FreeSWITCH's parser makes of a text, and how they are looked up.

Line numbers are those of ``switch_xml.c`` of FreeSWITCH 1.10.12.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(eq=False)
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
