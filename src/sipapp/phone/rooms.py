"""Reservations of conference rooms."""

import secrets
import string
from collections.abc import Container, Sequence
from typing import Final

from sipapp.model.extension import fold_id
from sipapp.state.shared import ClaimSet, SharedState

ROOM_RESERVATION_S: Final = 300.0
"""How long a room is reserved for the extension that asked: until then its calls have arrived."""
MAX_ROOMS_PER_EXTENSION: Final = 4
"""Reservations of one extension: it could otherwise have all rooms."""
MAX_ROOMS: Final = 10_000
"""Reservations in all; a further one takes the place of the oldest."""
_RESERVED: Final = ClaimSet(
    "conference rooms",
    ROOM_RESERVATION_S,
    MAX_ROOMS,
    max_per_owner=MAX_ROOMS_PER_EXTENSION,
    drops_oldest=True,
)
_LETTERS: Final = string.ascii_lowercase + string.digits


class Rooms:
    """Reserves rooms.  For several threads and processes."""

    def __init__(self, prefix: str, state: SharedState) -> None:
        self._prefix = prefix
        self._state = state

    def reserve(self, extension: str, in_use: Container[str]) -> str | None:
        """A room that is neither in use nor reserved; ``None`` if there is none."""
        rooms = [room for room in self._draw() if room not in in_use]
        return self._state.claim(_RESERVED, rooms, owner=fold_id(extension))

    def _draw(self) -> Sequence[str]:
        """Rooms in a random order."""
        if not self._prefix.isdecimal():
            return [self._prefix + "".join(secrets.choice(_LETTERS) for _ in range(8))]
        rooms = [f"{self._prefix}{each:02}" for each in range(100)]
        return secrets.SystemRandom().sample(rooms, len(rooms))
