"""Who changed an extension, and which of its fields."""

from dataclasses import dataclass
from typing import Final

from sipapp.model.text import one_line


@dataclass(frozen=True)
class Actor:
    """Who changed something: the account's name, and the address that the request came from."""

    name: str
    address: str = ""

    def __str__(self) -> str:
        """Name and address as one line, for logs and pages."""
        name, address = one_line(self.name), one_line(self.address)
        return f"{name} ({address})" if address else name


SYSTEM: Final = Actor("sipapp")
"""The program itself."""


@dataclass(frozen=True)
class FieldChange:
    """A field that changed; of a secret, both values are ``None``."""

    field: str
    old: str | None
    new: str | None
