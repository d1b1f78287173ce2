from pathlib import Path

import pytest

from sipapp.testing.disabling_contract import DisablingContract
from sipapp.testing.domains_contract import DomainsContract
from sipapp.testing.examining_contract import BlocksReloadsContract, ExaminingContract
from sipapp.testing.passwords_contract import KeepsPasswordsContract
from sipapp.testing.renaming_contract import RenamingContract
from sipapp.testing.storage_contract import MakeStorage, StorageContract
from sipapp_xmldir.domains import XmlDomains
from sipapp_xmldir.storage import XmlDirectory


class TestXmlDirectory(
    StorageContract,
    KeepsPasswordsContract,
    RenamingContract,
    DisablingContract,
    ExaminingContract,
    BlocksReloadsContract,
):
    @pytest.fixture
    def make_storage(self, tmp_path: Path) -> MakeStorage:
        return lambda: XmlDirectory(directory=tmp_path, create=False)


class TestXmlDomains(
    DomainsContract,
    StorageContract,
    KeepsPasswordsContract,
    RenamingContract,
    DisablingContract,
    ExaminingContract,
    BlocksReloadsContract,
):
    @pytest.fixture
    def make_storage(self, tmp_path: Path) -> MakeStorage:
        folders = {"": tmp_path / "default", "branch.example": tmp_path / "branch"}
        for each in folders.values():
            each.mkdir()

        def make() -> XmlDomains:
            return XmlDomains(
                {
                    domain: XmlDirectory(directory=folder, create=False)
                    for domain, folder in folders.items()
                }
            )

        return make
