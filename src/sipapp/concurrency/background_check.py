"""Health checks that may hang: each runs in a thread of its own, and its last result is kept."""

import logging
import time
from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import Final, Literal

State = Literal["ok", "fault", "asking"]
"""The result of a check; ``asking``: the first run has not ended, and has still time to."""

WARNING_PAUSE_S: Final = 60.0
"""Seconds until the same check is warned of again."""

log = logging.getLogger(__name__)


class BackgroundCheck:
    """One check, and the result of its last run.  For several threads.

    At most one run at a time: a check that hangs for ever keeps one thread, not more.
    """

    def __init__(
        self,
        name: str,
        check: Callable[[], bool],
        limit: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``name`` is for the log.  A run that takes ``limit`` seconds or more is a fault."""
        self.check = check
        self._name = name
        self._limit = limit
        self._clock = clock
        self._lock = Lock()
        self._thread: Thread | None = None
        self._started_at = 0.0
        self._ended_at: float | None = None
        self._passed = False
        self._warned_at: float | None = None

    def begin(self, keep: float) -> bool:
        """Start a run, and say whether one was started.

        None is while one is under way, or for ``keep`` seconds after the last one ended.
        """
        with self._lock:
            now = self._clock()
            is_fresh = self._ended_at is not None and now - self._ended_at < keep
            if self._thread is not None or is_fresh:
                return False
            self._started_at = now
            # A daemon: a check that hangs must not keep the server from ending.
            self._thread = Thread(target=self._run, name="background-check", daemon=True)
            self._thread.start()
            return True

    def wait(self, seconds: float) -> None:
        """Wait for the end of the run that is under way, at most ``seconds``."""
        thread = self._thread
        if thread is not None:
            thread.join(max(0.0, seconds))

    @property
    def state(self) -> State:
        """The result of the last run; a fault if one is under way for too long."""
        with self._lock:
            if self._thread is not None and self._clock() - self._started_at >= self._limit:
                self._log_timeout()
                return "fault"
            if self._ended_at is None:
                return "asking"
            return "ok" if self._passed else "fault"

    def _log_timeout(self) -> None:
        now = self._clock()
        if self._warned_at is None or now - self._warned_at >= WARNING_PAUSE_S:
            self._warned_at = now
            log.warning("%s has not answered for %.0f s.", self._name, self._limit)

    def _run(self) -> None:
        passed = False
        try:
            passed = self.check()
        except Exception:
            log.exception("%s failed.", self._name)
        finally:
            with self._lock:
                self._ended_at, self._thread = self._clock(), None
                self._passed = passed and self._ended_at - self._started_at < self._limit


def refresh(checks: Iterable[BackgroundCheck], *, keep: float, deadline: float) -> None:
    """Start the checks whose last run ended ``keep`` seconds ago or longer, and wait for them.

    The wait ends at ``deadline`` of the monotonic clock.  A check that another caller started
    is not waited for.
    """
    for each in [check for check in checks if check.begin(keep)]:
        each.wait(deadline - time.monotonic())
