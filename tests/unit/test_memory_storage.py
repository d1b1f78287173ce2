import pytest

from sipapp.api import FIELD_NAMES
from sipapp.extension import check_fields
from sipapp.testing.memory import MemoryStorage
from sipapp.testing.storage_contract import HOSTILE, MakeStorage, StorageContract


class TestMemoryStorage(StorageContract):
    @pytest.fixture
    def make_storage(self) -> MakeStorage:
        storage = MemoryStorage()
        return lambda: storage


def test_contract_uses_only_values_that_reach_a_storage():
    assert {field for field, _ in HOSTILE} == set(FIELD_NAMES)
    assert [each for each in HOSTILE if any(check_fields(dict([each])))] == []
