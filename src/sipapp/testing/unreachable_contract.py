"""What every storage must do while it cannot reach its data, as tests."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any

import pytest

from sipapp.api import ExtensionStorage, Query, StorageUnavailable
from sipapp.testing.samples import SAMPLE

Unreachable = Callable[[], AbstractContextManager[Any]]


class UnreachableContract:
    """The tests of a storage whose data a test can take away, beside those of ``StorageContract``.

    Needs a fixture ``unreachable``.
    """

    @pytest.fixture
    def unreachable(self) -> Unreachable:
        """Make a context manager; inside it the data cannot be reached, afterwards it is back."""
        raise NotImplementedError("Give the fixture `unreachable`.")

    def test_data_that_cannot_be_reached_is_told_and_not_lost(
        self, storage: ExtensionStorage, unreachable: Unreachable
    ) -> None:
        created = storage.create(SAMPLE)
        acts: list[Callable[[], object]] = [
            storage.check,
            lambda: storage.create(replace(SAMPLE, id="1001")),
            lambda: storage.update("1000", {"caller_id_name": "New"}),
            lambda: storage.delete("1000"),
        ]
        with unreachable():
            for act in acts:
                with pytest.raises(StorageUnavailable) as caught:
                    act()
                assert str(caught.value)
                assert SAMPLE.password not in str(caught.value)
        storage.check()
        assert list(storage.iterate()) == [created]

    def test_data_that_cannot_be_reached_does_not_look_empty(
        self, storage: ExtensionStorage, unreachable: Unreachable
    ) -> None:
        storage.create(SAMPLE)
        reads: list[Callable[[], object]] = [
            lambda: list(storage.iterate()),
            lambda: storage.find(Query()),
            lambda: storage.get("1000"),
            lambda: storage.get_many(["1000"]),
        ]
        for read in reads:
            before = read()
            with unreachable(), suppress(StorageUnavailable):
                assert read() == before
