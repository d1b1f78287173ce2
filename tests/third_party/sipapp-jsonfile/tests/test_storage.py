import pytest
from sipapp_jsonfile.storage import JsonFileStorage

from sipapp.testing.storage_contract import StorageContract


class TestJsonFileStorage(StorageContract):
    @pytest.fixture
    def make_storage(self, tmp_path):
        return lambda: JsonFileStorage(tmp_path / "extensions.json")
