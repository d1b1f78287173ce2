"""Live status by page: counts, pages of registrations and calls, and those of extensions."""

import secrets
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Generic, TypeVar

from sipapp.model.extension import fold_id
from sipapp.model.live import Call, LiveStatus, Registration
from sipapp.model.text import natural_key
from sipapp.storages.query import Page, decode_cursor, encode_cursor

LIVE_PAGE: Final = 50
"""Registrations or calls on a page."""
_READ_AT_ONCE: Final = 500

T = TypeVar("T", bound=Registration | Call)
Key = tuple[str, str]


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

    def all_calls(self) -> Iterator[Call]:
        """Yield every call, page by page."""
        after, more = "", True
        while more:
            page = self.calls(after=after, limit=_READ_AT_ONCE)
            yield from page.items
            after, more = page.after, bool(page.after)


class ListedLive(LiveView):
    """The adapter for a strategy that returns all registrations and calls at once."""

    def __init__(self, status: LiveStatus) -> None:
        self._status = status
        self.version = secrets.token_hex(8)
        self.summary = LiveSummary(
            status.source,
            status.since,
            status.fresh,
            status.fault,
            None if status.registrations is None else len(status.registrations),
            None if status.calls is None else len(status.calls),
            status.notes,
        )

    def registrations(
        self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE
    ) -> Page[Registration]:
        return self._registrations.page(text, after, limit)

    def calls(self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE) -> Page[Call]:
        return self._calls.page(text, after, limit)

    def registrations_of(
        self, extension_ids: Collection[str]
    ) -> Mapping[str, Sequence[Registration]]:
        return _of(self._registrations_by_extension, extension_ids)

    def calls_of(self, extension_ids: Collection[str]) -> Mapping[str, Sequence[Call]]:
        return _of(self._calls_by_extension, extension_ids)

    def registration(self, registration_id: str) -> Registration | None:
        registrations = self._status.registrations or ()
        return next((each for each in registrations if each.id == registration_id), None)

    def call(self, call_id: str) -> Call | None:
        return next((each for each in self._status.calls or () if each.id == call_id), None)

    @cached_property
    def _registrations(self) -> "_Sorted[Registration]":
        registrations = self._status.registrations or ()
        return _Sorted(registrations, lambda each: (each.extension, each.id), _registration_texts)

    @cached_property
    def _calls(self) -> "_Sorted[Call]":
        return _Sorted(self._status.calls or (), lambda each: (repr(each.since), each.id), _texts)

    @cached_property
    def _registrations_by_extension(self) -> Mapping[str, Sequence[Registration]]:
        registrations = self._status.registrations or ()
        return _grouped((each.extension, each) for each in registrations)

    @cached_property
    def _calls_by_extension(self) -> Mapping[str, Sequence[Call]]:
        calls = self._status.calls or ()
        return _grouped((name, each) for each in calls for name in dict.fromkeys(each.extensions))


@dataclass(frozen=True)
class LiveOverview:
    """What all switches tell now, by name; ``None`` for one that does not tell such things."""

    switches: Sequence[tuple[str, LiveView | None]]

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


class _Sorted(Generic[T]):
    """Items in order of a key, of which a cursor is made."""

    def __init__(
        self, items: Iterable[T], key: Callable[[T], Key], texts: Callable[[T], Iterable[str]]
    ) -> None:
        self._items = sorted(items, key=lambda each: _order(key(each)))
        self._key = key
        self._texts = texts

    def page(self, text: str, after: str, limit: int) -> Page[T]:
        folded = text.casefold()
        found = self._items
        if folded:
            found = [
                each
                for each in found
                if any(folded in value.casefold() for value in self._texts(each))
            ]
        start = 0
        if after:
            value, item_id = decode_cursor(after, 2)
            last = _order((value, item_id))
            start = bisect_right(found, last, key=lambda each: _order(self._key(each)))
        items = found[start : start + limit]
        cursor = encode_cursor(*self._key(items[-1])) if found[start + limit :] else ""
        return Page(items, cursor, len(found))


def _order(key: Key) -> Key:
    return natural_key(key[0]), key[1]


def _registration_texts(each: Registration) -> Iterable[str]:
    return each.extension, each.address, each.transport, each.user_agent


def _texts(each: Call) -> Iterable[str]:
    return each.caller, each.caller_name, each.callee, each.codec, *each.extensions


def _grouped(items: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    found: dict[str, list[T]] = {}
    for name, each in items:
        found.setdefault(fold_id(name), []).append(each)
    return found


def _of(
    grouped: Mapping[str, Sequence[T]], extension_ids: Collection[str]
) -> Mapping[str, Sequence[T]]:
    found = {each: grouped.get(fold_id(each), ()) for each in extension_ids}
    return {each: items for each, items in found.items() if items}


def _merged(grouped: Iterable[Mapping[str, Sequence[T]]]) -> Mapping[str, Sequence[T]]:
    found: dict[str, dict[str, T]] = {}
    for by_extension in grouped:
        for name, items in by_extension.items():
            for each in items:
                found.setdefault(name, {}).setdefault(each.id, each)
    return {name: list(items.values()) for name, items in found.items()}
