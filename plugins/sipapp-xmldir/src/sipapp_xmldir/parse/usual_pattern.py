"""The pattern of a usual file: nothing that it matches can be read in two ways.

All repetitions are possessive, so that a text that does not match is given up in one pass.
"""

import re
from typing import Final

from sipapp.api import USER_PATTERN

_NO_CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff"
_BLANKS: Final = r"[ \t\r\n]*+"
_GAP: Final = r"[ \t\r\n]++"
_LINE_END: Final = r"[ \t]*+\r?\n"
# A dollar that begins no variable.
_DOLLAR: Final = r"\$(?!\$\{)"
# Without any text that makes FreeSWITCH drop a line of the comment or expand a variable.
_COMMENT: Final = rf"<!--(?!\#)(?:[^-<${_NO_CONTROLS}]|-(?!-)|<(?![?!]|/?include>)|{_DOLLAR})*+-->"
_SPACE: Final = rf"{_BLANKS}(?:{_COMMENT}{_BLANKS})*+"
# FreeSWITCH drops this line, as it does those with <include> and </include>, and with them any
# part of a comment.
_DECLARATION: Final = (
    r'<\?xml version="1\.0"(?: encoding="[A-Za-z0-9._-]++")?+(?: standalone="(?:yes|no)")?+ ?\?>'
    + _LINE_END
)
_ENTITY: Final = "&(?:amp|lt|gt|quot|apos);"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_.:-]*+"
_SETTING_NAME: Final = r"[A-Za-z0-9_.-]++"
_VARIABLE: Final = r"\$\$\{[A-Za-z0-9_.-]{1,64}+\}"
_ELEMENT_DEPTH: Final = 4


def _text(quote: str) -> str:
    """Text between quotes, without markup and control characters."""
    characters = rf"[^\t\r\n{quote}&<${_NO_CONTROLS}]{{0,256}}+"
    return rf"{characters}(?:(?:{_ENTITY}|{_DOLLAR}){characters})*+"


def _quoted(text: str) -> str:
    return rf"""(?:"{text}"|'{text}')"""


_TEXT: Final = rf"""(?:"{_text('"')}"|'{_text("'")}')"""
# Text, or one variable and nothing else.
_VALUE: Final = rf'(?:"{_VARIABLE}"|{_TEXT})'
_ATTRIBUTE: Final = rf"{_GAP}{_NAME}{_BLANKS}={_BLANKS}{_TEXT}"
_TAG_END: Final = rf"{_BLANKS}/>"


def _section(name: str, tag: str) -> str:
    setting = (
        rf"{_SPACE}<{tag}{_GAP}name{_BLANKS}={_BLANKS}{_quoted(_SETTING_NAME)}"
        rf"{_GAP}value{_BLANKS}={_BLANKS}{_VALUE}{_TAG_END}"
    )
    return rf"(?:{_SPACE}<{name}>(?P<{name}>(?:{setting})*+){_SPACE}</{name}>)?+"


def _element(place: str, depth: int = 1) -> str:
    """An element besides the sections, with elements in it; ``place`` is for names of groups."""
    group = f"{place}{depth}"
    excluded = "user|include|params|variables" if depth == 1 else "user|include"
    inner = rf"[^&<$\]{_NO_CONTROLS}]++|{_ENTITY}|{_DOLLAR}|{_COMMENT}"
    if depth < _ELEMENT_DEPTH:
        inner += f"|{_element(place, depth + 1)}"
    return (
        rf"<(?!(?:{excluded})[ \t\r\n/>])(?P<{group}>{_NAME})"
        rf"(?:{_GAP}{_NAME}{_BLANKS}={_BLANKS}{_VALUE})*+{_BLANKS}"
        rf"(?:/>|>(?:{inner})*+</(?P={group})>)"
    )


def _elements(place: str) -> str:
    return rf"(?P<{place}>(?:{_SPACE}{_element(place)})*+)"


_ATTRIBUTES: Final = (
    rf'(?: id="(?P<id>{USER_PATTERN})")?+(?P<attributes>(?:{_ATTRIBUTE})*+){_BLANKS}'
)

USUAL: Final = re.compile(
    rf"\ufeff?+(?:{_DECLARATION})?+(?:{_SPACE}(?<=\n))?+<include>{_LINE_END}"
    rf"{_SPACE}(?P<text><user{_ATTRIBUTES}>"
    rf"{_elements('first')}{_section('params', 'param')}"
    rf"{_elements('between')}{_section('variables', 'variable')}{_elements('last')}"
    rf"{_SPACE}</user>)(?:(?:[ \t]|{_COMMENT})*+\r?\n)++[ \t]*+</include>[ \t]*+"
    rf"(?:\r?\n{_SPACE})?+"
)
"""Groups: ``text``, which is all of the user; ``id``, if that is the user's first attribute, and
the other ``attributes``; ``params`` and ``variables``; the elements before, between and behind
these (``first``, ``between``, ``last``).
"""

SEVERAL_START: Final = re.compile(
    rf"(?:\xef\xbb\xbf)?+(?:{_DECLARATION})?+(?:{_SPACE}(?<=\n))?+<include>{_LINE_END}"
)
"""The beginning of a usual file of several users, of which each byte is one character."""

SEVERAL_GAP: Final = re.compile(rf"{_SPACE}(?=<user[ \t\r\n])")
"""What may stand before each of its users."""

SEVERAL_END: Final = re.compile(
    rf"(?:(?:[ \t]|{_COMMENT})*+\r?\n)++[ \t]*+</include>[ \t]*+(?:\r?\n{_SPACE})?+"
)
"""What may stand behind the last of its users."""

_IN_QUOTES: Final = r"""(?:"([^"]*+)"|'([^']*+)')"""
QUOTED: Final = re.compile(_IN_QUOTES)
"""A text in double or in single quotes."""

ATTRIBUTE: Final = re.compile(rf"({_NAME}){_BLANKS}={_BLANKS}{_IN_QUOTES}")
"""Name of an attribute, and its value in double or in single quotes."""

ELEMENT: Final = re.compile(_element("e"))
"""One element of the user with all that is in it; the first group is its name."""

TAG: Final = re.compile(rf"<{_NAME}((?:{_GAP}{_NAME}{_BLANKS}={_BLANKS}{_VALUE})++)")
"""An opening tag in an element; the group is its attributes."""

PLAIN_TEXT: Final = re.compile(rf"[^\t\r\n\"&<${_NO_CONTROLS}]{{0,256}}+")
"""Text that can stand in the place of a variable."""
