from concurrent.futures import ThreadPoolExecutor

import pytest
from sipapp_jsonfile.storage import JsonFileStorage

from sipapp.api import Extension, StorageUnavailable
from sipapp.testing.passwords_contract import KeepsPasswordsContract
from sipapp.testing.storage_contract import StorageContract


@pytest.fixture
def file(tmp_path):
    return tmp_path / "extensions.json"


class TestJsonFileStorage(StorageContract, KeepsPasswordsContract):
    @pytest.fixture
    def make_storage(self, file):
        return lambda: JsonFileStorage(file)


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


def test_passwords_are_readable_for_the_owner_only(file):
    JsonFileStorage(file).create(Extension("1000", password="secret-1000"))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there_is_said_by_the_check(tmp_path):
    with pytest.raises(StorageUnavailable, match=r"Cannot write .*: No such file"):
        JsonFileStorage(tmp_path / "gone" / "extensions.json").check()
