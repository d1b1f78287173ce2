"""What the processes of one installation share: locks, counters, claims, switches' backlogs."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sipapp.model.errors import SipappError


class Busy(SipappError):
    """A lock was not free within the time limit."""


@dataclass(frozen=True)
class CounterSet:
    """Counters of attempts, by key.

    After ``free`` attempts each further one doubles the delay until the next, from one second to
    ``max_delay_s``.  A counter expires ``lifetime_s`` after its last attempt.  Beyond
    ``capacity``, those whose last attempt is the oldest are dropped.
    """

    name: str
    lifetime_s: float
    capacity: int
    free: int
    max_delay_s: float

    def delay_s(self, count: int, age_s: float) -> float:
        """Seconds until the next attempt, after ``count`` of which the last was ``age_s`` ago."""
        if count < self.free or age_s > self.lifetime_s:
            return 0.0
        # The exponent is bounded: a float overflows at a thousand attempts.
        delay = min(2.0 ** min(count - self.free, 60), self.max_delay_s)
        return max(0.0, delay - age_s)


Counter = tuple[CounterSet, str]
"""The counter of one key."""


@dataclass(frozen=True)
class ClaimSet:
    """Names that are claimed, each by one owner at a time, for ``lifetime_s``.

    At ``capacity`` a further claim is refused or, with ``drops_oldest``, takes the place of the
    oldest.  An owner's claim beyond ``max_per_owner`` takes the place of that owner's oldest.
    If they are ``renewable``, an owner that claims an own name again has it for longer, as a
    lease, and gets it before a free one; otherwise a claimed name is refused to its owner too.
    """

    name: str
    lifetime_s: float
    capacity: int
    max_per_owner: int | None = None
    drops_oldest: bool = False
    renewable: bool = False


@dataclass(frozen=True)
class BacklogItem:
    """An extension that a switch still has to be asked for; ``None`` is a sample of all.

    With ``forget`` the switch has to drop its registrations, with ``new_pin`` a voicemail PIN that
    was set by phone.  ``process`` and ``ticket`` say
    after which reload of which process it can be asked.
    """

    extension: str | None
    process: str
    ticket: int = 0
    forget: bool = False
    new_pin: bool = False


class SharedState(ABC):
    """Short-lived state that the processes of one installation share.

    Each method is atomic, among threads and processes.  Names and keys may be any text, also
    one with NUL characters or lone surrogates.
    """

    @abstractmethod
    def lock(self, names: Collection[str], *, wait_s: float) -> AbstractContextManager[None]:
        """Hold an exclusive lock on all of these names, or on none.  Not reentrant.

        The lock of a process that ends is free.  Raises ``Busy`` after ``wait_s`` seconds.
        """

    @abstractmethod
    def attempt(self, counters: Collection[Counter]) -> float:
        """Count an attempt that begins now, in all of these counters or in none.

        Returns 0 if it was counted.  If one of them has a delay, nothing is counted; returns the
        seconds until the longest delay ends.
        """

    @abstractmethod
    def take_back(self, counters: Collection[Counter]) -> None:
        """Take back the last attempt of each of these counters.

        A delay is then counted from the attempt before, as if the last one had not been made.
        """

    @abstractmethod
    def reset(self, counter: Counter) -> None:
        """Take back all attempts of a counter."""

    @abstractmethod
    def claim(self, claims: ClaimSet, names: Sequence[str], owner: str = "") -> str | None:
        """Claim the first of these names that is free; returns that, or ``None``."""

    @abstractmethod
    def claimed(self, claims: ClaimSet, owner: str = "") -> Sequence[str]:
        """The names that an owner has claimed, the oldest claim first."""

    @abstractmethod
    def add_to_backlog(self, switch: str, items: Collection[BacklogItem]) -> None:
        """Add items to the backlog of a switch.

        An item takes the place of that of the same extension, and has ``forget`` if that had it.
        """

    @abstractmethod
    def backlog(self, switch: str) -> Sequence[BacklogItem]:
        """The backlog of a switch, each extension where it was first added.

        An item stays in it until it is settled, so that none is lost when a process ends.
        """

    @abstractmethod
    def settle_backlog(self, switch: str, items: Collection[BacklogItem]) -> None:
        """Remove items from the backlog of a switch, except those that were added anew since."""
