"""All configured switches: apply a change on each at the same time, and say what came of it."""

import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Final, TypeVar

from sipapp.concurrency.background_check import BackgroundCheck
from sipapp.model.apply import Apply, SwitchOutcome
from sipapp.model.errors import StorageError
from sipapp.switches.reload_queue import PendingWrites, ReloadTicket
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.tracker import Behind, Stored, Switch
from sipapp.switches.verification import Expectation

log = logging.getLogger(__name__)

GRACE: Final = 1.0
"""Seconds that a strategy may overrun its own time limit before nobody waits for it."""

SETTLE: Final = 2.0
"""Seconds from the start to the first reload, which takes over what was pending at the last end."""

_THREADS: Final = 32
"""Changes that can wait for one switch at the same time; threads are made when needed."""

T = TypeVar("T")


class SwitchFleet:
    """The named switches of an application."""

    def __init__(self, strategies: Mapping[str, ReloadStrategy]) -> None:
        self._storing = PendingWrites()
        self._switches = {
            name: Switch(name, strategy, self._storing) for name, strategy in strategies.items()
        }
        self._pool = ThreadPoolExecutor(
            max_workers=_THREADS * max(1, len(self._switches)), thread_name_prefix="switch"
        )
        self._stored: Stored = tuple
        self._retries = Retries(list(self._switches.values()), self._pool)

    def start(self, context: SwitchContext) -> None:
        """Start every strategy; one that fails is logged, and the others go on.

        Each switch is told to reload soon afterwards, and asked for the extensions: whether
        it has taken over what was stored before, nobody can tell.
        """
        self._stored = context.extensions
        for name, switch in self._switches.items():
            try:
                switch.strategy.start(context)
            except Exception:
                log.exception("Switch %s did not start.", name)
            switch.want_reload(SETTLE)
        self._retries.start(context.extensions)

    def stop(self) -> None:
        """Stop every strategy; one that fails is logged, and the others go on."""
        self._retries.stop()
        for switch in self._switches.values():
            # What it has started, such as a program with a password, must not be left behind.
            switch.probe.wait(GRACE)
        for name, switch in self._switches.items():
            try:
                switch.strategy.stop()
            except Exception:
                log.exception("Switch %s did not stop cleanly.", name)
        self._pool.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def change(self) -> "Iterator[Change]":
        """Store a change inside, then :meth:`Change.apply` it there.

        A reload that is about to begin waits a moment for what is being stored, so that
        changes at the same time cost one reload.
        """
        self._storing.begin()
        change = Change(self, self._storing)
        try:
            yield change
        finally:
            change.stored()

    def apply(self) -> Apply:
        """Apply what is stored already, and ask each switch for all that it has missed."""
        owed = self._owed()
        return self.wait_and_verify(self.enqueue_all(), owed)

    def behind(self) -> Mapping[str, Behind]:
        """The switches that have not taken over all that is stored, by name."""
        found = ((name, switch.behind) for name, switch in self._switches.items())
        return {name: behind for name, behind in found if behind is not None}

    def enqueue_all(self) -> Mapping[str, ReloadTicket]:
        """Take a place in the next reload of every switch: what is stored now is in it."""
        return {name: switch.join() for name, switch in self._switches.items()}

    def wait_and_verify(
        self, turns: Mapping[str, ReloadTicket], wanted: Mapping[str, Expectation]
    ) -> Apply:
        """Wait for the reloads, and check what each switch knows then."""
        started = time.monotonic()
        futures = {
            name: self._pool.submit(switch.apply, turns[name], wanted[name])
            for name, switch in self._switches.items()
        }
        outcomes = []
        for name, future in futures.items():
            switch = self._switches[name]
            outcome = _answer(future, started, switch.strategy.timeout + GRACE)
            if outcome is None:
                outcome = _no_answer(name, started)
                switch.miss(turns[name], wanted[name], outcome.detail)
            outcomes.append(outcome)
        self._retries.look()
        return Apply(tuple(outcomes))

    def _owed(self) -> Mapping[str, Expectation]:
        try:
            stored = list(self._stored())
        except StorageError as error:
            log.warning("Switches are not asked for what they have missed: %s", error)
            return dict.fromkeys(self._switches, Expectation())
        return {name: switch.owed(stored) for name, switch in self._switches.items()}

    def ping_checks(self) -> Mapping[str, BackgroundCheck]:
        """What asks each switch for a sign of life, by name."""
        return {name: switch.probe for name, switch in self._switches.items()}


class Change:
    """One change on its way: being stored, then applied."""

    def __init__(self, switches: SwitchFleet, storing: PendingWrites) -> None:
        self._switches = switches
        self._storing: PendingWrites | None = storing

    def apply(self, wanted: Expectation) -> Apply:
        """Make every switch take over what is stored now, and check that it did.

        Never raises: what went wrong is in the outcomes.
        """
        turns = self._switches.enqueue_all()
        self.stored()
        return self._switches.wait_and_verify(turns, dict.fromkeys(turns, wanted))

    def stored(self) -> None:
        """Nothing more is being stored for this change."""
        storing, self._storing = self._storing, None
        if storing is not None:
            storing.end()


class Retries:
    """Tries again, in the background, on the switches that are behind."""

    def __init__(self, switches: list[Switch], pool: ThreadPoolExecutor) -> None:
        self._switches = switches
        self._stored: Stored = tuple
        self._pool = pool
        self._changed = Condition()
        self._thread: Thread | None = None

    def start(self, stored: Stored) -> None:
        """Begin, if there is anything to do; ``stored`` reads the storage."""
        self._stored = stored
        if self._switches and self._thread is None:
            self._thread = Thread(target=self._run, name="switch-retries", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; a try that is under way comes to its own end."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def look(self) -> None:
        """A switch may be due earlier than was known."""
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        with self._changed:
            while self._thread is not None:
                now = time.monotonic()
                dues = [(switch, switch.due) for switch in self._switches]
                for switch, due in dues:
                    if due is not None and due <= now:
                        switch.begin_retry()
                        self._pool.submit(self._retry, switch)
                left = [due - now for _, due in dues if due is not None and due > now]
                self._changed.wait(min(left, default=None))

    def _retry(self, switch: Switch) -> None:
        switch.retry(self._stored)
        self.look()


def _answer(future: "Future[T]", started: float, limit: float) -> T | None:
    try:
        return future.result(timeout=max(0.0, started + limit - time.monotonic()))
    except FutureTimeout:
        return None


def _no_answer(name: str, started: float) -> SwitchOutcome:
    seconds = time.monotonic() - started
    return SwitchOutcome(name, "pending", "No answer within the time limit.", seconds)
