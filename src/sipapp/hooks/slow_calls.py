"""Warnings in the log of plugins whose calls take long."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Final

SLOW_CALL_S: Final = 2.0
"""Seconds after which a call of a plugin is warned of, while it still runs."""
WARNING_PAUSE_S: Final = 60.0
"""Seconds until the same hook of the same plugin is warned of again."""

log = logging.getLogger(__name__)


class SlowCalls:
    """Watches calls of plugins, each with a timer.  For several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._warned_at: dict[tuple[str, str], float] = {}

    @contextmanager
    def watch(self, plugin: str, hook: str) -> Iterator[None]:
        """Warn if the block takes longer than :data:`SLOW_CALL_S`."""
        timer = Timer(SLOW_CALL_S, self._warn, (plugin, hook))
        # It must not keep the server from ending.
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _warn(self, plugin: str, hook: str) -> None:
        now = self._clock()
        with self._lock:
            last = self._warned_at.get((plugin, hook))
            if last is not None and now - last < WARNING_PAUSE_S:
                return
            self._warned_at[plugin, hook] = now
        log.warning(
            "Plugin %s takes longer than %.0f s in %s, and the caller waits for it.",
            plugin,
            SLOW_CALL_S,
            hook,
        )
