"""A text with blanks in the place of what FreeSWITCH's preprocessor takes away.

What becomes of a line is known by :mod:`sipapp_xmldir.emulation.lines`.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.lines import (
    LINE_LIMIT,
    Fate,
    expand,
    fate_of,
    is_dropped,
    is_special,
)

REFERENCE: Final = re.compile(r"\$\$\{[^{}\"'<>&\r\n]*\}")
"""A variable that the preprocessor puts in, such as ``$${default_password}``."""

# A CR ends a line for FreeSWITCH as an LF does; CR LF counts as one here.
_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_NOT_LINE_END: Final = re.compile(rb"[^\r\n]")


class DirectiveLine(NamedTuple):
    """A line with a directive, from 1, and where it ends.

    ``end`` is where the last line of a ``<!--#`` comment ends, before its line end.
    """

    number: int
    end: int


@dataclass(frozen=True)
class Blanked:
    """A file with blanked lines.

    ``text`` is as long as the original, so that positions in both are the same;
    ``$${name}`` stays.  ``dropped`` are numbers of lines, from 1, that are blank now, without
    those of ``directives``: what these put in their place is not there.
    """

    text: bytes
    dropped: tuple[int, ...]
    directives: tuple[DirectiveLine, ...]


def blank(text: bytes) -> Blanked:
    """Blank the lines that FreeSWITCH's preprocessor takes away."""
    kept: list[bytes] = []
    dropped: list[int] = []
    directives: list[DirectiveLine] = []
    in_comment, position = False, 0
    for number, line in enumerate(_LINE.findall(text), start=1):
        position += len(line)
        if not (in_comment or is_special(line)):
            kept.append(line)
            continue
        fate, left, goes_on = _fate(line, in_comment=in_comment)
        kept.append(left)
        end = position - len(line) + len(line.rstrip(b"\r\n"))
        if in_comment:
            directives[-1] = directives[-1]._replace(end=end)
        if fate is Fate.DROPPED and not in_comment:
            dropped.append(number)
        elif fate in {Fate.DIRECTIVE, Fate.COMMAND}:
            directives.append(DirectiveLine(number, end))
        in_comment = goes_on
    return Blanked(b"".join(kept), tuple(dropped), tuple(directives))


def _fate(line: bytes, *, in_comment: bool) -> tuple[Fate, bytes, bool]:
    """What becomes of a line, what is left of it, and whether the next one is in a comment."""
    # With all variables empty, as undefined ones are: the case in which parts come together.
    expanded = expand(line, lambda _: b"", LINE_LIMIT)
    if is_dropped(expanded.searched):
        return Fate.DROPPED, _blank(line), in_comment
    head = 0
    if in_comment:
        end = expanded.searched.find(b"-->")
        if end < 0:
            return Fate.TEXT, _blank(line), True
        head = end + len(b"-->")
        expanded = expand(line[head:], lambda _: b"", LINE_LIMIT)
    rest = line[head:]
    fate = fate_of(expanded.text)
    if fate is Fate.COMMAND:
        before, opening, after = rest.partition(b"<!--#")
        command, closing, after = after.partition(b"-->")
        command = opening + command + closing
        left = _blank(line[:head]) + before + _blank(command) + after
        return fate, left, not closing
    left = rest if fate is Fate.TEXT else _blank(rest)
    return fate, _blank(line[:head]) + left, False


def _blank(text: bytes) -> bytes:
    return _NOT_LINE_END.sub(b" ", text)
