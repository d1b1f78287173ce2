"""Checks that may hang: each runs in a thread of its own, and nobody has to wait for it."""

import logging
import time
from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import Literal

State = Literal["ok", "fault", "asking"]
"""What is known of something; ``asking``: it has not answered yet, and there is still time."""

log = logging.getLogger(__name__)


class Probe:
    """One check, and what it said last.  For several threads.

    It is run again only when it has ended: one that never does keeps one thread, not more.
    """

    def __init__(
        self,
        name: str,
        check: Callable[[], bool],
        limit: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``name`` is for the log.  A check that takes ``limit`` seconds is a fault."""
        self.check = check
        self._name = name
        self._limit = limit
        self._clock = clock
        self._lock = Lock()
        self._thread: Thread | None = None
        self._began = 0.0
        self._ended: float | None = None
        self._well = False
        self._told = False

    def begin(self, keep: float) -> bool:
        """Run the check, unless it runs, or ended less than ``keep`` seconds ago; says whether."""
        with self._lock:
            now = self._clock()
            if self._thread is not None or (self._ended is not None and now - self._ended < keep):
                return False
            self._began, self._told = now, False
            # A daemon: what hangs must not keep the server from ending.
            self._thread = Thread(target=self._run, name="probe", daemon=True)
            self._thread.start()
            return True

    def wait(self, seconds: float) -> None:
        """Wait for the end of a check that runs."""
        thread = self._thread
        if thread is not None:
            thread.join(max(0.0, seconds))

    @property
    def state(self) -> State:
        """What the check said last; a fault if it has been running for too long."""
        with self._lock:
            if self._thread is not None and self._clock() - self._began >= self._limit:
                self._tell()
                return "fault"
            if self._ended is None:
                return "asking"
            return "ok" if self._well else "fault"

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            log.warning("%s has not answered for %.0f s.", self._name, self._limit)

    def _run(self) -> None:
        well = False
        try:
            well = self.check()
        except Exception:
            log.exception("%s failed.", self._name)
        finally:
            with self._lock:
                self._ended, self._thread = self._clock(), None
                self._well = well and self._ended - self._began < self._limit


def refresh(probes: Iterable[Probe], *, keep: float, deadline: float) -> None:
    """Run the checks that ended ``keep`` seconds ago or longer.

    Whoever made a check run waits for its end, until ``deadline`` of the monotonic clock;
    others come at once.
    """
    for each in [probe for probe in probes if probe.begin(keep)]:
        each.wait(deadline - time.monotonic())
