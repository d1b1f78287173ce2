"""How every storage must answer pages, iterate, and answer for many ids, as tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from sipapp.api import Extension, ExtensionStorage, InvalidCursor, Query, SortKey
from sipapp.testing.samples import SAMPLE

NAMES: Final = {
    "1": "beta 10",
    "2": "Beta 9",
    "10": "",
    "a1": "alpha",
    "a10": "",
    "A2": "alpha",
    "b": "Zoë",
}
"""Caller ID names by id."""

IN_ORDER: Final[dict[SortKey, list[str]]] = {
    "id": ["1", "2", "10", "a1", "A2", "a10", "b"],
    "caller_id_name": ["A2", "a1", "2", "1", "b", "10", "a10"],
    "caller_id_number": ["1", "10", "2", "A2", "a1", "a10", "b"],
}
"""The ids by sort key, ascending: equal values by id, by code points."""

DESCENDING: Final[dict[SortKey, list[str]]] = {
    "id": ["b", "a10", "A2", "a1", "10", "2", "1"],
    "caller_id_name": ["b", "1", "2", "a1", "A2", "a10", "10"],
    "caller_id_number": ["b", "a10", "a1", "A2", "2", "10", "1"],
}


class PagingContract:
    """A part of ``StorageContract``."""

    @pytest.fixture
    def filled(self, storage: ExtensionStorage) -> ExtensionStorage:
        """A storage with :data:`NAMES`."""
        storage.create_many(
            [
                replace(SAMPLE, id=each, caller_id_name=name, caller_id_number="")
                for each, name in NAMES.items()
            ]
        )
        return storage

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("sort", ["id", "caller_id_name", "caller_id_number"])
    def test_pages_together_are_the_sorted_list(
        self, filled: ExtensionStorage, sort: SortKey, *, descending: bool, limit: int
    ) -> None:
        query = Query(sort=sort, descending=descending)
        expected = (DESCENDING if descending else IN_ORDER)[sort]
        assert [each.id for each in _all_pages(filled, query, limit)] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("BETA", ["1", "2"]),
            ("zoë", ["b"]),
            ("1", ["1", "10", "a1", "a10"]),
            ("eta 1", ["1"]),
            ("%", []),
            ("_", []),
            ("nobody", []),
        ],
    )
    def test_a_search_finds_ids_names_and_numbers(
        self, filled: ExtensionStorage, text: str, expected: list[str]
    ) -> None:
        query = Query(text=text)
        assert [each.id for each in _all_pages(filled, query, 2)] == expected
        assert filled.find(query).total == len(expected)

    def test_a_search_finds_numbers(self, filled: ExtensionStorage) -> None:
        filled.update("b", {"caller_id_number": "+4930123"})
        assert [each.id for each in filled.find(Query("4930")).items] == ["b"]

    def test_a_page_has_no_secrets(self, filled: ExtensionStorage) -> None:
        for each in filled.find(Query()).items:
            assert each == filled.get(each.id).without_secrets()

    @pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "!", "é", "A" * 5000])
    def test_a_cursor_of_no_page_is_refused(self, filled: ExtensionStorage, cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            filled.find(Query(), after=cursor)

    @pytest.mark.parametrize(
        "other",
        [Query("a", "caller_id_name"), Query("b"), Query("a", descending=True), Query("")],
        ids=["sort key", "search", "direction", "no search"],
    )
    def test_a_cursor_of_another_search_or_order_is_refused(
        self, filled: ExtensionStorage, other: Query
    ) -> None:
        query = Query("a")
        cursor = filled.find(query, limit=1).after
        with pytest.raises(InvalidCursor):
            filled.find(other, after=cursor)
        assert [each.id for each in filled.find(query, after=cursor, limit=1).items] == ["2"]

    def test_a_page_goes_on_though_its_last_extension_is_gone(
        self, filled: ExtensionStorage
    ) -> None:
        page = filled.find(Query(), limit=3)
        filled.delete("10")
        assert [each.id for each in filled.find(Query(), after=page.after).items] == [
            "a1",
            "A2",
            "a10",
            "b",
        ]

    def test_all_are_iterated_by_id_with_their_secrets(self, filled: ExtensionStorage) -> None:
        found = list(filled.iterate())
        assert [each.id for each in found] == sorted(NAMES)
        assert found == [filled.get(each) for each in sorted(NAMES)]

    @pytest.mark.parametrize("after", ["", "10", "11", "a10", "b"])
    def test_an_iteration_begins_behind_an_id(self, filled: ExtensionStorage, after: str) -> None:
        expected = [each for each in sorted(NAMES) if each > after]
        assert [each.id for each in filled.iterate(after=after)] == expected

    def test_many_are_read_at_once_by_the_ids_as_given(self, filled: ExtensionStorage) -> None:
        found = filled.get_many(["B", "10", "4711"])
        assert found == {"B": filled.get("b"), "10": filled.get("10")}
        assert filled.get_many([]) == {}

    def test_the_revision_differs_after_every_change(self, storage: ExtensionStorage) -> None:
        seen = {storage.revision()}
        changes: tuple[Callable[[], object], ...] = (
            lambda: storage.create(SAMPLE),
            lambda: storage.update("1000", {"caller_id_name": "New"}),
            lambda: storage.update("1000", {"password": "another-password"}),
            lambda: storage.delete("1000"),
        )
        for number, change in enumerate(changes, 2):
            change()
            seen.add(storage.revision())
            assert len(seen) == number


def _all_pages(storage: ExtensionStorage, query: Query, limit: int) -> list[Extension]:
    found: list[Extension] = []
    after = ""
    while True:
        page = storage.find(query, after=after, limit=limit)
        found.extend(page.items)
        if not page.after:
            return found
        assert len(page.items) == limit
        after = page.after
