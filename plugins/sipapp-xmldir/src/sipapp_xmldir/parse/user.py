"""A user of the directory, as it is read from a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Section = Literal["params", "variables"]
SECTIONS: Final[Mapping[Section, str]] = {"params": "param", "variables": "variable"}


class Setting(NamedTuple):
    """One param or variable; ``reference`` tells that ``value`` has a ``$${name}`` in it."""

    section: Section
    name: str
    value: str
    reference: bool


@dataclass(frozen=True)
class User:
    """One user, with everything that stands directly below it."""

    attributes: Mapping[str, str]
    settings: tuple[Setting, ...]
    others: tuple[str, ...]
    """Tags of the other elements below the user, and of sections that are there twice."""
