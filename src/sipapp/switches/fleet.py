"""All configured switches: applies a change to each at the same time, and returns each outcome."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from typing import Final, TypeVar

from sipapp.concurrency.background_check import BackgroundCheck
from sipapp.model.apply import Apply, SwitchOutcome
from sipapp.model.errors import StorageError
from sipapp.state.shared import SharedState
from sipapp.storages.view import StorageView
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.reload_queue import PendingWrites, ReloadTicket
from sipapp.switches.retries import Retries
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.sync_state import Behind
from sipapp.switches.timing import Timing
from sipapp.switches.tracker import Notify, SwitchTracker, ignore
from sipapp.switches.verification import Expectation

log = logging.getLogger(__name__)

_MAX_WAITING: Final = 32
"""Changes that can wait for one switch at the same time; threads are made when needed."""

T = TypeVar("T")


class SwitchFleet:
    """The named switches of an application."""

    def __init__(
        self,
        strategies: Mapping[str, ReloadStrategy],
        state: SharedState,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        notify: Notify = ignore,
    ) -> None:
        """``clock`` is that of the retries; time limits are by the monotonic clock."""
        self._timing = timing or Timing()
        self._writes = PendingWrites()
        self._switches = {
            name: SwitchTracker(
                name, strategy, state, self._writes, self._timing, clock=clock, notify=notify
            )
            for name, strategy in strategies.items()
        }
        self._pool = ThreadPoolExecutor(
            max_workers=_MAX_WAITING * max(1, len(self._switches)), thread_name_prefix="switch"
        )
        self._storage: StorageView | None = None
        self.retries = Retries(self._switches.values(), self._pool, clock)
        """Tries again on the switches that are behind."""

    def start(self, context: SwitchContext) -> None:
        """Start every strategy; one that fails is logged, and the others go on.

        Whether a switch has taken over what was stored before is not known: it reloads soon
        afterwards, and a sample of the extensions is verified.
        """
        self._storage = context.storage
        for name, switch in self._switches.items():
            try:
                switch.strategy.start(context)
            except Exception:
                log.exception("Switch %s did not start.", name)
            switch.schedule_reload(self._timing.start_reload_s)
        self.retries.start(context.storage)

    def stop(self) -> None:
        """Stop every strategy; one that fails is logged, and the others go on."""
        self.retries.stop()
        for switch in self._switches.values():
            # What it has started, such as a program with a password, must not be left behind.
            switch.ping_check.wait(self._timing.overrun_s)
        for name, switch in self._switches.items():
            try:
                switch.strategy.stop()
            except Exception:
                log.exception("Switch %s did not stop cleanly.", name)
            switch.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def change(self) -> "Iterator[Change]":
        """Write to the storage inside, then :meth:`Change.apply` it there.

        A reload that is about to begin waits a moment for writes in progress, so that
        changes at the same time cost one reload.
        """
        change = Change(self, self._writes)
        try:
            yield change
        finally:
            change.end_write()

    def apply(self, only: str | None = None) -> Apply:
        """Make the switches take over everything, and verify what is still to be verified there.

        With a name, that switch ``only``.
        """
        names = self._switches if only is None else (only,)
        backlogs = {name: self._backlog(self._switches[name]) for name in names}
        everything = ChangeSet(everything=True)
        tickets = {name: self._switches[name].enqueue(everything) for name in names}
        return self.wait_and_verify(tickets, backlogs)

    def behind(self) -> Mapping[str, Behind]:
        """The switches that have not taken over all that is stored, by name."""
        found = ((name, switch.behind) for name, switch in self._switches.items())
        return {name: behind for name, behind in found if behind is not None}

    def enqueue_all(self, changes: ChangeSet) -> Mapping[str, ReloadTicket]:
        """Get a ticket for the next reload of every switch, which takes over the changes."""
        return {name: switch.enqueue(changes) for name, switch in self._switches.items()}

    def wait_and_verify(
        self, tickets: Mapping[str, ReloadTicket], expectations: Mapping[str, Expectation]
    ) -> Apply:
        """Wait for the reloads of tickets by switch, and verify what each switch knows then."""
        started = time.monotonic()
        futures = {
            name: self._pool.submit(self._switches[name].apply, ticket, expectations[name])
            for name, ticket in tickets.items()
        }
        outcomes = []
        for name, future in futures.items():
            switch = self._switches[name]
            limit = switch.strategy.timeout + self._timing.overrun_s
            outcome = _result(future, deadline=started + limit)
            if outcome is None:
                outcome = _timed_out(name, started)
                switch.record_timeout(tickets[name], expectations[name], outcome.detail)
            outcomes.append(outcome)
        self.retries.wake()
        return Apply(tuple(outcomes))

    def _backlog(self, switch: SwitchTracker) -> Expectation:
        try:
            return switch.backlog(self._storage)
        except StorageError as error:
            log.warning("Switch %s is not asked for what it has missed: %s", switch.name, error)
            return Expectation()

    def ping_checks(self) -> Mapping[str, BackgroundCheck]:
        """The checks that ping each switch, by name."""
        return {name: switch.ping_check for name, switch in self._switches.items()}


class Change:
    """One change: a write to the storage, then its application to the switches."""

    def __init__(self, switches: SwitchFleet, writes: PendingWrites) -> None:
        self._switches = switches
        self._writes: PendingWrites | None = writes
        writes.begin()

    def apply(self, expectation: Expectation) -> Apply:
        """Make every switch take over the changes as stored now, and verify that it did.

        What went wrong is in the outcomes, and not raised.
        """
        return self._apply(expectation.changes, expectation)

    def apply_unverified(self, changes: ChangeSet) -> Apply:
        """As :meth:`apply`, without asking what the switches know then."""
        return self._apply(changes, Expectation())

    def _apply(self, changes: ChangeSet, expectation: Expectation) -> Apply:
        tickets = self._switches.enqueue_all(changes)
        self.end_write()
        return self._switches.wait_and_verify(tickets, dict.fromkeys(tickets, expectation))

    def end_write(self) -> None:
        """The write is done; may be called again."""
        writes, self._writes = self._writes, None
        if writes is not None:
            writes.end()


def _result(future: "Future[T]", *, deadline: float) -> T | None:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except FutureTimeout:
        return None


def _timed_out(name: str, started: float) -> SwitchOutcome:
    seconds = time.monotonic() - started
    return SwitchOutcome(name, "pending", "No answer within the time limit.", seconds)
