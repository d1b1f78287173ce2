"""One switch: what becomes of a change there, and whether it has fallen behind."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Lock
from typing import Final

from sipapp.concurrency.background_check import BackgroundCheck
from sipapp.model.apply import Outcome, SwitchOutcome
from sipapp.model.errors import StorageError, SwitchError, SwitchRefused
from sipapp.model.extension import Extension
from sipapp.model.type_checks import checked_result
from sipapp.switches.reload_queue import PendingWrites, ReloadQueue, ReloadTicket
from sipapp.switches.strategy import ReloadStrategy
from sipapp.switches.verification import Expectation, VerificationBacklog, forget, verify

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = 2.0
LAST_PAUSE: Final = 600.0
"""Seconds between tries to bring up a switch that is behind: from the first on each pause is
twice the one before, up to the last."""
TRIES: Final = 20
"""Tries in the background before it is left alone: about two hours."""

PING_LIMIT: Final = 1.0
"""Seconds that a switch has for a sign of life; nobody waits longer for a page."""

_JITTER: Final = Random()  # noqa: S311  (no secret)
"""Of its own: who seeds the module's for something else shall not get ours mixed in."""

Stored = Callable[[], Iterable[Extension]]


@dataclass(frozen=True)
class Behind:
    """A switch has not taken over all that is stored: since when, why, and the next try.

    ``next_try`` is ``None`` while one is under way, and when it was ``given_up``: then
    nothing is tried until somebody changes something or tells it to reload.
    """

    since: datetime
    why: str
    next_try: datetime | None
    given_up: bool = False


