"""A text without what FreeSWITCH's preprocessor takes away, with all else in its place.

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
)

REFERENCE: Final = re.compile(r"\$\$\{[^{}\"'<>&\r\n]*\}")
"""A variable that the preprocessor puts in, such as ``$${default_password}``."""

# A CR ends a line for FreeSWITCH as an LF does; CR LF counts as one here.
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
# A directive alone on its line that puts nothing in its place: FreeSWITCH takes the line away.
_SETTING_DIRECTIVE: Final = re.compile(
    r"[ \t]*<x-pre-process[ \t]+cmd=\"(?:set|exec-set|stun-set|env-set)\"[ \t]+data=\"[^\"<>]*\""
    r"[ \t]*/>\s*",
    re.IGNORECASE | re.ASCII,
)
_NOT_LINE_END: Final = re.compile(r"[^\r\n]")


@dataclass(frozen=True)
class Preprocessed:
    """What is left of a file.

    ``text`` is as long as the original, with spaces for what FreeSWITCH drops, so
    that positions in both are the same; ``$${name}`` stays.  ``dropped`` and
    ``directives`` are numbers of lines, from 1: those taken away whole, and those
    that can put something else in their place (include, exec, ...), which is not done here.
    """

    text: str
    dropped: tuple[int, ...]
    directives: tuple[int, ...]


def preprocess(text: str) -> Preprocessed:
    """Take away what FreeSWITCH's preprocessor takes away."""
    kept: list[str] = []
    dropped: list[int] = []
    directives: list[int] = []
    for number, match in enumerate(_LINE.finditer(text), start=1):
        line = match[0]
        fate = _fate(line)
        if fate is Fate.DROPPED or _SETTING_DIRECTIVE.fullmatch(line):
            dropped.append(number)
            line = _NOT_LINE_END.sub(" ", line)
        elif fate is not Fate.TEXT:
            directives.append(number)
        kept.append(line)
    return Preprocessed("".join(kept), tuple(dropped), tuple(directives))


def _fate(line: str) -> Fate:
    # With all variables empty, as undefined ones are: the case in which parts come together.
    expanded = expand(line.encode(), lambda _: b"", LINE_LIMIT)
    return Fate.DROPPED if is_dropped(expanded.searched) else fate_of(expanded.text)
