"""Conference rooms of the switch that nobody else uses."""

import secrets
import string
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from threading import Lock
from typing import Final

KEEP: Final = 300.0
"""Seconds that a room is kept for whom it was given: until then its calls have arrived."""
PER_EXTENSION: Final = 4
"""Rooms that are kept for one extension: it could otherwise have all of them."""
CAPACITY: Final = 10_000
_LETTERS: Final = string.ascii_lowercase + string.digits


class Rooms:
    """Gives out numbers of rooms.  For several threads, in bounded memory."""

    def __init__(self, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._prefix = prefix
        self._clock = clock
        self._given: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = Lock()

    def give(self, extension: str, in_use: Collection[str]) -> str | None:
        """A room that is neither in use nor given to somebody lately; ``None`` if there is none."""
        with self._lock:
            self._forget(extension.casefold())
            room = self._draw(in_use)
            if room is not None:
                self._given[room] = (extension.casefold(), self._clock() + KEEP)
            return room

    def _forget(self, extension: str) -> None:
        while self._given and (
            len(self._given) >= CAPACITY or next(iter(self._given.values()))[1] <= self._clock()
        ):
            self._given.popitem(last=False)
        own = [room for room, (owner, _) in self._given.items() if owner == extension]
        for room in own[: max(0, len(own) + 1 - PER_EXTENSION)]:
            del self._given[room]

    def _draw(self, in_use: Collection[str]) -> str | None:
        taken = {*in_use, *self._given}
        if not self._prefix.isdecimal():
            return self._prefix + "".join(secrets.choice(_LETTERS) for _ in range(8))
        free = [room for each in range(100) if (room := f"{self._prefix}{each:02}") not in taken]
        return secrets.choice(free) if free else None
