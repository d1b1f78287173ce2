"""Reservations of conference rooms."""

import secrets
import string
import time
from collections import OrderedDict
from collections.abc import Callable, Container
from threading import Lock
from typing import Final

from sipapp.model.extension import fold_id

ROOM_RESERVATION_S: Final = 300.0
"""How long a room is reserved for the extension that asked: until then its calls have arrived."""
MAX_ROOMS_PER_EXTENSION: Final = 4
"""Reservations of one extension: it could otherwise have all rooms."""
MAX_ROOMS: Final = 10_000
"""Reservations in all; a further one takes the place of the oldest."""
_LETTERS: Final = string.ascii_lowercase + string.digits


class Rooms:
    """Reserves rooms.  For several threads, in bounded memory, in constant time."""

    def __init__(
        self,
        prefix: str,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = MAX_ROOMS,
    ) -> None:
        self._prefix = prefix
        self._clock = clock
        self._capacity = capacity
        self._reserved: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """Owner and end of each reservation, the oldest first."""
        self._rooms_of: dict[str, list[str]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """How many rooms are reserved."""
        return len(self._reserved)

    def reserve(self, extension: str, in_use: Container[str]) -> str | None:
        """A room that is neither in use nor reserved; ``None`` if there is none."""
        owner = fold_id(extension)
        with self._lock:
            self._drop_expired()
            own = self._rooms_of.get(owner, [])
            if len(own) >= MAX_ROOMS_PER_EXTENSION:
                self._drop(own[0])
            room = self._draw(in_use)
            if room is not None:
                self._reserved[room] = (owner, self._clock() + ROOM_RESERVATION_S)
                self._rooms_of.setdefault(owner, []).append(room)
            return room

    def _drop_expired(self) -> None:
        now = self._clock()
        while self._reserved:
            room, (_, end) = next(iter(self._reserved.items()))
            if end > now and len(self._reserved) < self._capacity:
                return
            self._drop(room)

    def _drop(self, room: str) -> None:
        owner, _ = self._reserved.pop(room)
        self._rooms_of[owner].remove(room)
        if not self._rooms_of[owner]:
            del self._rooms_of[owner]

    def _draw(self, in_use: Container[str]) -> str | None:
        if not self._prefix.isdecimal():
            return self._prefix + "".join(secrets.choice(_LETTERS) for _ in range(8))
        rooms = (f"{self._prefix}{each:02}" for each in range(100))
        free = [room for room in rooms if room not in in_use and room not in self._reserved]
        return secrets.choice(free) if free else None
