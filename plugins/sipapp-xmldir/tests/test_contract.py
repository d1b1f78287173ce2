from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sipapp.api import ExtensionStorage
from sipapp.testing.aliases_contract import AliasesContract
from sipapp.testing.disabling_contract import DisablingContract
from sipapp.testing.domains_contract import DomainsContract
from sipapp.testing.examining_contract import BlocksReloadsContract, ExaminingContract
from sipapp.testing.other_values_contract import OtherValuesContract
from sipapp.testing.passwords_contract import KeepsPasswordsContract
from sipapp.testing.renaming_contract import RenamingContract
from sipapp.testing.secret_files_contract import SecretFilesContract
from sipapp.testing.storage_contract import MakeStorage, StorageContract
from sipapp.testing.unreachable_contract import Unreachable, UnreachableContract
from sipapp_xmldir.domains import XmlDomains
from sipapp_xmldir.storage import XmlDirectory

ALIASED = """<include>
<user id="1001" number-alias="Alias"><params><param name="password" value="x-1001"/></params></user>
</include>
"""
HOLDING = """<include>
<user id="1001" number-alias="1001"><params><param name="password" value="x-1001"/></params>
<variables><variable name="directory_full_name" value="1001"/></variables></user>
</include>
"""


class TestXmlDirectory(
    StorageContract,
    KeepsPasswordsContract,
    RenamingContract,
    DisablingContract,
    ExaminingContract,
    BlocksReloadsContract,
    SecretFilesContract,
    UnreachableContract,
    AliasesContract,
    OtherValuesContract,
):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "default").mkdir()
        return tmp_path / "default"

    @pytest.fixture
    def make_storage(self, folder: Path) -> MakeStorage:
        return lambda: XmlDirectory(directory=folder, create=False)

    @pytest.fixture
    def aliased(self, folder: Path, storage: ExtensionStorage) -> ExtensionStorage:
        (folder / "0.xml").write_text(ALIASED)
        return storage

    @pytest.fixture
    def holding(self, folder: Path, storage: XmlDirectory) -> XmlDirectory:
        (folder / "0.xml").write_text(HOLDING)
        return storage

    @pytest.fixture
    def secret_files(self, folder: Path) -> Callable[[], Iterable[Path]]:
        return folder.iterdir

    @pytest.fixture
    def unreachable(self, folder: Path) -> Unreachable:
        @contextmanager
        def unreachable() -> Iterator[None]:
            elsewhere = folder.rename(folder.with_name("elsewhere"))
            yield
            elsewhere.rename(folder)

        return unreachable


class TestXmlDomains(
    DomainsContract,
    StorageContract,
    KeepsPasswordsContract,
    RenamingContract,
    DisablingContract,
    ExaminingContract,
    BlocksReloadsContract,
    AliasesContract,
    OtherValuesContract,
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

    @pytest.fixture
    def aliased(self, tmp_path: Path, storage: ExtensionStorage) -> ExtensionStorage:
        (tmp_path / "default" / "0.xml").write_text(ALIASED)
        return storage

    @pytest.fixture
    def holding(self, tmp_path: Path, storage: XmlDomains) -> XmlDomains:
        (tmp_path / "default" / "0.xml").write_text(HOLDING)
        return storage
