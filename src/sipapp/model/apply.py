"""What the switches made of a change, and the values that they are asked for afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Outcome = Literal["applied", "refused", "pending"]

State = Literal["applied", "refused", "pending", "unchanged"]

UNKNOWN: Final = "id"
"""Among the fields that differ: the switch does not know the extension at all."""


@dataclass(frozen=True)
class Values:
    """What a change made of an extension: values by name of the field, secrets among them.

    The switch must have those of ``now``.  Where it cannot be said what it makes of a new
    value, because that is empty or comes from a variable, there is only the one ``before``,
    which it must not have any more.
    """

    now: Mapping[str, str] = field(default_factory=dict, repr=False)
    before: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class SwitchOutcome:
    """What one switch made of a change: ``detail`` in words, the time it took in seconds.

    ``forgotten`` says what became of registrations, cache and calls, if they had to go.
    """

    name: str
    outcome: Outcome
    detail: str
    seconds: float
    forgotten: str = ""


@dataclass(frozen=True)
class Apply:
    """What all switches made of a change; ``needed`` is false if there was nothing to change."""

    switches: tuple[SwitchOutcome, ...]
    needed: bool = True

    @classmethod
    def unchanged(cls) -> "Apply":
        """Nothing was changed, so that no switch was asked to reload."""
        return cls((), needed=False)

    @property
    def state(self) -> State:
        """The worst outcome: refused, else pending, else applied; or ``unchanged``."""
        if not self.needed:
            return "unchanged"
        outcomes = {switch.outcome for switch in self.switches}
        if "refused" in outcomes:
            return "refused"
        return "pending" if "pending" in outcomes else "applied"
