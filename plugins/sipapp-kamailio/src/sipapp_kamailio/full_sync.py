"""Synchronisations of the whole table in the background: of a million extensions, in seconds."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from typing import Final

from sipapp.api import Extension, StorageError, SwitchTimeout

COUNTED: Final = 1000
"""Extensions after which the progress is noted."""


class FullSync:
    """One synchronisation, in a thread of its own."""

    def __init__(self, revision: str, work: Callable[["FullSync"], str]) -> None:
        """``revision`` is the storage's, before any of it is read; empty if it does not tell."""
        self.revision = revision
        self.given_up = False
        """Whether a caller that wants all has stopped waiting for it; that one comes again."""
        self._read = 0
        self._work = work
        self._result: Future[str] = Future()
        threading.Thread(target=self._run, name="kamailio-sync", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it has not come to an end yet."""
        return not self._result.done()

    @property
    def failed(self) -> bool:
        """Whether it has ended with an error."""
        return not self.running and self._result.exception() is not None

    @property
    def progress(self) -> str:
        """How far it is, for people."""
        return (
            "Kamailio's table is being compared with the stored extensions "
            f"(some {self._read:,} so far). That goes on in the background."
        )

    def wait(self, timeout: float) -> str:
        """What it says at its end.  Raises what it raises, and ``SwitchTimeout``."""
        wait([self._result], max(0.0, timeout))
        if self.running:
            raise SwitchTimeout(self.progress)
        return self._result.result()

    def counted(self, extensions: Iterable[Extension]) -> Iterator[Extension]:
        """The extensions, with the progress noted."""
        for number, each in enumerate(extensions, 1):
            if number % COUNTED == 0:
                self._read = number
            yield each

    def _run(self) -> None:
        try:
            self._result.set_result(self._work(self))
        except BaseException as error:  # noqa: BLE001  (it is raised where it is waited for)
            self._result.set_exception(error)


class FullSyncs:
    """Begins full synchronisations, one at a time, and shares them between callers.

    A caller that gave up waiting comes again, and gets the end of the synchronisation that it
    began: a table that takes longer than a change may would otherwise never be taken over.
    """

    def __init__(self, revision: Callable[[], str], work: Callable[[FullSync], str]) -> None:
        self._revision = revision
        self._work = work
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._last: FullSync | None = None

    @property
    def running(self) -> FullSync | None:
        """The synchronisation that is under way, if one is."""
        last = self._last
        return last if last is not None and last.running else None

    def begin(self) -> FullSync:
        """Begin another, which waits for the end of the one before."""
        with self._lock:
            return self._begin()

    def join(self, timeout: float) -> str:
        """Wait for the one that is under way, if there is none for another, as :meth:`all`."""
        with self._lock:
            sync = self.running or self._begin()
        return sync.wait(timeout)

    def all(self, timeout: float) -> str:
        """Wait for one that reads all that is stored now; returns what it says.

        Raises what it raises, and ``SwitchTimeout``: then it goes on, and the next call gets
        its end.
        """
        with self._lock:
            sync = self._next()
            is_later = sync.given_up
        try:
            said = sync.wait(timeout)
        except SwitchTimeout:
            sync.given_up = True
            raise
        with self._lock:
            if self._last is sync:
                self._last = None
                if is_later and sync.revision != self._current():
                    # It may have read before another program than sipapp changed something.
                    self._begin()
        return said

    def finish(self, timeout: float) -> None:
        """Wait for the end of what was begun."""
        if self._alone.acquire(timeout=timeout):
            self._alone.release()

    def _next(self) -> FullSync:
        last = self._last
        if last is not None and not last.failed:
            is_current = last.revision != "" and last.revision == self._current()
            if last.given_up or is_current:
                return last
        return self._begin()

    def _begin(self) -> FullSync:
        self._last = FullSync(self._current(), self._one_at_a_time)
        return self._last

    def _one_at_a_time(self, sync: FullSync) -> str:
        with self._alone:
            return self._work(sync)

    def _current(self) -> str:
        try:
            return self._revision()
        except StorageError:
            return ""
