"""The queue of reloads of one switch: one reload at a time, shared by all changes that wait."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Condition, Lock
from typing import Final

from sipapp.model.errors import SwitchTimeout
from sipapp.switches.change_set import ChangeSet

MAX_HOLD_BACK_S: Final = 0.25
"""Seconds that a reload waits, at most, for writes in progress."""


class PendingWrites:
    """The number of writes in progress.

    A reload waits briefly for them, so that one reload covers all.
    """

    def __init__(self) -> None:
        self._count = 0
        self._changed = Condition()

    def begin(self) -> None:
        """Count a write that begins."""
        with self._changed:
            self._count += 1

    def end(self) -> None:
        """Count a write that ended, well or not."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self, timeout: float) -> None:
        """Wait until no write is in progress, at most ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, timeout)


class ReloadTicket:
    """A claim to the result of one reload, which began after the ticket was given.

    A ticket with a higher ``number`` was given later.
    """

    def __init__(self, number: int, reload: "Future[str]") -> None:
        self.number = number
        self._reload = reload

    def wait(self, *, deadline: float) -> str:
        """What the switch said to that reload.  Raises what the reload raised, ``SwitchTimeout``.

        ``deadline`` is by the monotonic clock.  May be called any number of times.
        """
        done, _ = wait([self._reload], timeout=max(0.0, deadline - time.monotonic()))
        if done:
            return self._reload.result()
        if self._reload.running():
            raise SwitchTimeout("No answer within the time limit.")
        raise _earlier_reload_hangs()


class ReloadQueue:
    """Runs the reloads of one switch in a worker thread.

    A reload takes over what was stored before it began.  So a ticket that is given while one
    is under way is for the next one, which all tickets of that time share: it is about the
    changes of all of them, and those that earlier reloads failed to apply.  The first one is
    about everything.
    """

    def __init__(
        self, name: str, reload: Callable[[ChangeSet, float], str], writes: PendingWrites
    ) -> None:
        """``reload`` is called with the changes, and a time limit in seconds."""
        self._reload = reload
        self._writes = writes
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"reload-{name}")
        self._lock = Lock()
        self._next: Future[str] | None = None
        self._next_deadline = 0.0
        self._changes = ChangeSet(everything=True)
        self._number = 0

    def enqueue(self, changes: ChangeSet, *, deadline: float) -> ReloadTicket:
        """Get a ticket for the next reload that begins, which will apply these changes.

        That has time until the latest deadline of its tickets, by the monotonic clock.
        """
        with self._lock:
            if self._next is None:
                self._next = self._worker.submit(self._run)
                self._next_deadline = deadline
            self._next_deadline = max(deadline, self._next_deadline)
            self._changes = self._changes.merged_with(changes)
            self._number += 1
            return ReloadTicket(self._number, self._next)

    def close(self) -> None:
        """Give no more tickets; what has been enqueued still runs."""
        self._worker.shutdown(wait=False)

    def _run(self) -> str:
        self._writes.wait(MAX_HOLD_BACK_S)
        with self._lock:
            self._next = None
            left = self._next_deadline - time.monotonic()
            if left <= 0:
                raise _earlier_reload_hangs()
            changes, self._changes = self._changes, ChangeSet()
        try:
            return self._reload(changes, left)
        except BaseException:
            with self._lock:
                self._changes = changes.merged_with(self._changes)
            raise


def _earlier_reload_hangs() -> SwitchTimeout:
    return SwitchTimeout("An earlier reload has not come to an end within the time limit.")
