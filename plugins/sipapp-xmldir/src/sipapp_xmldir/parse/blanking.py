"""A text with blanks in the place of what FreeSWITCH's preprocessor takes away.

What becomes of a line is known by :mod:`sipapp_xmldir.emulation.lines`.
"""

import re
from dataclasses import dataclass
from typing import Final

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
# A directive alone on its line that puts nothing in its place: FreeSWITCH takes the line away.
_SETTING_DIRECTIVE: Final = re.compile(
    rb"[ \t]*<x-pre-process[ \t]+cmd=\"(?:set|exec-set|stun-set|env-set)\"[ \t]+data=\"[^\"<>]*\""
    rb"[ \t]*/>\s*",
    re.IGNORECASE,
)
_NOT_LINE_END: Final = re.compile(rb"[^\r\n]")


@dataclass(frozen=True)
class Blanked:
    """A file with blanked lines.

    ``text`` is as long as the original, so that positions in both are the same;
    ``$${name}`` stays.  ``dropped`` and ``directives`` are numbers of lines, from 1: those
    that are blank now, and those that can put something else in their place (include,
    exec, ...), which is not done here.
    """

    text: bytes
    dropped: tuple[int, ...]
    directives: tuple[int, ...]


def blank(text: bytes) -> Blanked:
    """Blank the lines that FreeSWITCH's preprocessor takes away."""
    kept: list[bytes] = []
    dropped: list[int] = []
    directives: list[int] = []
    for number, line in enumerate(_LINE.findall(text), start=1):
        fate = _fate(line) if is_special(line) else Fate.TEXT
        if fate is Fate.DROPPED or (fate is Fate.DIRECTIVE and _SETTING_DIRECTIVE.fullmatch(line)):
            dropped.append(number)
            kept.append(_NOT_LINE_END.sub(b" ", line))
            continue
        if fate is not Fate.TEXT:
            directives.append(number)
        kept.append(line)
    return Blanked(b"".join(kept), tuple(dropped), tuple(directives))


def _fate(line: bytes) -> Fate:
    # With all variables empty, as undefined ones are: the case in which parts come together.
    expanded = expand(line, lambda _: b"", LINE_LIMIT)
    return Fate.DROPPED if is_dropped(expanded.searched) else fate_of(expanded.text)
