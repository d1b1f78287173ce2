import pytest
from tests.computed_storage import FIRST, ComputedStorage

from sipapp.api import ExtensionExists, Query
from sipapp.testing.examining_contract import ExaminingContract
from sipapp.testing.passwords_contract import KeepsPasswordsContract
from sipapp.testing.samples import SAMPLE
from sipapp.testing.storage_contract import MakeStorage, StorageContract


class TestComputedStorage(StorageContract, KeepsPasswordsContract, ExaminingContract):
    @pytest.fixture
    def make_storage(self) -> MakeStorage:
        storage = ComputedStorage(0)
        return lambda: storage

    @pytest.fixture
    def examined(self) -> ComputedStorage:
        storage = ComputedStorage(50)
        storage.update(str(FIRST + 10), {"password": "a-strong-one"})
        return storage


@pytest.fixture
def million():
    return ComputedStorage(1_000_000)


def ids(page):
    return [each.id for each in page.items]


def test_the_first_and_the_last_page_of_a_million(million):
    assert ids(million.find(Query(), limit=2)) == ["1000000", "1000001"]
    assert ids(million.find(Query(descending=True), limit=2)) == ["1999999", "1999998"]
    assert million.find(Query()).total is None


@pytest.mark.parametrize(
    ("text", "expected", "total"),
    [
        ("person 19999", ["1999900", "1999901"], 100),
        ("999999", ["1999999"], 1),
        ("n 1234567", ["1234567"], 1),
        ("23456", ["1023456", "1123456"], 20),
        ("person", ["1000000", "1000001"], None),
        ("nobody", [], 0),
    ],
)
def test_a_search_in_a_million(million, text, expected, total):
    page = million.find(Query(text), limit=2)
    assert (ids(page), page.total) == (expected, total)


def test_the_findings_of_a_million(million):
    summary = million.examine().summary()
    assert (summary.critical, summary.note) == (100_000, 100_000)
    first = million.examine().findings(limit=2)
    assert [each.extension for each in first.items] == ["1000000", "1000010"]
    million.update("1000020", {"password": "a-strong-one"})
    (second,) = million.examine().findings(after=first.after, limit=1).items
    assert second.extension == "1000030"


def test_a_changed_one_stands_in_its_place(million):
    million.update("1000001", {"caller_id_name": "Ada"})
    million.create(SAMPLE)
    million.delete("1000002")
    assert ids(million.find(Query(), limit=4)) == ["1000", "1000000", "1000001", "1000003"]
    assert ids(million.find(Query(sort="caller_id_name"), limit=1)) == ["1000001"]
    with pytest.raises(ExtensionExists):
        million.create(million.get("1000000"))
    assert million.get(str(FIRST)).password
