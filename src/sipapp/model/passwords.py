"""Passwords that the server makes."""

import secrets
import string
from typing import Final

# No letters that look like others: people type these into desk phones.
_ALPHABET: Final = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")


def generate_password() -> str:
    """A password of 20 characters (more than 116 bits) that every phone can type."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(20))


def generate_pin() -> str:
    """A voicemail PIN of 6 digits."""
    return f"{secrets.randbelow(1_000_000):06}"
