"""Registrations or calls of one switch, indexed for pages, search and look-up."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from sipapp.model.extension import fold_id
from sipapp.model.live import Call, Registration
from sipapp.model.text import natural_key
from sipapp.storages.query import Page, decode_cursor, encode_cursor

T = TypeVar("T", bound=Registration | Call)

_Order = tuple[str, str]
"""A sort key, and the id that tells equal ones apart."""
_Name = tuple[str, str]
"""An extension, folded, and the id of an item of it."""


class LiveTable(Generic[T]):
    """Registrations or calls by id, by extension and in order.  Tables are immutable.

    :meth:`changed` and :meth:`replaced` make another table, which shares with this one what is
    the same in both: of 100,000 items neither sorts or indexes again those that did not change.
    A page and a look-up cost the same for any number of items; a search reads all of them.
    """

    def __init__(
        self,
        rows: Mapping[str, "_Row[T]"],
        order: Sequence[_Order],
        by_extension: Mapping[str, Sequence[str]],
    ) -> None:
        """Use :meth:`of`."""
        self._rows = rows
        self._order = order
        self._by_extension = by_extension

    @classmethod
    def of(cls, items: Iterable[T] = ()) -> "LiveTable[T]":
        """A table of these items; of several with the same id the last."""
        return cls({}, (), {}).changed(items)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, item_id: str) -> T | None:
        """The item of this id, if there is one."""
        row = self._rows.get(item_id)
        return row and row.item

    def of_extensions(self, extension_ids: Collection[str]) -> Mapping[str, Sequence[T]]:
        """The items of each of these extensions that has any."""
        found = {each: self._by_extension.get(fold_id(each), ()) for each in extension_ids}
        return {each: [self._rows[key].item for key in ids] for each, ids in found.items() if ids}

    def page(self, text: str, after: str, limit: int) -> Page[T]:
        """A page of those that have ``text``, in any case.  Raises ``InvalidCursor``."""
        folded = text.casefold()
        found = self._order
        if folded:
            found = [each for each in found if folded in self._rows[each[1]].text]
        start = 0
        if after:
            value, item_id = decode_cursor(after, 2)
            start = bisect_right(found, (natural_key(value), item_id))
        end = start + limit
        rows = [self._rows[item_id] for _, item_id in found[start:end]]
        cursor = encode_cursor(rows[-1].value, rows[-1].item.id) if end < len(found) else ""
        return Page([each.item for each in rows], cursor, len(found))

    def replaced(self, items: Iterable[T]) -> "LiveTable[T]":
        """The table of these items and of no others; this same table if nothing differs."""
        found = {each.id: each for each in items}
        gone = self._rows.keys() - found.keys()
        return self.changed((each for each in found.values() if self.get(each.id) != each), gone)

    def changed(self, items: Iterable[T], gone: Collection[str] = ()) -> "LiveTable[T]":
        """The table with these items added or exchanged, and without those of ids ``gone``."""
        after = {each.id: _row(each) for each in items}
        touched = {*gone, *after}
        before = {key: row for key in touched if (row := self._rows.get(key))}
        if not (before or after):
            return self
        rows = {**self._rows, **after}
        for key in before.keys() - after.keys():
            del rows[key]
        return LiveTable(
            rows,
            _ordered(self._order, before.values(), after.values()),
            _grouped(self._by_extension, before.values(), after.values()),
        )


class _Row(NamedTuple, Generic[T]):
    """An item, and what it is found by."""

    item: T
    value: str
    """What it is sorted by."""
    extensions: Sequence[str]
    text: str
    """What a search looks at, folded."""

    @property
    def order(self) -> _Order:
        return natural_key(self.value), self.item.id

    @property
    def names(self) -> Iterable[_Name]:
        return ((fold_id(each), self.item.id) for each in self.extensions)


def _row(item: T) -> _Row[T]:
    texts: tuple[str, ...]
    if isinstance(item, Registration):
        texts = item.extension, item.address, item.transport, item.user_agent
        return _Row(item, item.extension, (item.extension,), _folded(texts))
    texts = item.caller, item.caller_name, item.callee, item.codec, *item.extensions
    return _Row(item, repr(item.since), item.extensions, _folded(texts))


def _folded(texts: Iterable[str]) -> str:
    # Texts have no line end (one_line), so none is found across two of them.
    return "\n".join(texts).casefold()


def _ordered(
    order: Sequence[_Order], before: Iterable[_Row[T]], after: Iterable[_Row[T]]
) -> Sequence[_Order]:
    old, new = {each.order for each in before}, {each.order for each in after}
    if old == new:
        return order
    # Two sorted parts are merged.
    return sorted([*(each for each in order if each not in old), *sorted(new)])


def _grouped(
    groups: Mapping[str, Sequence[str]], before: Iterable[_Row[T]], after: Iterable[_Row[T]]
) -> Mapping[str, Sequence[str]]:
    old = dict.fromkeys(name for each in before for name in each.names)
    new = dict.fromkeys(name for each in after for name in each.names)
    if old.keys() == new.keys():
        return groups
    # Each extension once: one may have many thousands, all of which go at the same time.
    gone = _by_extension(each for each in old if each not in new)
    added = _by_extension(each for each in new if each not in old)
    found = dict(groups)
    for extension in gone.keys() | added.keys():
        lost = gone[extension]
        kept = (each for each in found.pop(extension, ()) if each not in lost)
        ids = (*kept, *added[extension])
        if ids:
            found[extension] = ids
    return found


def _by_extension(names: Iterable[_Name]) -> defaultdict[str, dict[str, None]]:
    """The ids of each extension, as an ordered set."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for extension, item_id in names:
        found[extension][item_id] = None
    return found
