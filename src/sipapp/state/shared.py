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
    """Counters of failures, by key.

    A counter expires ``lifetime_s`` after its last failure.  Beyond ``capacity``, those whose
    last failure is the oldest are dropped.
    """

    name: str
    lifetime_s: float
    capacity: int


@dataclass(frozen=True)
class Failures:
    """The number of failures of one key, and the seconds since the last one."""

    count: int = 0
    age_s: float = 0.0


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

    With ``forget`` the switch has to drop its registrations.  ``process`` and ``ticket`` say
    after which reload of which process it can be asked.
    """

    extension: str | None
    process: str
    ticket: int = 0
    forget: bool = False


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
    def failures(self, counters: CounterSet, key: str) -> Failures:
        """The failures of a key."""

    @abstractmethod
    def add_failure(self, counters: CounterSet, key: str) -> Failures:
        """Count a failure that happens now; returns the failures of the key, this one included."""

    @abstractmethod
    def remove_failures(self, counters: CounterSet, key: str, count: int | None = None) -> None:
        """Take back ``count`` failures of a key, or all of them."""

    @abstractmethod
    def claim(self, claims: ClaimSet, names: Sequence[str], owner: str = "") -> str | None:
        """Claim the first of these names that is free; returns that, or ``None``."""

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
