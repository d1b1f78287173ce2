"""What hangs in tests of what others see meanwhile."""

from contextlib import contextmanager
from threading import Event

from sipapp.testing.waiting import eventually


class Hanging:
    """Hangs in each of its threads, until the test lets it go; then it does what `end` does."""

    def __init__(self, end=lambda: "late"):
        self.begun = 0
        self.free = Event()
        self._end = end

    def __call__(self, *_, **__):
        self.begun += 1
        assert self.free.wait(60)
        return self._end()

    @contextmanager
    def seen(self, times=1):
        """It was called so often when this begins, and goes on when it ends."""
        try:
            eventually(lambda: self.begun >= times)
            yield
        finally:
            self.free.set()
