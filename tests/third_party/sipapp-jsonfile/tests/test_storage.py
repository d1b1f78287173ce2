from pathlib import Path

import pytest
from sipapp_jsonfile.storage import JsonFileStorage

from sipapp.testing.contracts import StorageContract


class TestJsonFileStorage(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> JsonFileStorage:
        return JsonFileStorage(tmp_path / "extensions.json")
