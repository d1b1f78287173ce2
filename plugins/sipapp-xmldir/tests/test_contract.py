from pathlib import Path

import pytest

from sipapp.testing.disabling_contract import DisablingContract
from sipapp.testing.examining_contract import BlocksReloadsContract, ExaminingContract
from sipapp.testing.renaming_contract import RenamingContract
from sipapp.testing.storage_contract import MakeStorage, StorageContract
from sipapp_xmldir.storage import XmlDirectory


class TestXmlDirectory(
    StorageContract, RenamingContract, DisablingContract, ExaminingContract, BlocksReloadsContract
):
    @pytest.fixture
    def make_storage(self, tmp_path: Path) -> MakeStorage:
        return lambda: XmlDirectory(directory=tmp_path, create=False)
