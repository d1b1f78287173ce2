"""A readers-writer lock with writer preference, whose shared side knows of overlaps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition


class LockTimeout(Exception):
    """The lock was not free within the time limit."""


class SharedHold:
    """One hold of the shared side; ``overlapped`` says whether there were others during it."""

    def __init__(self) -> None:
        self.overlapped = False


class SharedExclusiveLock:
    """Any number of holders of the shared side, or one of the exclusive side.

    A thread that waits for the exclusive side goes before threads that ask for the shared
    side later.  For several threads; not reentrant.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._shared: set[SharedHold] = set()
        self._exclusive_waiting = 0
        self._is_exclusive = False

    @contextmanager
    def shared(self, timeout: float) -> Iterator[SharedHold]:
        """Hold the shared side.  Raises ``LockTimeout`` after ``timeout`` seconds."""
        hold = SharedHold()
        with self._changed:
            self._wait(lambda: not self._is_exclusive and not self._exclusive_waiting, timeout)
            self._shared.add(hold)
            if len(self._shared) > 1:
                for each in self._shared:
                    each.overlapped = True
        try:
            yield hold
        finally:
            with self._changed:
                self._shared.remove(hold)
                self._changed.notify_all()

    @contextmanager
    def exclusive(self, timeout: float) -> Iterator[None]:
        """Hold the exclusive side.  Raises ``LockTimeout`` after ``timeout`` seconds."""
        with self._changed:
            self._exclusive_waiting += 1
            try:
                self._wait(lambda: not self._is_exclusive and not self._shared, timeout)
            finally:
                self._exclusive_waiting -= 1
                self._changed.notify_all()
            self._is_exclusive = True
        try:
            yield
        finally:
            with self._changed:
                self._is_exclusive = False
                self._changed.notify_all()

    def _wait(self, condition: Callable[[], bool], timeout: float) -> None:
        if not self._changed.wait_for(condition, timeout):
            raise LockTimeout
