"""All configured switches: apply a change on each at the same time, and say what came of it."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Final

from sipapp.errors import SwitchError, SwitchRefused, SwitchUnreachable
from sipapp.reload import Apply, Outcome, ReloadStrategy, SwitchContext, SwitchOutcome

log = logging.getLogger(__name__)

GRACE: Final = 1.0
"""Seconds that a strategy may overrun its own time limit before nobody waits for it."""


class Switches:
    """The named switches of an application."""

    def __init__(self, strategies: Mapping[str, ReloadStrategy]) -> None:
        self._strategies = dict(strategies)
        self._pool = ThreadPoolExecutor(
            max_workers=max(4, 4 * len(self._strategies)), thread_name_prefix="switch"
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

    def apply(self, *, present: str | None = None, absent: str | None = None) -> Apply:
        """Make every switch take over the storage, and check that it did.

        ``present`` is an extension that each must know afterwards, ``absent`` one
        that none may know.  Never raises: what went wrong is in the outcomes.
        """

        def task(strategy: ReloadStrategy) -> str:
            return _apply_one(strategy, present=present, absent=absent)

        return Apply(self._run(task))

    def ping(self, *, limit: float = math.inf) -> tuple[SwitchOutcome, ...]:
        """Ask every switch for a sign of life, within ``limit`` seconds if that is shorter."""
        return self._run(
            lambda strategy: strategy.ping(timeout=min(strategy.timeout, limit)), limit
        )

    def _run(
        self, task: Callable[[ReloadStrategy], str], limit: float = math.inf
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
    name: str, strategy: ReloadStrategy, task: Callable[[ReloadStrategy], str]
) -> SwitchOutcome:
    started = time.monotonic()
    outcome: Outcome = "pending"
    try:
        outcome, detail = "applied", task(strategy)
    except SwitchRefused as error:
        outcome, detail = "refused", str(error)
    except SwitchError as error:
        detail = str(error)
    except Exception:
        # A plugin's fault. Its text may hold anything, so it goes to the log alone.
        log.exception("Switch %s: its reload plugin failed.", name)
        detail = "Its reload plugin failed; the server's log has the details."
    return SwitchOutcome(name, outcome, detail, time.monotonic() - started)


def _apply_one(strategy: ReloadStrategy, *, present: str | None, absent: str | None) -> str:
    deadline = time.monotonic() + strategy.timeout
    said = strategy.reload(timeout=strategy.timeout)
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
