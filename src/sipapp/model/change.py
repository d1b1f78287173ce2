"""Who changed an extension, and which of its fields."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Actor:
    """Who changed something: the account's name, and the address that the request came from."""

    name: str
    address: str = ""


SYSTEM: Final = Actor("sipapp")
"""The program itself."""


@dataclass(frozen=True)
class FieldChange:
    """A field that changed; of a secret, both values are ``None``."""

    field: str
    old: str | None
    new: str | None
