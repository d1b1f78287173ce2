"""Reading extensions: lists with search and order, and single ones."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from sipapp.changes.outages import logged
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.model.errors import (
    ExtensionNotFound,
    FieldError,
    InvalidExtension,
    StorageUnavailable,
)
from sipapp.model.extension import Extension, fold_id
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.query import COUNTED, SORT_KEYS, Page, Query

_MAX_READS: Final = 6
"""Requests that read the storage at the same time: while it hangs, all others are answered."""
_READ_WAIT_S: Final = 5.0
"""Seconds that a request waits until it may read."""


class ExtensionReader:
    """Reads the storage, a limited number of requests at a time.  For several threads."""

    def __init__(self, storage: ExtensionStorage) -> None:
        self._storage = storage
        self._limit = ConcurrencyLimit(_MAX_READS, _no_answer, timeout=_READ_WAIT_S)

    def find(
        self, search: str, sort: str, *, after: str, offset: int, limit: int
    ) -> Page[Extension]:
        """A page of the extensions whose id, alias, name or number contains ``search``.

        Raises ``InvalidExtension`` for an unknown ``sort`` and for an ``offset`` beyond what is
        counted, ``InvalidCursor``, and ``StorageUnavailable``.
        """
        key = next((each for each in SORT_KEYS if each == sort.removeprefix("-")), None)
        if key is None:
            known = ", ".join(SORT_KEYS)
            raise InvalidExtension([FieldError("sort", f"Sort by one of: {known}.")])
        query = Query(search, key, sort.startswith("-"))
        # A storage knows cursors only, so what is left out is read and dropped.
        skipped = min(offset, COUNTED)
        with self._reading():
            page = self._storage.find(query, after=after, limit=skipped + limit)
        if skipped < offset and page.after:
            message = f"Leave out at most {COUNTED}, and go on with “after” of a page."
            raise InvalidExtension([FieldError("offset", message)])
        return replace(page, items=page.items[offset:])

    def stored(self, extension_id: str) -> Extension:
        """One extension, with its passwords.

        Raises ``ExtensionNotFound`` and ``StorageUnavailable``.
        """
        with self._reading():
            return self._storage.get(extension_id)

    def exists(self, extension_id: str) -> bool:
        """Whether there is an extension of this id, in any case."""
        try:
            self.stored(extension_id)
        except ExtensionNotFound:
            return False
        return True

    def names_of(self, extension_id: str) -> Collection[str]:
        """The id and the aliases of an extension; of one that does not exist, its id."""
        try:
            return self.stored(extension_id).names
        except ExtensionNotFound:
            return [extension_id]

    def taken(self, extension_ids: Collection[str]) -> set[str]:
        """The folded ids among these that extensions have."""
        with self._reading():
            return {fold_id(each) for each in self._storage.get_many(extension_ids)}

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with logged("The storage was not read"), self._limit.slot():
            yield


def _no_answer() -> StorageUnavailable:
    return StorageUnavailable(
        f"The storage has not answered for {_READ_WAIT_S:.0f} seconds, so it was not asked again. "
        "Nothing was changed."
    )
