"""Errors of FreeSWITCH's parser."""

import re
from dataclasses import dataclass
from typing import Final

_ERROR_LENGTH: Final = 127  # SWITCH_XML_ERRL less the NUL
_QUOTED: Final = re.compile(r" </?[^!?].*", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """Why a text is refused: the words and the line that FreeSWITCH says, and the position.

    ``open`` is where the innermost element that was not closed stands, if there is one.
    """

    message: str
    line: int
    position: int
    open: int | None

    def __str__(self) -> str:
        text = f"[error near line {self.line}]: {self.message}"
        return text[:_ERROR_LENGTH]


class ParseError(Exception):
    """The parser stops at ``position``, with that message."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class EndlessExpansion(Exception):
    """Entities of a DOCTYPE multiply until FreeSWITCH has no more memory."""


def without_quoted(message: str) -> str:
    """A message without what it quotes, which may be a part of a value such as a password."""
    return _QUOTED.sub("", message)


def shown(name: bytes) -> str:
    """A name as it is put into a message."""
    return name.decode("utf-8", "replace")
