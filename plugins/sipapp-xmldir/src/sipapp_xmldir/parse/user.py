"""A user of the directory, as it is read from a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Section = Literal["params", "variables"]
SECTIONS: Final[Mapping[Section, str]] = {"params": "param", "variables": "variable"}


class Setting(NamedTuple):
    """One param or variable; ``reference`` tells that ``value`` has a ``$${name}`` in it.

    ``origin`` says where it stands if the file includes it, and ``line`` by which line of the file.
    ``known`` is what an included value comes to, and one with a variable that the file sets: empty
    if only FreeSWITCH knows, ``None`` if vars.xml tells.
    """

    section: Section
    name: str
    value: str
    reference: bool
    origin: str = ""
    line: int = 0
    known: str | None = None


@dataclass(frozen=True)
class User:
    """One user, with everything that stands directly below it.

    ``included_sections`` has those of which FreeSWITCH reads an included one, and where that is.
    """

    attributes: Mapping[str, str]
    settings: tuple[Setting, ...]
    others: tuple[str, ...]
    """Tags of the other elements below the user, and of sections that are there twice."""
    included_sections: Mapping[Section, str] = field(default_factory=dict)
    origin: str = ""
    """Where the user stands, if the file includes it."""
    unknown: str = ""
    """Why it is not known what FreeSWITCH reads of it, as a clause; empty if it is."""
