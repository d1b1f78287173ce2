"""Whether a switch has taken over what is stored, and when to try again: a state machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from random import Random
from typing import Final

from sipapp.switches.timing import Timing

_JITTER: Final = Random()  # noqa: S311  (no secret)
"""A private generator, so that seeding ``random`` elsewhere does not change the jitter."""


class State(Enum):
    """What is known of a switch, and what comes next."""

    UP_TO_DATE = "up to date"
    UNCONFIRMED = "unconfirmed"
    """Nothing is known to be missing; a try is due that will tell."""
    BEHIND = "behind"
    """It has not taken over all that is stored; a retry is due."""
    RETRYING = "retrying"
    """A try is under way."""
    GIVEN_UP = "given up"
    """It is behind, and no retry is due any more."""


@dataclass(frozen=True)
class Behind:
    """A switch has not taken over all that is stored: since when, why, and the next try.

    ``next_try`` is ``None`` while one is under way, and when it was ``given_up``: then
    the next try is the next change, or a reload by hand.
    """

    since: datetime
    why: str
    next_try: datetime | None
    given_up: bool = False


class SyncState:
    """The state of one switch, and its transitions.  For one thread at a time.

    Each method but :attr:`behind` is an event.
    """

    def __init__(
        self,
        timing: Timing,
        clock: Callable[[], float] = time.monotonic,
        random: Random = _JITTER,
    ) -> None:
        self.state = State.UP_TO_DATE
        self.due: float | None = None
        """When the next try is due, by the clock; ``None`` if none is."""
        self._timing = timing
        self._clock = clock
        self._random = random
        self._tries = 0
        self._since: datetime | None = None
        self._why = ""

    @property
    def behind(self) -> Behind | None:
        """Since when and why it is behind, if it is."""
        if self._since is None:
            return None
        left = None if self.due is None else max(0.0, self.due - self._clock())
        at = None if left is None else datetime.now(UTC) + timedelta(seconds=left)
        return Behind(self._since, self._why, at, self.state is State.GIVEN_UP)

    def confirmation_needed(self, pause: float) -> None:
        """Something may be missing: a try is due in ``pause`` seconds."""
        if self.state is State.UP_TO_DATE:
            self._wait_until(self._clock() + pause)

    def retry_started(self) -> None:
        """A try begins."""
        self._tries += 1
        self._move(State.RETRYING)

    def retry_ended(self, *, failure: str | None) -> bool:
        """The try ended; without a ``failure``, well.  Returns whether it was the last one.

        It is no news if other changes have moved the state on meanwhile.  If it ended well and
        has not, then something newer has failed.
        """
        if self.state is not State.RETRYING:
            return False
        if failure is not None:
            self._remember(failure)
        if failure is not None and self._tries >= self._timing.max_tries:
            self._move(State.GIVEN_UP)
            return True
        self._plan_retry()
        return False

    def reload_failed(self, why: str) -> bool:
        """A reload did not come to an end.  Returns whether it is behind only since then."""
        is_news = self._since is None
        self._remember(why)
        if self.state is State.GIVEN_UP:
            self._tries = 0
        if self.state not in {State.RETRYING, State.BEHIND}:
            self._plan_retry()
        return is_news

    def reload_refused(self, why: str) -> None:
        """A reload was refused.  That alone does not make it behind: the change is taken back."""
        if self._since is not None:
            self._why = why

    def reloaded(self, *, verified: bool) -> bool:
        """A reload succeeded.  Returns whether it has caught up.

        Unless it is ``verified`` that nothing is missing, a try is due at once.
        """
        self._tries = 0
        if not verified:
            self._wait_until(self._clock())
            return False
        was_behind = self._since is not None
        self._since = None
        self._move(State.UP_TO_DATE)
        return was_behind

    def _remember(self, why: str) -> None:
        if self._since is None:
            self._since, self._tries = datetime.now(UTC), 0
        self._why = why

    def _plan_retry(self) -> None:
        timing = self._timing
        pause = min(timing.max_retry_s, timing.first_retry_s * 2 ** min(self._tries, 20))
        # Several servers that lost one switch must not come back to it all at once.
        self._wait_until(self._clock() + pause * self._random.uniform(0.75, 1.25))

    def _wait_until(self, due: float) -> None:
        self._move(State.UNCONFIRMED if self._since is None else State.BEHIND, due=due)

    def _move(self, state: State, *, due: float | None = None) -> None:
        self.state, self.due = state, due
