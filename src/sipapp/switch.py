"""One switch: what becomes of a change there, and whether it has fallen behind."""

import logging
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from sipapp.coalesce import ReloadQueue, Storing, Turn
from sipapp.errors import SwitchError, SwitchRefused, SwitchUnreachable
from sipapp.reload import Outcome, ReloadStrategy, SwitchOutcome

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = 2.0
LAST_PAUSE: Final = 600.0
"""Seconds between tries to bring up a switch that is behind: from the first on each pause is
twice the one before, up to the last."""


@dataclass(frozen=True)
class Wanted:
    """What a change is about: the extension that a switch must know then, or must not.

    With ``forget`` it must also forget what it keeps of it: registrations, and a cache.
    """

    present: str | None = None
    absent: str | None = None
    forget: str | None = None


@dataclass(frozen=True)
class Behind:
    """A switch has not taken over all that is stored: since when, why, and the next try."""

    since: datetime
    why: str
    next_try: datetime | None


class Switch:
    """One of the switches.  For several threads."""

    def __init__(self, name: str, strategy: ReloadStrategy, storing: Storing) -> None:
        self.name = name
        self.strategy = strategy
        self._queue = ReloadQueue(lambda timeout: strategy.reload(timeout=timeout), storing)
        self._lock = Lock()
        self._good = self._bad = 0
        self._since: datetime | None = None
        self._why = ""
        self._tries = 0
        self._due: float | None = None

    def join(self) -> Turn:
        """Take a place in its next reload: what is stored now is in it."""
        return self._queue.join()

    def apply(self, turn: Turn, wanted: Wanted) -> SwitchOutcome:
        """Wait for that reload, and check that the switch knows what it should."""
        started = time.monotonic()
        outcome: Outcome = "pending"
        try:
            detail = self._apply(turn, wanted)
            outcome = "applied"
        except SwitchRefused as error:
            outcome, detail = "refused", str(error)
        except SwitchError as error:
            detail = str(error)
        except Exception:
            # A plugin's fault. Its text may hold anything, so it goes to the log alone.
            log.exception("Switch %s: its reload plugin failed.", self.name)
            detail = "Its reload plugin failed; the server's log has the details."
        self._note(turn, outcome, detail)
        return SwitchOutcome(self.name, outcome, detail, time.monotonic() - started)

    def miss(self, turn: Turn, why: str) -> None:
        """Nobody waits any more for what :meth:`apply` may still do."""
        self._note(turn, "pending", why)

    @property
    def behind(self) -> Behind | None:
        """Whether it is behind."""
        with self._lock:
            if self._since is None:
                return None
            left = None if self._due is None else self._due - time.monotonic()
            at = None if left is None else datetime.now(UTC) + timedelta(seconds=max(0.0, left))
            return Behind(self._since, self._why, at)

    @property
    def due(self) -> float | None:
        """When to try again by the monotonic clock; ``None`` if there is no need."""
        return self._due

    def want_reload(self, pause: float) -> None:
        """Try after ``pause`` seconds, whether it is behind or not: nobody knows yet."""
        with self._lock:
            self._due = time.monotonic() + pause

    def begin_retry(self) -> None:
        """:meth:`retry` comes next; nothing is due meanwhile."""
        with self._lock:
            self._due = None
            self._tries += 1

    def retry(self) -> None:
        """Try again now, and plan the next try if it fails."""
        outcome = self.apply(self.join(), Wanted())
        with self._lock:
            if outcome.outcome == "applied":
                return
            if self._since is None:
                self._since, self._why = datetime.now(UTC), outcome.detail
            self._plan()

    def _apply(self, turn: Turn, wanted: Wanted) -> str:
        deadline = time.monotonic() + self.strategy.timeout
        said = turn.wait(deadline=deadline)
        for extension_id, expected in ((wanted.present, True), (wanted.absent, False)):
            if extension_id is not None:
                self._verify(extension_id, said, deadline, expected=expected)
        if wanted.forget is not None:
            forgotten = self._forget(wanted.forget, deadline)
            said = f"{said}. {forgotten}" if forgotten else said
        return said

    def _verify(self, extension_id: str, said: str, deadline: float, *, expected: bool) -> None:
        with self._queue.questions(deadline=deadline):
            left = deadline - time.monotonic()
            if left <= 0:
                raise SwitchUnreachable(f"{said}, but no time was left to verify {extension_id}.")
            knows = self.strategy.knows(extension_id, timeout=left)
        if knows is not None and knows is not expected:
            state = "still knows" if knows else "does not know"
            raise SwitchRefused(
                f"The switch answered {said}, but {state} extension {extension_id}. "
                "Is the directory that sipapp writes the one that the switch reads?"
            )

    def _forget(self, extension_id: str, deadline: float) -> str:
        """What came of it: a fault here does not undo the change, but has to be told."""
        try:
            with self._queue.questions(deadline=deadline):
                left = max(0.0, deadline - time.monotonic())
                return self.strategy.forget(extension_id, timeout=left)
        except SwitchError as error:
            return f"Its registrations could not be dropped: {error}"

    def _note(self, turn: Turn, outcome: Outcome, detail: str) -> None:
        """Remember whether the switch is behind; what an older reload says is no news."""
        with self._lock:
            if outcome == "applied":
                if turn.number > self._bad:
                    self._catch_up(max(turn.number, self._good))
            elif turn.number > self._good:
                self._bad = max(turn.number, self._bad)
                if outcome == "pending" and self._since is None:
                    log.warning("Switch %s is behind: %s", self.name, detail)
                    self._since, self._tries = datetime.now(UTC), 0
                    self._plan()
                if self._since is not None:
                    self._why = detail

    def _catch_up(self, number: int) -> None:
        if self._since is not None:
            log.info("Switch %s has taken over what is stored.", self.name)
        self._good, self._since, self._tries, self._due = number, None, 0, None

    def _plan(self) -> None:
        pause = min(LAST_PAUSE, FIRST_PAUSE * 2 ** min(self._tries, 20))
        # Several servers that lost one switch must not come back to it all at once.
        self._due = time.monotonic() + pause * random.uniform(0.75, 1.25)  # noqa: S311
