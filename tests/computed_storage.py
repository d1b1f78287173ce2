"""A storage of any number of made-up extensions, which computes them instead of keeping them.

What is changed is kept beside them, as a storage in memory would keep it.
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Final

from tests.computed_findings import ComputedFindings

from sipapp.api import (
    ExaminationView,
    Extension,
    ExtensionExists,
    ExtensionStorage,
    Page,
    Query,
    VersionConflict,
    natural_key,
    refuse_unknown_fields,
)
from sipapp.storages.query import COUNTED
from sipapp.testing.memory import MemoryStorage

FIRST: Final = 1_000_000
"""The first id; all have seven digits, so that they sort alike by id, name and number."""
NAME: Final = "Person "

Key = tuple[bool, str, str]


class ComputedStorage(ExtensionStorage):
    """``count`` extensions from :data:`FIRST` on, unless they were changed."""

    def __init__(self, count: int) -> None:
        self._ids = range(FIRST, FIRST + count)
        self._changed = MemoryStorage()
        self._replaced: set[int] = set()
        self._changes = 0

    def find(self, query: Query, *, after: str = "", limit: int = 50) -> Page[Extension]:
        last = _last(after, query) if after else None
        ours = (self._made(each).without_secrets() for each in self._matches(query, last))
        changed = self._changed.find(query, limit=COUNTED)
        theirs = (each for each in changed.items if last is None or _is_behind(each, last, query))
        found = list(
            islice(heapq.merge(ours, theirs, key=lambda each: _Place(each, query)), limit + 1)
        )
        items = found[:limit]
        cursor = query.cursor(items[-1]) if found[limit:] else ""
        return Page(items, cursor, self._total(query, changed))

    def iterate(self, *, after: str = "") -> Iterator[Extension]:
        ours = (
            self._made(each)
            for each in self._ids
            if str(each) > after and each not in self._replaced
        )
        return heapq.merge(ours, self._changed.iterate(after=after), key=lambda each: each.id)

    def revision(self) -> str:
        return str(self._changes)

    def get(self, extension_id: str) -> Extension:
        number = self._number(extension_id)
        return self._changed.get(extension_id) if number is None else self._made(number)

    def create(self, extension: Extension) -> Extension:
        if self._number(extension.id) is not None:
            raise ExtensionExists(extension.id)
        created = self._changed.create(extension)
        self._changes += 1
        return created

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        refuse_unknown_fields(changes)
        old = self.get(extension_id)
        if version is not None and version != old.version:
            raise VersionConflict(extension_id)
        if replace(old, **changes) == old:
            return old
        self._keep(old)
        self._changes += 1
        return self._changed.update(old.id, changes)

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        old = self.get(extension_id)
        if version is not None and version != old.version:
            raise VersionConflict(extension_id)
        self._keep(old)
        self._changes += 1
        self._changed.delete(old.id)

    def examine(self) -> ExaminationView:
        return ComputedFindings(self._ids, self._replaced)

    def _keep(self, extension: Extension) -> None:
        """Keep a computed extension as one that is changed."""
        number = self._number(extension.id)
        if number is not None:
            self._replaced.add(number)
            self._changed.create(extension)

    def _number(self, extension_id: str) -> int | None:
        """The number of an extension that is computed."""
        number = int(extension_id) if extension_id.isascii() and extension_id.isdecimal() else 0
        return number if number in self._ids and number not in self._replaced else None

    def _made(self, number: int) -> Extension:
        extension_id = str(number)
        return Extension(
            extension_id,
            password=f"made-up-{number}",
            vm_password=extension_id,
            caller_id_name=f"{NAME}{number}",
            caller_id_number=extension_id,
            user_context="default",
            version=f"v{number}",
        )

    def _matches(self, query: Query, last: Key | None) -> Iterator[int]:
        """The numbers of the computed extensions behind a cursor that match, in order."""
        ids = _matching(self._ids, query.text.casefold())
        ordered = ids[::-1] if query.descending else ids
        first = 0
        if last is not None:
            first = bisect_left(
                ordered, True, key=lambda each: _is_behind(self._made(each), last, query)
            )
        return (each for each in ordered[first:] if each not in self._replaced)

    def _total(self, query: Query, changed: Page[Extension]) -> int | None:
        ids = _matching(self._ids, query.text.casefold())
        gone = sum(each in ids for each in self._replaced)
        total = len(ids) - gone + (changed.total or 0)
        return total if total <= COUNTED else None


@lru_cache(maxsize=64)
def _matching(ids: range, needle: str) -> "range | list[int]":
    """The numbers whose name has this text, ascending."""
    name = NAME.casefold()
    if needle in name:
        return ids
    if needle.isascii() and needle.isdecimal():
        return _containing(ids, needle)
    for length in range(1, len(name) + 1):
        digits = needle.removeprefix(name[-length:])
        if digits != needle and digits.isascii() and digits.isdecimal():
            return _beginning(ids, digits)
    return range(0)


def _beginning(ids: range, digits: str) -> range:
    width = 10 ** max(0, 7 - len(digits))
    first = int(digits) * width
    return (
        range(max(first, ids.start), min(first + width, ids.stop)) if len(digits) <= 7 else range(0)
    )


def _containing(ids: range, digits: str) -> list[int]:
    found: set[int] = set()
    free = 7 - len(digits)
    for behind in range(free + 1):
        for before in range(10 ** (free - behind)):
            head = f"{before:0{free - behind}}" if free > behind else ""
            first = int(f"{head}{digits}") * 10**behind
            found.update(range(max(first, ids.start), min(first + 10**behind, ids.stop)))
    return sorted(found)


def _key(extension: Extension, query: Query) -> Key:
    value: str = getattr(extension, query.sort)
    return not value, natural_key(value), extension.id


def _last(after: str, query: Query) -> Key:
    value, extension_id = query.position(after)
    return not value, natural_key(value), extension_id


def _is_behind(extension: Extension, last: Key, query: Query) -> bool:
    own = _key(extension, query)
    if own[0] != last[0]:
        return own[0]
    return own[1:] < last[1:] if query.descending else own[1:] > last[1:]


class _Place:
    """Where an extension stands in the order of a query."""

    def __init__(self, extension: Extension, query: Query) -> None:
        self._key = _key(extension, query)
        self._query = query
        self._extension = extension

    def __lt__(self, other: "_Place") -> bool:
        return _is_behind(other._extension, self._key, self._query)
