"""Lines, as FreeSWITCH's preprocessor takes them: their ends, their variables, their fate.

It knows nothing of quotes and comments.  Line numbers in the comments are those of
FreeSWITCH 1.10.12: ``preprocess`` is switch_xml.c:1427-1650, ``expand_vars``
switch_xml.c:1270-1317, ``switch_fp_read_dline`` switch_utils.c:890-935.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Final, NamedTuple

LINE_LIMIT: Final = 1 << 20
"""Size of the buffer for one line (switch_utils.c:841); a longer line comes in pieces."""

DIRECTIVE: Final = "x-pre-process"
"""A line with this in it, in any case, is a directive or is dropped (1487)."""

COMMAND_COMMENT: Final = "<!--#"
"""Begins a comment that is a command (1570)."""

DROPPING: Final = ("<include>", "</include>", "<?")
"""A line with one of these in it is dropped (1473)."""

_BLOCK: Final = 1024
_DIRECTIVE: Final = re.compile(DIRECTIVE.encode(), re.IGNORECASE)
_COMMAND_COMMENT: Final = COMMAND_COMMENT.encode()
_DROPS: Final = re.compile(b"|".join(re.escape(each.encode()) for each in DROPPING))
_SPECIAL: Final = re.compile(
    rb"[$]|\0|<\?|include|" + re.escape(_COMMAND_COMMENT) + b"|" + DIRECTIVE.encode(), re.IGNORECASE
)
_PART: Final = re.compile(rb"[^\r\n]*[\r\n]|[^\r\n]+")
_BRACE: Final = re.compile(rb"[{}]")

ValueOf = Callable[[bytes], bytes]
"""Gives the value of a variable by its name; nothing if it has none."""


class Fate(Enum):
    """What becomes of a line."""

    TEXT = "handed on"
    DROPPED = "dropped, because of a directive that is none"
    DIRECTIVE = "taken away, and obeyed if it can be"
    COMMAND = "handed on without a comment that is a command"


def numbered(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines as they are read, with the numbers that people give them.

    A CR ends a line as an LF does; a CR LF ends one, and an empty one follows.
    """
    number = 1
    previous = b""
    for match in _PART.finditer(data):
        line = match[0]
        if line == b"\n" and previous.endswith(b"\r"):
            number -= 1
        yield from ((number, piece) for piece in _pieces(line))
        previous = line
        number += 1


def _pieces(line: bytes) -> Iterator[bytes]:
    # The byte that no longer fits is read and lost (switch_utils.c:907-912).
    room = LINE_LIMIT - 2
    while len(line) > room:
        yield line[:room]
        line = line[room + 1 :]
    if line:
        yield line


def is_special(line: bytes) -> bool:
    """Whether anything else than handing it on may become of a line."""
    return _SPECIAL.search(line) is not None


def has_directive(data: bytes) -> bool:
    """Whether a file may have a directive in it."""
    return _DIRECTIVE.search(data) is not None or _COMMAND_COMMENT in data


def is_dropped(searched: bytes) -> bool:
    """Whether a line is dropped before directives are searched; see :class:`Expanded`."""
    return _DROPS.search(searched) is not None


def fate_of(text: bytes) -> Fate:
    """What becomes of any other line, with its variables put in."""
    directive = _DIRECTIVE.search(text)
    if directive:
        is_tag = text[: directive.start()].endswith(b"<")
        return Fate.DIRECTIVE if is_tag else Fate.DROPPED
    return Fate.COMMAND if _COMMAND_COMMENT in text else Fate.TEXT


def split_at_directive(text: bytes) -> tuple[bytes, bytes]:
    """What stands before a directive, without its ``<``, and the directive with what follows."""
    directive = _DIRECTIVE.search(text)
    start = directive.start() if directive else len(text)
    return text[: start - 1], text[start:]


class LineBuffer:
    """The buffer that the lines of one file are read into.

    It grows in blocks and is kept for the next lines (switch_utils.c:911-924).
    """

    def __init__(self) -> None:
        self._size = _BLOCK

    def room_for(self, length: int) -> int:
        """The room in which the variables of a line of that length are put in."""
        while length + 1 >= self._size and self._size < LINE_LIMIT:
            self._size += _BLOCK
        return self._size * 2


class Expanded(NamedTuple):
    """A line with its variables put in.

    ``searched`` is what is left of the buffer that it stood in: expanding puts a NUL in
    the place of the first ``}`` (1307), and only what stands before that is searched for
    what drops a line (1473).  ``names`` are those of the variables, in their order.
    ``overflows`` tells that a value went past the end of the buffer.
    """

    text: bytes
    searched: bytes
    names: tuple[bytes, ...] = ()
    overflows: bool = False


def expand(line: bytes, value_of: ValueOf, room: int) -> Expanded:
    """Put the variables into a line; ``room`` is the size of the buffer for the result."""
    names: tuple[bytes, ...] = ()
    while b"$${" in line:
        expanded, fits = _expand_once(line, value_of, room)
        if fits:
            return expanded._replace(names=expanded.names or names)
        # What is tried again, with more room, has the NUL in it, and is shorter.
        names, line, room = expanded.names, expanded.searched, room * 2
    return Expanded(line, line, names)


def _expand_once(buffer: bytes, value_of: ValueOf, room: int) -> tuple[Expanded, bool]:
    ends = ends_of_braces(buffer)
    written = bytearray()
    names: list[bytes] = []
    position, end_of_room, cut = 0, room - 1, len(buffer)
    while position < len(buffer) and len(written) < end_of_room:
        start = buffer.find(b"$${", position)
        if start != position:
            stop = len(buffer) if start < 0 else start
            stop = min(stop, position + end_of_room - len(written))
            written += buffer[position:stop]
            position = stop
            continue
        end = ends.get(start + 2)
        if end is None:
            written += b"$"
            position += 1
            continue
        cut = min(cut, end)
        names.append(buffer[start + 3 : end])
        # The value may go one byte further than the room reaches (1298).
        written += value_of(names[-1])[: end_of_room - len(written) + 1]
        position = end + 1
    overflows = position < len(buffer) or len(written) > end_of_room
    expanded = Expanded(bytes(written), buffer[:cut], tuple(names), overflows)
    return expanded, len(written) != end_of_room


def ends_of_braces(buffer: bytes) -> Mapping[int, int]:
    """Where the ``}`` to each ``{`` is (``switch_find_end_paren``, switch_utils.c:794)."""
    ends: dict[int, int] = {}
    unclosed: list[int] = []
    for match in _BRACE.finditer(buffer):
        if match[0] == b"{":
            unclosed.append(match.start())
        elif unclosed:
            ends[unclosed.pop()] = match.start()
    return ends
