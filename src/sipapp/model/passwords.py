"""Passwords that the server makes, and how easily others are guessed."""

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MIN_LENGTH: Final = 8
"""Characters below which a password is weak: strangers try many millions of them."""
_MIN_OF_ONE_KIND: Final = 12
"""Characters below which a password without both letters and others is weak."""
_MIN_DIGITS: Final = 20
"""Digits below which a password of digits only is weak: as many as make a strong one of letters."""
_MIN_DISTINCT: Final = 5
_MIN_BESIDE_USER: Final = 8
"""Characters below which a password is little more than the user in it."""
MIN_PIN: Final = 4
"""Digits below which a PIN is weak."""

# Words that passwords are made of, by what is tried at telephones first.
_COMMON_WORDS: Final = frozenset(
    {
        *("admin", "administrator", "asterisk", "changeme", "cluecon", "default", "extension"),
        *("freeswitch", "guest", "letmein", "login", "pass", "passw", "passwd", "password", "pbx"),
        *("phone", "qwerty", "qwertyuiop", "asdfgh", "root", "secret", "simple", "sip", "sipphone"),
        *("softphone", "telephone", "test", "user", "voip", "welcome", "abc", "abcdef", "abcd"),
    }
)
_NO_LETTER: Final = re.compile(r"[^a-z]+")
_ADVICE: Final = "Set one that is made at random."


@dataclass(frozen=True)
class RandomText:
    """How a secret is generated: from which characters, and how many."""

    alphabet: str
    length: int

    def generate(self) -> str:
        """A new secret."""
        return "".join(secrets.choice(self.alphabet) for _ in range(self.length))


# No letters that look like others: people type these into desk phones.
_PASSWORD: Final = RandomText(
    "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI"), 20
)
_PIN: Final = RandomText(string.digits, 6)

GENERATED: Final[Mapping[str, RandomText]] = {"password": _PASSWORD, "vm_password": _PIN}
"""The secrets of an extension that can be generated, by field."""


def generate_password() -> str:
    """A password of 20 characters (more than 116 bits) that every phone can type."""
    return _PASSWORD.generate()


def generate_pin() -> str:
    """A voicemail PIN of 6 digits."""
    return _PIN.generate()


def password_weakness(password: str, user: str) -> str:
    """Why a password of this user is guessed easily, in a sentence; empty if it is not."""
    folded, name = password.lower(), user.lower()
    rest = folded.replace(name, "")
    if folded == name:
        reason = "is the extension itself"
    elif len(password) < MIN_LENGTH:
        reason = f"has fewer than {MIN_LENGTH} characters"
    elif len(password) < _MIN_OF_ONE_KIND and folded.isalpha():
        reason = f"has letters only, and fewer than {_MIN_OF_ONE_KIND}"
    elif len(set(folded)) < _MIN_DISTINCT:
        reason = "repeats a few characters"
    elif len(rest) < _MIN_BESIDE_USER:
        reason = "is little more than the extension itself"
    elif folded.isdigit() and len(folded) < _MIN_DIGITS:
        reason = f"has digits only, and fewer than {_MIN_DIGITS}"
    elif _NO_LETTER.sub("", rest) in _COMMON_WORDS:
        reason = "is one of the first that are tried"
    else:
        return ""
    return f"Weak password: it {reason}. {_ADVICE}"


def pin_weakness(pin: str, user: str) -> str:
    """Why a voicemail PIN of this user is guessed easily, in a sentence; empty if it is not."""
    if len(pin) < MIN_PIN:
        reason = f"has fewer than {MIN_PIN} digits"
    elif pin == user:
        reason = "is the extension itself"
    elif len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        reason = "is one of the first that are tried"
    else:
        return ""
    return f"Weak PIN: it {reason}. {_ADVICE}"
