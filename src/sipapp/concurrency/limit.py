"""A limit of concurrency: what may hang or take long never takes all threads of the server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition


class ConcurrencyLimit:
    """A semaphore whose queue is bounded and whose waiters have a timeout.  For several threads."""

    def __init__(
        self,
        slots: int,
        error: Callable[[], Exception],
        *,
        timeout: float,
        max_waiting: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """At most ``max_waiting`` threads wait for a slot, each at most ``timeout`` seconds.

        ``error`` makes the exception that a thread without a slot gets.
        """
        self._free = slots
        self._error = error
        self._timeout = timeout
        self._max_waiting = max_waiting
        self._clock = clock
        self._changed = Condition()
        self._waiting = 0
        self._last_change = clock()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one slot.  Raises the error if none gets free in time.

        If no slot was taken or released for ``timeout`` seconds, it raises at once: the
        holders hang.
        """
        with self._changed:
            if not self._free:
                self._wait()
            self._free -= 1
            self._last_change = self._clock()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._last_change = self._clock()
                self._changed.notify()

    def _wait(self) -> None:
        holders_hang = self._clock() - self._last_change >= self._timeout
        if self._waiting == self._max_waiting or holders_hang:
            raise self._error()
        self._waiting += 1
        try:
            if not self._changed.wait_for(lambda: self._free > 0, self._timeout):
                raise self._error()
        finally:
            self._waiting -= 1
