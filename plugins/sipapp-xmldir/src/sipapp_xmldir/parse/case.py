"""The case in which FreeSWITCH compares ids and names."""

from string import ascii_lowercase, ascii_uppercase
from typing import Final

_LOWER_CASE: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


def fold_id(text: str) -> str:
    """An id, alias or name with its ASCII letters in lower case, as strcasecmp(3) compares it.

    All other letters differ from their capitals: FreeSWITCH never calls setlocale(3).
    """
    return text.lower() if text.isascii() else text.translate(_LOWER_CASE)
