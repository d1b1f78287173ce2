"""Texts of others as one line that can be shown, and the order of texts with numbers in them."""

import re
import unicodedata
from typing import Final

MAX_TEXT: Final = 120
"""Characters of a text of the network that are shown."""
_SHOWN_BEFORE: Final = 20
"""Characters before a wrong one that are shown to find it."""

# Marks that turn the direction of writing, and others of which nothing is seen: with them, a name
# looks like another one.  U+200C and U+200D stay allowed: Persian and Indic scripts and emoji need
# them.  src/web/phone/model/text.ts and the patterns of web/openapi/manager.yaml have the same
# list, which tests compare.
INVISIBLE: Final = re.compile(
    r"[\u00AD\u061C\u115F\u1160\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F"
    r"\u3164\uFEFF\uFFA0\U000E0000-\U000E007F]"
)
"""An invisible format character."""

_NUMBER: Final = re.compile(r"\d+")


def one_line(text: str, limit: int = MAX_TEXT) -> str:
    r"""Make one line of at most ``limit`` characters of a foreign text.

    Control characters and line ends become spaces.  Invisible format characters, such as marks
    that turn the direction of writing, become an escape such as ``\u202e``, and so does what
    UTF-8 cannot hold, as file names may (``\udcff``).  A page must still escape the line.
    """
    if len(text) > limit or not text.isprintable() or INVISIBLE.search(text):
        # Cut before, too: it may be megabytes.
        known = text[: 4 * limit].encode("utf-8", "backslashreplace").decode("utf-8")
        known = INVISIBLE.sub(_escape, known)
        text = "".join(char if char.isprintable() else " " for char in known)
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}…"


def invisible_error(text: str) -> str | None:
    """Say which invisible format character to remove, and where; ``None`` if there is none."""
    found = INVISIBLE.search(text)
    if found is None:
        return None
    name = unicodedata.name(found[0], "no name").lower()
    before = text[max(0, found.start() - _SHOWN_BEFORE) : found.start()]
    where = f"behind “{before}”" if before else "at the beginning"
    return (
        f"Remove the invisible character U+{ord(found[0]):04X} ({name}) {where}: with it, a text "
        "looks like another one."
    )


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("ascii", "backslashreplace").decode("ascii")


def natural_key(text: str) -> str:
    """A text that sorts as this one does when the numbers in it count as numbers."""
    return _NUMBER.sub(_magnitude, text.casefold())


def _magnitude(number: re.Match[str]) -> str:
    # The more digits, the larger.  U+0001 lets numbers come before all other text.
    digits = number[0].lstrip("0")
    return f"\x01{chr(len(digits) + 1)}{digits}"
