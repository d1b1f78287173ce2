"""Live status by page: counts, pages of registrations and calls, and those of extensions."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from sipapp.model.aliases import NO_ALIASES, Aliases
from sipapp.model.live import Call, LiveStatus, Registration
from sipapp.storages.query import Page
from sipapp.switches.live_table import LiveTable

LIVE_PAGE: Final = 50
"""Registrations or calls on a page."""
_READ_AT_ONCE: Final = 500

_NO_REGISTRATIONS: Final[LiveTable[Registration]] = LiveTable.of()
_NO_CALLS: Final[LiveTable[Call]] = LiveTable.of()

T = TypeVar("T", bound=Registration | Call)


@dataclass(frozen=True)
class LiveSummary:
    """Counts of the live status of one switch; the other fields as in ``LiveStatus``."""

    source: str
    since: float
    fresh: bool = True
    fault: str = ""
    registrations: int | None = None
    calls: int | None = None
    notes: Sequence[str] = ()


class LiveView(ABC):
    """The live status of one switch, by page.  It does not change once it was given.

    Pages hold what has ``text`` in one of its values, in any case of letters, and have cursors as
    those of storages; a cursor that is none raises ``InvalidCursor``.  Registrations
    are sorted by extension, calls by the time of their begin.
    """

    summary: LiveSummary
    version: str
    """A mark, for ``ETag``: it differs after any change."""

    @abstractmethod
    def registrations(
        self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE
    ) -> Page[Registration]:
        """Return a page of the phones that are registered, empty if that is not known."""

    @abstractmethod
    def calls(self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE) -> Page[Call]:
        """Return a page of the calls that are up, empty if that is not known."""

    @abstractmethod
    def registrations_of(
        self, extension_ids: Collection[str]
    ) -> Mapping[str, Sequence[Registration]]:
        """Return the registrations of each of these extensions that has any."""

    @abstractmethod
    def calls_of(self, extension_ids: Collection[str]) -> Mapping[str, Sequence[Call]]:
        """Return the calls of each of these extensions that has any."""

    @abstractmethod
    def registration(self, registration_id: str) -> Registration | None:
        """Return the registration of this id, if there is one."""

    @abstractmethod
    def call(self, call_id: str) -> Call | None:
        """Return the call of this id, if there is one."""

    def all_registrations(self) -> Iterator[Registration]:
        """Yield every registration, page by page."""
        after, more = "", True
        while more:
            page = self.registrations(after=after, limit=_READ_AT_ONCE)
            yield from page.items
            after, more = page.after, bool(page.after)

    def all_calls(self) -> Iterator[Call]:
        """Yield every call, page by page."""
        after, more = "", True
        while more:
            page = self.calls(after=after, limit=_READ_AT_ONCE)
            yield from page.items
            after, more = page.after, bool(page.after)


class IndexedLive(LiveView):
    """What one switch tells now, of tables that are indexed already."""

    def __init__(
        self,
        summary: LiveSummary,
        registrations: LiveTable[Registration] | None = None,
        calls: LiveTable[Call] | None = None,
    ) -> None:
        """``summary`` without counts, which are the tables'; ``None`` for what is not known."""
        self.version = secrets.token_hex(8)
        self._parts = summary, registrations, calls
        self.summary = replace(
            summary,
            registrations=None if registrations is None else len(registrations),
            calls=None if calls is None else len(calls),
        )
        self._registrations = _NO_REGISTRATIONS if registrations is None else registrations
        self._calls = _NO_CALLS if calls is None else calls

    def updated(
        self,
        summary: LiveSummary,
        registrations: LiveTable[Registration] | None = None,
        calls: LiveTable[Call] | None = None,
    ) -> "IndexedLive":
        """A view of these; this one, whose version browsers know, if it tells the same.

        A table is the same only if it is the same object, which ``LiveTable`` sees to.
        """
        if (summary, registrations, calls) == self._parts:
            return self
        return IndexedLive(summary, registrations, calls)

    def registrations(
        self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE
    ) -> Page[Registration]:
        return self._registrations.page(text, after, limit)

    def calls(self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE) -> Page[Call]:
        return self._calls.page(text, after, limit)

    def registrations_of(
        self, extension_ids: Collection[str]
    ) -> Mapping[str, Sequence[Registration]]:
        return self._registrations.of_extensions(extension_ids)

    def calls_of(self, extension_ids: Collection[str]) -> Mapping[str, Sequence[Call]]:
        return self._calls.of_extensions(extension_ids)

    def registration(self, registration_id: str) -> Registration | None:
        return self._registrations.get(registration_id)

    def call(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)


class ListedLive(IndexedLive):
    """The adapter for a strategy that tells all registrations and calls at once."""

    def __init__(self, status: LiveStatus) -> None:
        super().__init__(
            LiveSummary(
                status.source, status.since, status.fresh, status.fault, notes=status.notes
            ),
            None if status.registrations is None else LiveTable.of(status.registrations),
            None if status.calls is None else LiveTable.of(status.calls),
        )


@dataclass(frozen=True)
class LiveOverview:
    """What all switches tell now, by name; ``None`` for one that does not tell such things.

    ``aliases`` are those whose registrations and calls are there as their extension's.
    """

    switches: Sequence[tuple[str, LiveView | None]]
    aliases: Aliases = NO_ALIASES

    @property
    def version(self) -> str:
        """A mark of all of it, for ``ETag``."""
        return "-".join(view.version if view else "none" for _, view in self.switches)

    @property
    def views(self) -> Sequence[LiveView]:
        """The views of the switches with a live status."""
        return [view for _, view in self.switches if view is not None]

    @property
    def has_registrations(self) -> bool:
        """Whether the registrations of any switch are known now."""
        return any(view.summary.registrations is not None for view in self.views)

    @property
    def has_calls(self) -> bool:
        """Whether the calls of any switch are known now."""
        return any(view.summary.calls is not None for view in self.views)

    @property
    def lost(self) -> Sequence[str]:
        """The names of the switches whose live status is not known now."""
        return [name for name, view in self.switches if view and not view.summary.fresh]

    def registrations_of(
        self, extension_ids: Collection[str]
    ) -> Mapping[str, Sequence[Registration]]:
        """The registrations of each; what two names of one switch tell is there once."""
        return _merged(view.registrations_of(extension_ids) for view in self.views)

    def calls_of(self, extension_ids: Collection[str]) -> Mapping[str, Sequence[Call]]:
        """The calls of each; what two names of one switch tell is there once."""
        return _merged(view.calls_of(extension_ids) for view in self.views)


def _merged(grouped: Iterable[Mapping[str, Sequence[T]]]) -> Mapping[str, Sequence[T]]:
    found: dict[str, dict[str, T]] = {}
    for by_extension in grouped:
        for name, items in by_extension.items():
            for each in items:
                found.setdefault(name, {}).setdefault(each.id, each)
    return {name: list(items.values()) for name, items in found.items()}
