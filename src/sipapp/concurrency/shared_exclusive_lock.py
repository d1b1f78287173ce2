"""Changes go side by side, and one that has to be sure of itself goes alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition


class Busy(Exception):
    """Others have been on the way for too long."""


class Company:
    """Whether a change had others beside it."""

    def __init__(self) -> None:
        self.crowded = False


class Lane:
    """Whoever wants to be alone waits for those on their way; who comes later waits for him.

    For several threads.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside: set[Company] = set()
        self._waiting = 0
        self._taken = False

    @contextmanager
    def beside_others(self, patience: float) -> Iterator[Company]:
        """Raises ``Busy`` after ``patience`` seconds."""
        mine = Company()
        with self._changed:
            self._wait(lambda: not self._taken and not self._waiting, patience)
            self._inside.add(mine)
            if len(self._inside) > 1:
                for each in self._inside:
                    each.crowded = True
        try:
            yield mine
        finally:
            with self._changed:
                self._inside.remove(mine)
                self._changed.notify_all()

    @contextmanager
    def alone(self, patience: float) -> Iterator[None]:
        """Raises ``Busy`` after ``patience`` seconds."""
        with self._changed:
            self._waiting += 1
            try:
                self._wait(lambda: not self._taken and not self._inside, patience)
            finally:
                self._waiting -= 1
                self._changed.notify_all()
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def _wait(self, condition: Callable[[], bool], patience: float) -> None:
        if not self._changed.wait_for(condition, patience):
            raise Busy
