"""Where elements and attribute values stand in a text, to the character.

Not a parser of XML at large: it is used on texts that lxml found well-formed, to
change a value without touching anything else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_NAME: Final = r"[^\s/>=!?<]+"
_VALUE: Final = r"\"[^\"]*\"|'[^']*'"
_TOKEN: Final = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|[^<]+"
    rf"|</(?P<closed>{_NAME})\s*>"
    rf"|<(?P<opened>{_NAME})(?P<attributes>(?:\s+{_NAME}\s*=\s*(?:{_VALUE}))*)\s*(?P<empty>/?)>",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(rf"({_NAME})\s*=\s*({_VALUE})")


@dataclass
class Element:
    """An element: ``start`` to ``end`` with its tags, ``inner_start`` to ``inner_end`` without.

    An empty-element tag has both at its ``end``.  ``values`` has the span of each
    attribute's value between the quotes, ``attributes_end`` the place after the last quote.
    """

    tag: str
    start: int
    attributes_end: int
    inner_start: int
    values: dict[str, tuple[int, int]]
    empty: bool
    inner_end: int = 0
    end: int = 0
    children: "list[Element]" = field(default_factory=list)

    def find(self, tag: str) -> "Element | None":
        """The first child of that tag."""
        return next((child for child in self.children if child.tag == tag), None)


def locate(text: str) -> Element:
    """Find every element of a text; returns one around all of it, with an empty tag.

    Raises ``ValueError`` for a text that is not well-formed.
    """
    root = Element("", 0, 0, 0, {}, empty=False, inner_end=len(text), end=len(text))
    path = [root]
    for token in _tokens(text):
        if token["opened"]:
            element = _opened(token)
            path[-1].children.append(element)
            if not element.empty:
                path.append(element)
        elif token["closed"]:
            element = path.pop()
            if element.tag != token["closed"]:
                raise ValueError(f"unexpected closing tag at character {token.start()}")
            element.inner_end, element.end = token.span()
    if path != [root]:
        raise ValueError("a closing tag is missing")
    return root


def _tokens(text: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ValueError(f"no markup that is known at character {position}")
        yield token
        position = token.end()


def _opened(token: re.Match[str]) -> Element:
    first, last = token.span("attributes")
    return Element(
        tag=token["opened"],
        start=token.start(),
        attributes_end=last,
        inner_start=token.end(),
        values={
            match[1]: (match.start(2) + 1, match.end(2) - 1)
            for match in _ATTRIBUTE.finditer(token.string, first, last)
        },
        empty=bool(token["empty"]),
        inner_end=token.end(),
        end=token.end(),
    )
