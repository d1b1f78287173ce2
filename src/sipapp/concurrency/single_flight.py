"""Single flight: requests that ask the same at the same time share one answer."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Runs a function once for all threads that call it with one key meanwhile."""

    def __init__(self, error: Callable[[], Exception], *, timeout: float, max_waiting: int) -> None:
        """At most ``max_waiting`` threads wait for others' results, each ``timeout`` seconds.

        ``error`` makes the exception that a thread gets which would wait longer, or as one more.
        """
        self._error = error
        self._timeout = timeout
        self._max_waiting = max_waiting
        self._waiting = 0
        self._lock = Lock()
        self._running: dict[Hashable, Future[T]] = {}

    def run(self, key: Hashable, work: Callable[[], T]) -> T:
        """The result of ``work``, or of a thread with the same key; what that raised likewise."""
        with self._lock:
            running = self._running.get(key)
            if running is None:
                own = self._running[key] = Future()
            elif self._waiting == self._max_waiting:
                raise self._error()
            else:
                self._waiting += 1
        return self._lead(key, own, work) if running is None else self._follow(running)

    def _lead(self, key: Hashable, own: "Future[T]", work: Callable[[], T]) -> T:
        try:
            own.set_result(work())
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._running[key]
        return own.result()

    def _follow(self, running: "Future[T]") -> T:
        try:
            return running.result(self._timeout)
        except TimeoutError:
            raise self._error() from None
        finally:
            with self._lock:
                self._waiting -= 1
