"""What hangs in tests of what others see meanwhile."""

import time
from contextlib import contextmanager
from threading import Event


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
            deadline = time.monotonic() + 30
            while self.begun < times:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            yield
        finally:
            self.free.set()
