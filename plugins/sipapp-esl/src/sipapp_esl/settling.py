"""A table that is updated by events, which come at once, and snapshots, which come late."""

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
        self._event_times: dict[str, float] = {}

    def put(self, key: str, entry: T, now: float) -> None:
        """Add or replace an entry, by an event."""
        self.entries[key] = entry
        self._event_times[key] = now

    def drop(self, key: str, now: float) -> T | None:
        """Remove an entry, by an event; returns the entry, if it was there."""
        self._event_times[key] = now
        return self.entries.pop(key, None)

    def replace(self, snapshot: Mapping[str, T], now: float) -> None:
        """Replace all entries by a snapshot, except for those of recent events, which are newer."""
        self._event_times = {
            key: at for key, at in self._event_times.items() if now - at <= MAX_SNAPSHOT_LAG_S
        }
        fresh = {key: self.entries[key] for key in self._event_times if key in self.entries}
        settled = {key: entry for key, entry in snapshot.items() if key not in self._event_times}
        self.entries = settled | fresh
