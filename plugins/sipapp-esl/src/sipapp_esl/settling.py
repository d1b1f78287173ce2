"""Entries that events tell at once, and snapshots tell whole but late."""

from collections.abc import Mapping
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MAX_SNAPSHOT_LAG_S: Final = 3.0
"""Seconds that a snapshot may lag behind events: FreeSWITCH queues what it writes to its
database, which snapshots are made of."""


class Settling(Generic[T]):
    """A table of entries by key.  Every ``now`` is a time of ``time.monotonic()``."""

    def __init__(self) -> None:
        self.entries: dict[str, T] = {}
        self._told: dict[str, float] = {}

    def put(self, key: str, entry: T, now: float) -> None:
        """An event told of this entry."""
        self.entries[key] = entry
        self._told[key] = now

    def drop(self, key: str, now: float) -> bool:
        """An event told that this entry is gone; says whether it was there."""
        self._told[key] = now
        return self.entries.pop(key, None) is not None

    def replace(self, snapshot: Mapping[str, T], now: float) -> None:
        """A snapshot told all entries; where an event has just told otherwise, that is true."""
        self._told = {key: at for key, at in self._told.items() if now - at <= MAX_SNAPSHOT_LAG_S}
        fresh = {key: self.entries[key] for key in self._told if key in self.entries}
        settled = {key: entry for key, entry in snapshot.items() if key not in self._told}
        self.entries = settled | fresh
