"""Reloads of one switch: one at a time, and one for all changes that wait for it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from threading import BoundedSemaphore, Condition, Lock
from typing import Final

from sipapp.model.errors import SwitchTimeout

PATIENCE: Final = 0.25
"""Seconds that a reload is held back, at most, for changes that are being stored."""

QUESTIONS: Final = 4
"""Questions to one switch at the same time: FreeSWITCH's Event Socket has a backlog of five
(mod_event_socket.c:2979), and a connection beyond may hang."""


class PendingWrites:
    """Counts the changes that are being stored now: a reload had better wait for them."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = Condition()

    def begin(self) -> None:
        """A change begins to be stored."""
        with self._changed:
            self._count += 1

    def end(self) -> None:
        """It is stored, or failed."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self, timeout: float) -> None:
        """Wait until nothing is being stored, at most ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, timeout)


class ReloadTicket:
    """A place in one reload, which has not begun yet when the place is taken."""

    def __init__(
        self, queue: "ReloadQueue", reload: "Future[str]", number: int, *, leads: bool
    ) -> None:
        """``number`` counts the reloads of the switch."""
        self.number = number
        self._queue = queue
        self._reload = reload
        self._leads = leads

    def wait(self, *, deadline: float) -> str:
        """What the switch said to that reload.  Raises what the reload raised, ``SwitchTimeout``.

        ``deadline`` is by the monotonic clock.  Everybody who has a place must call this:
        the one who took the first place is the one who reloads.  Once it is over, it can be
        asked again.
        """
        if self._leads and not self._reload.done():
            self._queue.run(self._reload, deadline)
        done, _ = wait([self._reload], timeout=max(0.0, deadline - time.monotonic()))
        if not done:
            raise SwitchTimeout("No answer within the time limit.")
        return self._reload.result()


class ReloadQueue:
    """Who wants a reload of one switch.

    A reload takes over what was stored before it began, and nothing else is sure.  So
    whoever comes while one is under way gets the next one, together with all others
    that have come meanwhile.
    """

    def __init__(self, reload: Callable[[float], str], storing: PendingWrites) -> None:
        """``reload`` is called with a time limit in seconds."""
        self._do = reload
        self._storing = storing
        self._next: Future[str] | None = None
        self._number = 0
        self._lock = Lock()
        self._busy = Lock()
        self._questions = BoundedSemaphore(QUESTIONS)

    def join(self) -> ReloadTicket:
        """Take a place in the next reload that begins."""
        with self._lock:
            leads = self._next is None
            if self._next is None:
                self._next = Future()
                self._number += 1
            return ReloadTicket(self, self._next, self._number, leads=leads)

    @contextmanager
    def questions(self, *, deadline: float) -> Iterator[None]:
        """Ask the switch inside, with few others at the same time.  Raises ``SwitchTimeout``."""
        if not self._questions.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise SwitchTimeout("The switch was too busy to be asked within the time limit.")
        try:
            yield
        finally:
            self._questions.release()

    def run(self, reload: "Future[str]", deadline: float) -> None:
        """Reload as soon as it may begin, and tell everybody who has a place in it."""
        try:
            with self._alone(deadline):
                self._storing.wait(min(PATIENCE, max(0.0, deadline - time.monotonic())))
                self._close(reload)
                said = self._do(max(0.0, deadline - time.monotonic()))
        except BaseException as error:
            self._close(reload)
            reload.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            reload.set_result(said)

    def _close(self, reload: "Future[str]") -> None:
        """Let nobody join any more."""
        with self._lock:
            if self._next is reload:
                self._next = None

    @contextmanager
    def _alone(self, deadline: float) -> Iterator[None]:
        if not self._busy.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise SwitchTimeout("An earlier reload has not come to an end within the time limit.")
        try:
            yield
        finally:
            self._busy.release()
