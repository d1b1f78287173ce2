"""Wait for what another thread or process does."""

import time
from collections.abc import Callable
from typing import Final

DEADLINE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.01


def eventually(holds: Callable[[], object], what: str = "it did not come true") -> None:
    """Return as soon as something holds.

    Raises ``AssertionError`` when it does not within :data:`DEADLINE_SECONDS`, which is long
    enough for a machine that has much else to do.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(_POLL_SECONDS)
