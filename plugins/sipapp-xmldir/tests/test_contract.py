from pathlib import Path

import pytest

from sipapp.testing.storage_contract import MakeStorage, StorageContract
from sipapp_xmldir.storage import XmlDirectory


class TestXmlDirectory(StorageContract):
    @pytest.fixture
    def make_storage(self, tmp_path: Path) -> MakeStorage:
        return lambda: XmlDirectory(directory=tmp_path, create=False)
