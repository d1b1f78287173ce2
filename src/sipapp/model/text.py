"""Texts of others as one line that can be shown, and the order of texts with numbers in them."""

import re
from typing import Final

MAX_TEXT: Final = 120
"""Characters of a text of the network that are shown."""

_NUMBER: Final = re.compile(r"\d+")


def one_line(text: str, limit: int = MAX_TEXT) -> str:
    r"""Make one line of at most ``limit`` characters of a foreign text.

    Control characters, line ends and marks that turn the direction of writing become spaces, and
    what UTF-8 cannot hold, as file names may, becomes an escape such as ``\udcff``.  A page must
    still escape the line.
    """
    if len(text) > limit or not text.isprintable():
        # Cut before, too: it may be megabytes.
        known = text[: 4 * limit].encode("utf-8", "backslashreplace").decode("utf-8")
        text = "".join(char if char.isprintable() else " " for char in known)
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}…"


def natural_key(text: str) -> str:
    """A text that sorts as this one does when the numbers in it count as numbers."""
    return _NUMBER.sub(_magnitude, text.casefold())


def _magnitude(number: re.Match[str]) -> str:
    # The more digits, the larger.  U+0001 lets numbers come before all other text.
    digits = number[0].lstrip("0")
    return f"\x01{chr(len(digits) + 1)}{digits}"
