"""One switch: applies changes to it, and tracks whether it has taken over what is stored."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import BoundedSemaphore, Lock
from typing import Final

from sipapp.concurrency.background_check import BackgroundCheck
from sipapp.model.apply import Outcome, SwitchOutcome
from sipapp.model.errors import StorageError, SwitchError, SwitchRefused, SwitchTimeout
from sipapp.model.switch_changed import SwitchChanged, SwitchState
from sipapp.model.type_checks import checked_result
from sipapp.state.shared import SharedState
from sipapp.storages.view import StorageView
from sipapp.switches.backlog import VerificationBacklog, expectation_of
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.reload_queue import PendingWrites, ReloadQueue, ReloadTicket
from sipapp.switches.strategy import ReloadStrategy
from sipapp.switches.sync_state import Behind, SyncState
from sipapp.switches.timing import Timing
from sipapp.switches.verification import Expectation, forget, verify

log = logging.getLogger(__name__)

MAX_VERIFICATIONS: Final = 4
"""Verifications of one switch at the same time: FreeSWITCH's Event Socket has a backlog of five
(mod_event_socket.c:2979), and a connection beyond may hang."""

Notify = Callable[[SwitchChanged], None]
"""Called with an event; returns at once."""


def ignore(_event: SwitchChanged) -> None:
    """Notify no observer."""


class SwitchTracker:
    """One of the switches.  For several threads."""

    def __init__(
        self,
        name: str,
        strategy: ReloadStrategy,
        state: SharedState,
        writes: PendingWrites,
        timing: Timing,
        *,
        clock: Callable[[], float] = time.monotonic,
        notify: Notify = ignore,
    ) -> None:
        """``clock`` is that of the retries; time limits are by the monotonic clock."""
        self.name = name
        self._notify = notify
        self.strategy = strategy
        self.ping_check = BackgroundCheck(
            f"Health: switch {name}", self._ping, timing.ping_timeout_s
        )
        """Pings the switch."""
        self._timing = timing
        self._queue = ReloadQueue(name, self._reload, writes)
        self._verifications = BoundedSemaphore(MAX_VERIFICATIONS)
        self._lock = Lock()
        self._backlog = VerificationBacklog(state, name)
        self._sync = SyncState(timing, clock)
        self._has_pending = False
        self._last_failure = 0
        """The highest number of a ticket whose reload or verification failed."""
        self._last_success: ReloadTicket | None = None
        """The ticket of the highest number whose reload succeeded."""

    def close(self) -> None:
        """Start no more reloads."""
        self._queue.close()

    def enqueue(self, changes: ChangeSet) -> ReloadTicket:
        """Get a ticket for the next reload, which takes over the changes as stored then."""
        return self._queue.enqueue(changes, deadline=time.monotonic() + self.strategy.timeout)

    def apply(self, ticket: ReloadTicket, expectation: Expectation) -> SwitchOutcome:
        """Wait for that reload, and verify that the switch meets the expectation."""
        started = time.monotonic()
        outcome: Outcome = "pending"
        forgotten = ""
        try:
            detail, forgotten = self._reload_and_verify(ticket, expectation)
            outcome = "applied"
        except SwitchRefused as error:
            outcome, detail = "refused", str(error)
        except (SwitchError, StorageError) as error:
            detail = str(error)
        except Exception:
            # A plugin's fault. Its text may hold anything, so it goes to the log alone.
            log.exception("Switch %s: its reload plugin failed.", self.name)
            detail = "Its reload plugin failed; the server's log has the details."
        if outcome == "pending" and expectation.end_calls:
            forgotten = "Its calls were not ended, and will not be later."
        self._record_outcome(ticket, expectation, outcome, detail)
        return SwitchOutcome(self.name, outcome, detail, time.monotonic() - started, forgotten)

    def backlog(self, storage: StorageView | None) -> Expectation:
        """What still has to be verified, as things are stored now.

        The storage is read only if there is something; before the start there is none.  Raises
        ``StorageError``.
        """
        items = () if storage is None else self._backlog.items()
        if storage is None or not items:
            return Expectation()
        return expectation_of(items, storage, self.strategy.questions)

    def record_timeout(self, ticket: ReloadTicket, expectation: Expectation, why: str) -> None:
        """The caller of :meth:`apply` stopped waiting; the outcome counts as pending."""
        self._record_outcome(ticket, expectation, "pending", why)

    @property
    def behind(self) -> Behind | None:
        """Since when and why it is behind, if it is."""
        with self._lock:
            return self._sync.behind

    @property
    def due(self) -> float | None:
        """When the next retry is due, by the clock; ``None`` if none is."""
        with self._lock:
            return self._sync.due

    def schedule_reload(self, pause: float) -> None:
        """Reload and verify a sample in ``pause`` seconds, whether it is behind or not."""
        with self._lock:
            self._backlog.add_all()
            self._sync.confirmation_needed(pause)

    def start_retry(self, now: float) -> bool:
        """Whether a retry is due.  If so, :meth:`retry` has to be called."""
        with self._lock:
            if self._sync.due is None or self._sync.due > now:
                return False
            self._sync.retry_started()
            return True

    def retry(self, storage: StorageView | None) -> None:
        """Try again, and plan the next retry if it fails and was not the last."""
        failure: str | None = None
        try:
            expectation = self.backlog(storage)
        except StorageError as error:
            failure = f"The extensions cannot be read: {error}"
        else:
            outcome = self.apply(self._choose_ticket(expectation.changes), expectation)
            if outcome.outcome != "applied":
                failure = outcome.detail
        with self._lock:
            is_given_up = self._sync.retry_ended(failure=failure)
            if is_given_up:
                log.warning("Switch %s is not tried any more: %s", self.name, failure)
                self._tell("given up", failure or "")

    def _ping(self) -> bool:
        strategy = self.strategy
        try:
            said = strategy.ping(timeout=min(strategy.timeout, self._timing.ping_timeout_s))
        except SwitchError:
            return False
        checked_result(said, str, strategy, "ping()")
        return True

    def _reload(self, changes: ChangeSet, timeout: float) -> str:
        strategy = self.strategy
        said = strategy.apply(changes, timeout=timeout)
        return checked_result(said, str, strategy, "its reload")

    def _choose_ticket(self, changes: ChangeSet) -> ReloadTicket:
        """The ticket of the last reload, if only its verification is left to do; else a new one."""
        with self._lock:
            last = self._last_success
            if (
                last is not None
                and last.number > self._last_failure
                and self._backlog.can_be_verified_after(last.number)
            ):
                return last
        return self.enqueue(changes)

    def _reload_and_verify(self, ticket: ReloadTicket, expectation: Expectation) -> tuple[str, str]:
        deadline = time.monotonic() + self.strategy.timeout
        said = ticket.wait(deadline=deadline)
        if not expectation.ids:
            return said, ""
        with self._verification(deadline):
            partly = verify(self.strategy, expectation, said, deadline=deadline)
            forgotten = forget(self.strategy, expectation, deadline=deadline)
        return (f"{said}. {partly}" if partly else said), forgotten

    @contextmanager
    def _verification(self, deadline: float) -> Iterator[None]:
        if not self._verifications.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise SwitchTimeout("The switch was too busy to be asked within the time limit.")
        try:
            yield
        finally:
            self._verifications.release()

    def _record_outcome(
        self, ticket: ReloadTicket, expectation: Expectation, outcome: Outcome, detail: str
    ) -> None:
        """Update backlog and state.  The outcome of an older ticket than the last is no news."""
        number = ticket.number
        with self._lock:
            if outcome == "applied":
                self._backlog.settle(expectation)
                if number > self._last_failure:
                    self._mark_up_to_date(ticket)
                return
            if outcome == "pending":
                self._has_pending = True
                self._backlog.add(expectation, number)
            if self._last_success is not None and number <= self._last_success.number:
                if self._backlog:
                    self._sync.confirmation_needed(self._timing.first_retry_s)
                return
            self._last_failure = max(number, self._last_failure)
            if outcome == "refused":
                self._sync.reload_refused(detail)
            elif self._sync.reload_failed(detail):
                log.warning("Switch %s is behind: %s", self.name, detail)
                self._tell("behind", detail)

    def _mark_up_to_date(self, ticket: ReloadTicket) -> None:
        if self._last_success is None or ticket.number >= self._last_success.number:
            self._last_success = ticket
        has_caught_up = self._sync.reloaded(verified=not self._backlog)
        if has_caught_up:
            log.info("Switch %s has taken over what is stored.", self.name)
        if has_caught_up or (self._has_pending and not self._backlog):
            self._has_pending = False
            self._tell("up to date", "")

    def _tell(self, state: SwitchState, why: str) -> None:
        """Notify observers; the lock is held, so that events are in their order."""
        self._notify(SwitchChanged(self.name, state, why, datetime.now(UTC)))
