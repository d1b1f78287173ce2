"""Removal of delimited parts of a text, such as comments."""

from collections.abc import Iterator
from typing import AnyStr


def without(text: AnyStr, opening: AnyStr, closing: AnyStr) -> AnyStr:
    """The text without the parts from each ``opening`` to the next ``closing``.

    In one pass: an expression with ``.*?`` looks for the end of each of many that have none.
    """
    return text[:0].join(_outside(text, opening, closing))


def _outside(text: AnyStr, opening: AnyStr, closing: AnyStr) -> Iterator[AnyStr]:
    position = 0
    while (start := text.find(opening, position)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        yield text[position:start]
        position = end + len(closing)
    yield text[position:]


def without_comments(text: str) -> str:
    """The text without its XML comments."""
    return without(text, "<!--", "-->")
