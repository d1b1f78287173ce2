"""FreeSWITCH's preprocessor: what it takes away before anything is parsed as XML.

It works on lines, knows nothing of quotes and comments, and tells nobody what it
dropped (``preprocess`` in switch_xml.c:1427-1650).
"""

import re
from dataclasses import dataclass
from typing import Final

REFERENCE: Final = re.compile(r"\$\$\{[^{}\"'<>&\r\n]*\}")
"""A variable that the preprocessor puts in, such as ``$${default_password}``."""

# A CR ends a line for FreeSWITCH as an LF does (switch_utils.c:914); CR LF counts as one here.
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_DROPS_LINE: Final = re.compile(r"</?include>|<\?")
_DIRECTIVE: Final = re.compile(r"(<?)x-pre-process", re.IGNORECASE | re.ASCII)
_DIRECTIVE_COMMENT: Final = "<!--#"
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
        if _is_dropped(line) or _SETTING_DIRECTIVE.fullmatch(line):
            dropped.append(number)
            line = _NOT_LINE_END.sub(" ", line)
        elif _is_directive(line):
            directives.append(number)
        kept.append(line)
    return Preprocessed("".join(kept), tuple(dropped), tuple(directives))


def _is_dropped(line: str) -> bool:
    # Expanding a variable cuts the line buffer at its "}" (switch_xml.c:1307), and only what
    # stands before that is searched for these (1473).
    reference = REFERENCE.search(line)
    if _DROPS_LINE.search(line, 0, reference.end() if reference else len(line)):
        return True
    directive = _DIRECTIVE.search(_expanded(line))
    return directive is not None and not directive[1]


def _is_directive(line: str) -> bool:
    return bool(_DIRECTIVE.search(_expanded(line))) or _DIRECTIVE_COMMENT in line


def _expanded(line: str) -> str:
    # With all variables empty, as undefined ones are: the case in which parts come together.
    return REFERENCE.sub("", line)
