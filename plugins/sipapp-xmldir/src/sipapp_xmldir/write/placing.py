"""Users taken out of files, and put into them, with all other bytes left as they are."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.parser import parse_located
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.division import Division

_EMPTY_REST: Final = re.compile(rb"[ \t]*(?:\r\n|\r|\n|\Z)")
# What may follow a user on its line without belonging to another.
_REST_OF_LINE: Final = re.compile(rb"[ \t]*(?:<!--[^\r\n]*?-->[ \t]*)*(?=[\r\n]|\Z)")
_LAST_TAG: Final = re.compile(rb"(?<=[\r\n])[ \t]*</include>[ \t]*(?=[\r\n]|\Z)")
_UNIT: Final = b"  "


class TakenOut(NamedTuple):
    """A content without one user: what is left, and what went at ``offset`` with the user."""

    division: Division
    offset: int
    before: bytes
    after: bytes


class PutIn(NamedTuple):
    """A content with one more user, and the number of that among the users."""

    division: Division
    number: int


def take_out(division: Division, number: int) -> TakenOut:
    """Take a user out, with its lines if it has them to itself."""
    data, (start, end) = division.data, division.span(number)
    indent = indent_of(data, start)
    rest = _EMPTY_REST.match(data, end)
    first, last = start, end
    if rest and indent is not None:
        first, last = start - len(indent), rest.end()
    left = division.without_user(data[:first] + data[last:], number)
    return TakenOut(left, first, data[first:start], data[end:last])


def put_at(
    division: Division, number: int, offset: int, text: bytes, *, around: tuple[bytes, bytes]
) -> PutIn:
    """Put a user where it was taken out; ``around`` is what went with it."""
    data, (before, after) = division.data, around
    new = data[:offset] + before + text + after + data[offset:]
    start = offset + len(before)
    return PutIn(division.with_user(new, number, (start, start + len(text))), number)


def put_beside(division: Division, neighbour: int, text: bytes, *, behind: bool) -> PutIn:
    """Put a user behind another one, or in front of it: on its own line if that one has one."""
    data, (start, end) = division.data, division.span(neighbour)
    indent = indent_of(data, start)
    new_line = b"" if indent is None else division.line_end + indent
    if not behind:
        return put_at(division, neighbour, start, text, around=(b"", new_line))
    rest = _REST_OF_LINE.match(data, end)
    offset = rest.end() if rest and indent is not None else end
    return put_at(division, neighbour + 1, offset, text, around=(new_line, b""))


def put_first(division: Division, text: bytes) -> PutIn | None:
    """Put a user into a file that has none; ``None`` if it is not known where."""
    line_end, indent = division.line_end, first_indent(division)
    if not division.is_domain:
        closing = [*_LAST_TAG.finditer(division.data)]
        place = closing[-1].start() if closing else None
        around = indent, line_end
    else:
        place = division.parent_tag[1] if division.parent_tag else None
        around = line_end + indent, b""
        if place is not None and not _EMPTY_REST.match(division.data, place):
            around = around[0], line_end + indent.removesuffix(_UNIT)
    return None if place is None else put_at(division, 0, place, text, around=around)


def first_indent(division: Division) -> bytes:
    """The indent of a user in a file that has none."""
    tag = division.parent_tag
    return (indent_of(division.data, tag[0]) or b"" if tag else b"") + _UNIT


def indent_of(data: bytes, start: int) -> bytes | None:
    """What stands before ``start`` on its line, if that is white space only."""
    line = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
    before = data[line:start]
    return before if not before.strip(b" \t") else None


def in_manner_of(lines: Sequence[str], division: Division, neighbour: int) -> bytes:
    """The text of a new user, given as lines with two spaces per level, written as a neighbour is.

    That is its indents, its quotes, and whether it stands on one line.
    """
    text = division.text(neighbour)
    if b"'" in text and b'"' not in text:
        lines = [each.replace('"', "'") for each in lines]
    base = indent_of(division.data, division.starts[neighbour])
    unit = None if base is None else _unit(text, base)
    if base is None or unit is None:
        return "".join(each.strip() for each in lines).encode()
    depths = [(len(each) - len(each.lstrip())) // 2 for each in lines]
    found = [
        base + unit * (depth - depths[0]) + each.strip().encode()
        for depth, each in zip(depths, lines, strict=True)
    ]
    return division.line_end.join(found).removeprefix(base)


def _unit(text: bytes, base: bytes) -> bytes | None:
    """By how much the elements in a user are indented; ``None`` if they are on its line."""
    root, _ = parse_located(text)
    children: Sequence[Element] = root.children if root else ()
    if not children:
        return _UNIT
    indent = indent_of(text, children[0].markup.start)
    if indent is None:
        return None
    return indent.removeprefix(base) if indent.startswith(base) and indent != base else _UNIT
