"""A limit of concurrency: what may hang or take long never takes all threads of the server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """A semaphore: its queue has a limit, its waiters have a timeout.  For several threads."""

    def __init__(
        self,
        places: int,
        error: Callable[[], Exception],
        *,
        patience: float,
        waiting: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``waiting`` threads at most wait for a place, ``patience`` seconds at most.

        ``error`` makes what others get.
        """
        self._free = places
        self._error = error
        self._patience = patience
        self._may_wait = waiting
        self._clock = clock
        self._changed = Condition()
        self._waiting = 0
        self._moved = clock()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have a place inside; raises the error if there is none.

        It does so at once if nobody has come or gone for as long as one would wait: what the
        others do there hangs.
        """
        with self._changed:
            if not self._free:
                self._wait()
            self._free -= 1
            self._moved = self._clock()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._moved = self._clock()
                self._changed.notify()

    def _wait(self) -> None:
        if self._waiting == self._may_wait or self._clock() - self._moved >= self._patience:
            raise self._error()
        self._waiting += 1
        try:
            if not self._changed.wait_for(lambda: self._free > 0, self._patience):
                raise self._error()
        finally:
            self._waiting -= 1
