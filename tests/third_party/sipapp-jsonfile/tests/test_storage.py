from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sipapp_jsonfile.storage import JsonFileStorage

from sipapp.api import Extension, StorageUnavailable
from sipapp.testing.passwords_contract import KeepsPasswordsContract
from sipapp.testing.secret_files_contract import SecretFilesContract
from sipapp.testing.storage_contract import StorageContract
from sipapp.testing.unreachable_contract import UnreachableContract


@pytest.fixture
def file(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "extensions.json"


class TestJsonFileStorage(
    StorageContract, KeepsPasswordsContract, SecretFilesContract, UnreachableContract
):
    @pytest.fixture
    def make_storage(self, file):
        return lambda: JsonFileStorage(file)

    @pytest.fixture
    def secret_files(self, file):
        return lambda: [file]

    @pytest.fixture
    def unreachable(self, file):
        @contextmanager
        def unreachable():
            elsewhere = file.parent.rename(file.parent.with_name("elsewhere"))
            yield
            elsewhere.rename(file.parent)

        return unreachable


def test_the_list_is_the_same_as_long_as_nothing_changes(file):
    storage = JsonFileStorage(file)
    storage.create(Extension("1000"))
    seen = storage.list()
    assert storage.list() is seen
    JsonFileStorage(file).create(Extension("1001"))
    assert [each.id for each in storage.list()] == ["1000", "1001"]


def test_writes_of_several_processes_are_not_lost(file):
    # A lock of a file that each has opened itself is as one between processes.
    with ThreadPoolExecutor(8) as pool:
        for each in range(64):
            pool.submit(JsonFileStorage(file).create, Extension(str(1000 + each)))
    assert len(JsonFileStorage(file).list()) == 64


def test_a_folder_that_is_not_there_is_said_by_the_check(tmp_path):
    with pytest.raises(StorageUnavailable, match=r"Cannot write .*: No such file"):
        JsonFileStorage(tmp_path / "gone" / "extensions.json").check()
