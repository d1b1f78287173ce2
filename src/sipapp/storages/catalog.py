"""Extensions in memory, sorted and searched."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, islice
from typing import Final

from sipapp.model.aliases import NO_ALIASES, Aliases
from sipapp.model.extension import Extension, fold_id
from sipapp.model.text import natural_key
from sipapp.storages.query import Page, Query, SortKey

_MAX_CACHED_SEARCHES: Final = 32
_MAX_INDEXED_MATCHES: Final = 100


class Catalog:
    """An immutable list of extensions.

    Sorted lists and search results are cached for the next page.
    """

    def __init__(self, extensions: Sequence[Extension]) -> None:
        self.extensions = extensions
        self._sorted: dict[tuple[SortKey, bool], _Sorted] = {}
        self._public: dict[int, Extension] = {}

    @cached_property
    def by_id(self) -> Mapping[str, Extension]:
        """The extensions by folded id."""
        return {fold_id(each.id): each for each in self.extensions}

    @cached_property
    def aliases(self) -> Aliases:
        """The aliases of the extensions that are enabled, unless they are another one's id."""
        found: dict[str, str] = {}
        for each in self.extensions:
            for alias in each.aliases if each.enabled else ():
                owner = self.by_id.get(fold_id(alias))
                if owner is None or not owner.enabled:
                    found.setdefault(alias, each.id)
        return Aliases(found) if found else NO_ALIASES

    def page(self, query: Query, *, after: str = "", limit: int) -> Page[Extension]:
        """Return one page, without secrets.  Raises ``InvalidCursor``."""
        found = self.find(query)
        start = _position(found, query, after) if after else 0
        end = start + limit
        items = [self.without_secrets(each) for each in found[start:end]]
        cursor = query.cursor(items[-1]) if items and end < len(found) else ""
        return Page(items, cursor, len(found))

    def iterate(self, after: str) -> Iterator[Extension]:
        """Yield the extensions behind an id, by id (by Unicode code points)."""
        start = bisect_right(self._by_id, after, key=lambda each: each.id)
        return islice(self._by_id, start, None)

    @cached_property
    def _by_id(self) -> Sequence[Extension]:
        return sorted(self.extensions, key=lambda each: each.id)

    def find(self, query: Query) -> Sequence[Extension]:
        """Return all extensions that match, in the order of the query."""
        key = query.sort, query.descending
        found = self._sorted.get(key)
        if found is None:
            found = self._sorted[key] = _Sorted(self.extensions, *key)
        return found.with_text(query.text.casefold()) if query.text else found.extensions

    def without_secrets(self, extension: Extension) -> Extension:
        """Return one of the extensions without its secrets; cached."""
        public = self._public.get(id(extension))
        if public is None:
            public = self._public[id(extension)] = extension.without_secrets()
        return public


class _Sorted:
    """The extensions in one order, with one text that a search looks at."""

    def __init__(self, extensions: Sequence[Extension], key: SortKey, descending: bool) -> None:
        ordered = sorted(extensions, key=lambda each: _order(each, key)[1:], reverse=descending)
        # A stable sort: extensions without a value come last in both directions.
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
        # Finding the next match in the joined text is fast as long as there are few.
        found: list[Extension] = []
        position = self._text.find(needle)
        while position >= 0 and len(found) < _MAX_INDEXED_MATCHES:
            place = bisect_right(self._ends, position)
            found.append(self.extensions[place])
            position = self._text.find(needle, self._ends[place])
        if position < 0:
            return found
        both = zip(self._texts, self.extensions, strict=True)
        return [extension for text, extension in both if needle in text]


def _position(found: Sequence[Extension], query: Query, after: str) -> int:
    """Return the index of the first match behind a cursor."""
    value, extension_id = query.position(after)
    last = (not value, natural_key(value), extension_id)

    def is_behind(extension: Extension) -> bool:
        own = _order(extension, query.sort)
        if own[0] != last[0]:
            return own[0]
        return own[1:] < last[1:] if query.descending else own[1:] > last[1:]

    return bisect_left(found, True, key=is_behind)


def _order(extension: Extension, key: SortKey) -> tuple[bool, str, str]:
    value: str = getattr(extension, key)
    return not value, natural_key(value), extension.id


def _searched(extension: Extension) -> str:
    # A number that stands in the name too need not be looked at twice.  NUL, which no one can
    # type, keeps a match from spanning two values.
    name = extension.caller_id_name
    numbers = dict.fromkeys((*extension.names, extension.caller_id_number))
    others = [number for number in numbers if number not in name]
    return "\0".join((name, *others, "")).casefold()
