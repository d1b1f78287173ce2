"""All configured switches: apply a change on each at the same time, and say what came of it."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from typing import Final

from sipapp.coalesce import ReloadQueue, Storing, Turn
from sipapp.errors import SwitchError, SwitchRefused, SwitchUnreachable
from sipapp.reload import Apply, Outcome, ReloadStrategy, SwitchContext, SwitchOutcome

log = logging.getLogger(__name__)

GRACE: Final = 1.0
"""Seconds that a strategy may overrun its own time limit before nobody waits for it."""

_THREADS: Final = 32
"""Changes that can wait for one switch at the same time; threads are made when needed."""


class Switches:
    """The named switches of an application."""

    def __init__(self, strategies: Mapping[str, ReloadStrategy]) -> None:
        self._strategies = dict(strategies)
        self._storing = Storing()
        self._queues = {
            name: ReloadQueue(_reload_with(strategy), self._storing)
            for name, strategy in self._strategies.items()
        }
        self._pool = ThreadPoolExecutor(
            max_workers=_THREADS * max(1, len(self._strategies)), thread_name_prefix="switch"
        )

    def start(self, context: SwitchContext) -> None:
        """Start every strategy; one that fails is logged, and the others go on."""
        for name, strategy in self._strategies.items():
            try:
                strategy.start(context)
            except Exception:
                log.exception("Switch %s did not start.", name)

    def stop(self) -> None:
        """Stop every strategy; one that fails is logged, and the others go on."""
        for name, strategy in self._strategies.items():
            try:
                strategy.stop()
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
        change = Change(self)
        try:
            yield change
        finally:
            change.stored()

    def apply(self, *, present: str | None = None, absent: str | None = None) -> Apply:
        """Apply what is stored already.  As :meth:`Change.apply`."""
        with self.change() as change:
            return change.apply(present=present, absent=absent)

    def take_places(self) -> Mapping[str, Turn]:
        """Take a place in the next reload of every switch: what is stored now is in it."""
        return {name: queue.join() for name, queue in self._queues.items()}

    def end_storing(self) -> None:
        """A change is stored: reloads need not wait for it."""
        self._storing.end()

    def wait_and_verify(
        self, turns: Mapping[str, Turn], *, present: str | None, absent: str | None
    ) -> Apply:
        """Wait for the reloads, and check what each switch knows then."""

        def task(name: str, strategy: ReloadStrategy) -> str:
            return _apply_one(strategy, turns[name], present=present, absent=absent)

        return Apply(self._run(task))

    def ping(self, *, limit: float = math.inf) -> tuple[SwitchOutcome, ...]:
        """Ask every switch for a sign of life, within ``limit`` seconds if that is shorter."""
        return self._run(
            lambda _, strategy: strategy.ping(timeout=min(strategy.timeout, limit)), limit
        )

    def _run(
        self, task: Callable[[str, ReloadStrategy], str], limit: float = math.inf
    ) -> tuple[SwitchOutcome, ...]:
        started = time.monotonic()
        futures = {
            name: self._pool.submit(_attempt, name, strategy, task)
            for name, strategy in self._strategies.items()
        }
        return tuple(
            _outcome(name, future, started, min(self._strategies[name].timeout + GRACE, limit))
            for name, future in futures.items()
        )


class Change:
    """One change on its way: being stored, then applied."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._storing = True

    def apply(self, *, present: str | None = None, absent: str | None = None) -> Apply:
        """Make every switch take over what is stored now, and check that it did.

        ``present`` is an extension that each must know afterwards, ``absent`` one
        that none may know.  Never raises: what went wrong is in the outcomes.
        """
        turns = self._switches.take_places()
        self.stored()
        return self._switches.wait_and_verify(turns, present=present, absent=absent)

    def stored(self) -> None:
        """Nothing more is being stored for this change."""
        if self._storing:
            self._storing = False
            self._switches.end_storing()


def _outcome(
    name: str, future: "Future[SwitchOutcome]", started: float, limit: float
) -> SwitchOutcome:
    try:
        return future.result(timeout=max(0.0, started + limit - time.monotonic()))
    except FutureTimeout:
        future.cancel()
        seconds = time.monotonic() - started
        return SwitchOutcome(name, "pending", "No answer within the time limit.", seconds)


def _attempt(
    name: str, strategy: ReloadStrategy, task: Callable[[str, ReloadStrategy], str]
) -> SwitchOutcome:
    started = time.monotonic()
    outcome: Outcome = "pending"
    try:
        outcome, detail = "applied", task(name, strategy)
    except SwitchRefused as error:
        outcome, detail = "refused", str(error)
    except SwitchError as error:
        detail = str(error)
    except Exception:
        # A plugin's fault. Its text may hold anything, so it goes to the log alone.
        log.exception("Switch %s: its reload plugin failed.", name)
        detail = "Its reload plugin failed; the server's log has the details."
    return SwitchOutcome(name, outcome, detail, time.monotonic() - started)


def _reload_with(strategy: ReloadStrategy) -> Callable[[float], str]:
    return lambda timeout: strategy.reload(timeout=timeout)


def _apply_one(
    strategy: ReloadStrategy, turn: Turn, *, present: str | None, absent: str | None
) -> str:
    deadline = time.monotonic() + strategy.timeout
    said = turn.wait(deadline=deadline)
    for extension_id, wanted in ((present, True), (absent, False)):
        if extension_id is None:
            continue
        left = deadline - time.monotonic()
        if left <= 0:
            raise SwitchUnreachable(f"{said}, but no time was left to verify {extension_id}.")
        knows = strategy.knows(extension_id, timeout=left)
        if knows is not None and knows is not wanted:
            state = "still knows" if knows else "does not know"
            raise SwitchRefused(
                f"The switch answered {said}, but {state} extension {extension_id}. "
                "Is the directory that sipapp writes the one that the switch reads?"
            )
    return said
