"""The event of a switch that falls behind, is given up, or catches up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SwitchState = Literal["behind", "given up", "up to date"]


@dataclass(frozen=True)
class SwitchChanged:
    """A switch is behind, is not tried any more, or has taken over all that is stored.

    ``state`` is ``behind`` when it has missed a change for the first time, ``given up`` after
    the last retry, and ``up to date`` when it has caught up: changes that were pending there are
    applied now.  ``why`` says what is wrong, empty if nothing is.  ``at`` is UTC.
    """

    switch: str
    state: SwitchState
    why: str
    at: datetime
