"""What the doctor says: one line for each thing that was looked at."""

from dataclasses import dataclass
from typing import Final, Literal

from sipapp.model.type_checks import check_types

Level = Literal["ok", "warning", "fault"]

LEVELS: Final[tuple[Level, ...]] = ("ok", "warning", "fault")
"""From the best on; the place is the exit status of ``sipapp doctor``."""


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.  No text of it may contain a secret.

    ``check`` names what was looked at, for programs, such as ``webrtc.certificate``;
    ``about`` is the switch it was looked at on, empty if it is none.  ``fault`` is
    what keeps something from working or lets somebody in; ``warning`` what works
    until it does not.  ``found`` and ``remedy`` are sentences; nothing that is well
    needs a remedy.
    """

    check: str
    level: Level
    found: str
    remedy: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        check_types(self)


def ok(check: str, found: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(check, "ok", found)


def warning(check: str, found: str, remedy: str) -> Diagnosis:
    """It works, until it does not."""
    return Diagnosis(check, "warning", found, remedy)


def fault(check: str, found: str, remedy: str) -> Diagnosis:
    """Something does not work, or lets somebody in."""
    return Diagnosis(check, "fault", found, remedy)
