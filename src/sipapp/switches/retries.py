"""Retries, in the background, on the switches that are behind."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from threading import Condition, Thread

from sipapp.storages.view import StorageView
from sipapp.switches.tracker import SwitchTracker


class Retries:
    """A thread that starts each retry when it is due; the retries run in a pool."""

    def __init__(
        self,
        switches: Iterable[SwitchTracker],
        pool: Executor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._switches = tuple(switches)
        self._pool = pool
        self._clock = clock
        self._storage: StorageView | None = None
        self._changed = Condition()
        self._thread: Thread | None = None

    def start(self, storage: StorageView) -> None:
        """Start the thread, if there are switches."""
        self._storage = storage
        if self._switches and self._thread is None:
            self._thread = Thread(target=self._run, name="switch-retries", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; retries that are under way come to their own end."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def wake(self) -> None:
        """Recompute the next retry time."""
        with self._changed:
            self._changed.notify_all()

    def step(self) -> Sequence["Future[None]"]:
        """Start the retries that are due now."""
        now = self._clock()
        return [
            self._pool.submit(self._retry, switch)
            for switch in self._switches
            if switch.start_retry(now)
        ]

    def _run(self) -> None:
        with self._changed:
            while self._thread is not None:
                self.step()
                due = [at for switch in self._switches if (at := switch.due) is not None]
                left = min(due) - self._clock() if due else None
                self._changed.wait(left if left is None else max(0.0, left))

    def _retry(self, switch: SwitchTracker) -> None:
        switch.retry(self._storage)
        self.wake()
