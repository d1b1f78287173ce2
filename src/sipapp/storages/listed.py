"""Search and order of a list of extensions, for storages that give nothing but a list."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from sipapp.model.extension import Extension
from sipapp.model.text import natural_key
from sipapp.storages.base import ExtensionStorage

SORT_KEYS: Final = ("id", "caller_id_name", "caller_id_number")
_MAX_CACHED_SEARCHES: Final = 32
_MANY_FOUND: Final = 100
"""Extensions found, from which on looking at each one is quicker than searching the text."""


class Catalog:
    """An immutable list of extensions, with a cache of its orders and searches."""

    def __init__(self, extensions: Sequence[Extension]) -> None:
        self.extensions = extensions
        self._sorted: dict[tuple[str, bool], _Sorted] = {}
        self._shown: dict[int, Extension] = {}

    def find(self, search: str, key: str, *, descending: bool) -> Sequence[Extension]:
        """Extensions whose id, caller ID name or number contain ``search``.

        They are sorted by ``key``, one of :data:`SORT_KEYS`: numbers in a text count as
        numbers, and what has no such value comes last, in both directions.
        """
        found = self._sorted.get((key, descending))
        if found is None:
            found = self._sorted[key, descending] = _Sorted(self.extensions, key, descending)
        return found.with_text(search.casefold()) if search else found.extensions

    def shown(self, extension: Extension) -> Extension:
        """One of the extensions without its secrets."""
        shown = self._shown.get(id(extension))
        if shown is None:
            shown = self._shown[id(extension)] = extension.without_secrets()
        return shown


class Catalogs:
    """The catalogue of a storage; made again when the storage gives another list."""

    def __init__(self, storage: ExtensionStorage) -> None:
        self._storage = storage
        self._catalog = Catalog(())

    def current(self) -> Catalog:
        """The catalogue of what is stored now.  Raises ``StorageUnavailable``."""
        extensions = self._storage.list()
        catalog = self._catalog
        # The same tuple again has the same extensions in it.
        if not isinstance(extensions, tuple) or extensions is not catalog.extensions:
            self._catalog = catalog = Catalog(extensions)
        return catalog


class _Sorted:
    """The extensions in one order, with a text of all values that a search looks at."""

    def __init__(self, extensions: Sequence[Extension], key: str, descending: bool) -> None:
        def sort_key(extension: Extension) -> tuple[str, str]:
            # The id decides between equals.
            return natural_key(getattr(extension, key)), extension.id

        ordered = sorted(extensions, key=sort_key, reverse=descending)
        # What has no value comes last in both directions; this sort keeps the order otherwise.
        self.extensions = sorted(ordered, key=lambda each: not getattr(each, key))
        self._texts = [_searched(extension) for extension in self.extensions]
        self._text = "".join(self._texts)
        self._ends = list(accumulate(map(len, self._texts)))
        self._found: dict[str, Sequence[Extension]] = {}

    def with_text(self, needle: str) -> Sequence[Extension]:
        found = self._found.get(needle)
        if found is None:
            if len(self._found) >= _MAX_CACHED_SEARCHES:
                self._found = {}
            found = self._found[needle] = self._search(needle)
        return found

    def _search(self, needle: str) -> Sequence[Extension]:
        # To look for the next one in the whole text is quick, unless there are many.
        found: list[Extension] = []
        position = self._text.find(needle)
        while position >= 0 and len(found) < _MANY_FOUND:
            place = bisect_right(self._ends, position)
            found.append(self.extensions[place])
            position = self._text.find(needle, self._ends[place])
        if position < 0:
            return found
        both = zip(self._texts, self.extensions, strict=True)
        return [extension for text, extension in both if needle in text]


def _searched(extension: Extension) -> str:
    # What stands in the name too need not be looked at twice.  NUL, which nobody types, keeps a
    # find from spanning two.
    name = extension.caller_id_name
    numbers = dict.fromkeys((extension.id, extension.caller_id_number))
    others = [number for number in numbers if number not in name]
    return "\0".join((name, *others, "")).casefold()