class Switch:
    """One of the switches.  For several threads."""

    def __init__(self, name: str, strategy: ReloadStrategy, storing: PendingWrites) -> None:
        self.name = name
        self.strategy = strategy
        self.probe = BackgroundCheck(f"Health: switch {name}", self._lives, PING_LIMIT)
        """Asks for a sign of life."""
        self._queue = ReloadQueue(self._reload, storing)
        self._lock = Lock()
        self._owed = VerificationBacklog()
        self._good = self._bad = 0
        self._since: datetime | None = None
        self._why = ""
        self._last: ReloadTicket | None = None
        self._tries = 0
        self._trying = False
        self._due: float | None = None

    def join(self) -> ReloadTicket:
        """Take a place in its next reload: what is stored now is in it."""
        return self._queue.join()

    def apply(self, turn: ReloadTicket, wanted: Expectation) -> SwitchOutcome:
        """Wait for that reload, and check that the switch knows what it should."""
        started = time.monotonic()
        outcome: Outcome = "pending"
        forgotten = ""
        try:
            detail, forgotten = self._reload_and_ask(turn, wanted)
            outcome = "applied"
        except SwitchRefused as error:
            outcome, detail = "refused", str(error)
        except SwitchError as error:
            detail = str(error)
        except Exception:
            # A plugin's fault. Its text may hold anything, so it goes to the log alone.
            log.exception("Switch %s: its reload plugin failed.", self.name)
            detail = "Its reload plugin failed; the server's log has the details."
        if outcome == "pending" and wanted.end_calls:
            forgotten = "Its calls were not ended, and will not be later."
        self._note(turn, wanted, outcome, detail)
        return SwitchOutcome(self.name, outcome, detail, time.monotonic() - started, forgotten)

    def owed(self, stored: Iterable[Extension]) -> Expectation:
        """What it still has to be asked for, as things are stored."""
        with self._lock:
            return self._owed.wanted(stored)

    def miss(self, turn: ReloadTicket, wanted: Expectation, why: str) -> None:
        """Nobody waits any more for what :meth:`apply` may still do."""
        self._note(turn, wanted, "pending", why)

    @property
    def behind(self) -> Behind | None:
        """Whether it is behind."""
        with self._lock:
            if self._since is None:
                return None
            left = None if self._due is None else self._due - time.monotonic()
            at = None if left is None else datetime.now(UTC) + timedelta(seconds=max(0.0, left))
            return Behind(self._since, self._why, at, self._has_given_up)

    @property
    def due(self) -> float | None:
        """When to try again by the monotonic clock; ``None`` if there is no need."""
        return self._due

    def want_reload(self, pause: float) -> None:
        """Try after ``pause`` seconds, whether it is behind or not: nobody knows yet."""
        with self._lock:
            self._owed.add_all()
            self._due = time.monotonic() + pause

    def begin_retry(self) -> None:
        """:meth:`retry` comes next; nothing is due meanwhile."""
        with self._lock:
            self._due, self._trying = None, True
            self._tries += 1

    def retry(self, stored: Stored) -> None:
        """Try again now, and plan the next try if it fails and was not the last."""
        try:
            wanted = self.owed(stored())
        except StorageError as error:
            applied, why = False, f"The extensions cannot be read: {error}"
        else:
            outcome = self.apply(self._place(), wanted)
            applied, why = outcome.outcome == "applied", outcome.detail
        with self._lock:
            self._trying = False
            if applied:
                return
            self._since, self._why = self._since or datetime.now(UTC), why
            if self._tries < TRIES:
                self._plan()
                return
        log.warning("Switch %s is not tried any more: %s", self.name, why)

    def _lives(self) -> bool:
        strategy = self.strategy
        try:
            said = strategy.ping(timeout=min(strategy.timeout, PING_LIMIT))
        except SwitchError:
            return False
        checked_result(said, str, strategy, "ping()")
        return True

    def _reload(self, timeout: float) -> str:
        strategy = self.strategy
        return checked_result(strategy.reload(timeout=timeout), str, strategy, "reload()")

    def _place(self) -> ReloadTicket:
        """In its next reload; if there is nothing left to do but to ask, in the last one."""
        with self._lock:
            last = self._last
            if last is not None and last.number > self._bad and self._owed.can_be_asked(last):
                return last
        return self.join()

    def _reload_and_ask(self, turn: ReloadTicket, wanted: Expectation) -> tuple[str, str]:
        deadline = time.monotonic() + self.strategy.timeout
        said = turn.wait(deadline=deadline)
        if not wanted.ids:
            return said, ""
        with self._queue.questions(deadline=deadline):
            partly = verify(self.strategy, wanted, said, deadline=deadline)
            forgotten = forget(self.strategy, wanted, deadline=deadline)
        return (f"{said}. {partly}" if partly else said), forgotten

    def _note(self, turn: ReloadTicket, wanted: Expectation, outcome: Outcome, detail: str) -> None:
        """Remember whether the switch is behind; what an older reload says is no news."""
        with self._lock:
            if outcome == "applied":
                self._owed.settle(wanted, turn.number)
                if turn.number > self._bad:
                    self._caught_up(turn)
                return
            if outcome == "pending":
                self._owed.add(wanted, turn.number)
            if turn.number > self._good:
                self._bad = max(turn.number, self._bad)
                if outcome == "pending" and self._since is None:
                    log.warning("Switch %s is behind: %s", self.name, detail)
                    self._since = datetime.now(UTC)
                    self._try_anew()
                elif outcome == "pending" and self._has_given_up:
                    self._try_anew()
                if self._since is not None:
                    self._why = detail

    def _caught_up(self, turn: ReloadTicket) -> None:
        if turn.number >= self._good:
            self._good, self._last = turn.number, turn
        if self._owed:
            # It has reloaded, and has still to be asked for what was changed while it was away.
            self._tries, self._due = 0, time.monotonic()
            return
        if self._since is not None:
            log.info("Switch %s has taken over what is stored.", self.name)
        self._since, self._tries, self._due = None, 0, None

    @property
    def _has_given_up(self) -> bool:
        return self._due is None and self._tries >= TRIES and not self._trying

    def _try_anew(self) -> None:
        self._tries = 0
        self._plan()

    def _plan(self) -> None:
        pause = min(LAST_PAUSE, FIRST_PAUSE * 2 ** min(self._tries, 20))
        # Several servers that lost one switch must not come back to it all at once.
        self._due = time.monotonic() + pause * _JITTER.uniform(0.75, 1.25)
