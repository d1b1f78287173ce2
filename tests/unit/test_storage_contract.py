"""What the contract of storages says of a storage that breaks it."""

from contextlib import contextmanager

import pytest

from sipapp.api import StorageUnavailable
from sipapp.testing.memory import MemoryStorage
from sipapp.testing.secret_files_contract import SecretFilesContract
from sipapp.testing.storage_contract import StorageContract
from sipapp.testing.unreachable_contract import UnreachableContract

LOST = ("$$", "100$")


class Lossy(MemoryStorage):
    """Loses some names."""

    def create(self, extension):
        super().create(extension)
        return self.update(extension.id, {"caller_id_name": extension.caller_id_name})

    def update(self, extension_id, changes, *, version=None):
        kept = {name: "" if value in LOST else value for name, value in changes.items()}
        return super().update(extension_id, kept, version=version)


@pytest.mark.parametrize("name", ["test_values_survive_creation", "test_values_survive_update"])
def test_every_value_that_is_lost_is_reported(name):
    storage = Lossy()
    with pytest.raises(ExceptionGroup) as caught:
        getattr(StorageContract(), name)(lambda: storage, "caller_id_name")
    notes = [note for failure in caught.value.exceptions for note in failure.__notes__]
    assert len(notes) == len(LOST)
    assert all(repr(value) in note for value, note in zip(LOST, notes, strict=True))


class Open(MemoryStorage):
    """Writes passwords into a file for everybody."""

    def __init__(self, file, mode):
        super().__init__()
        self.file, self.mode = file, mode

    def create(self, extension):
        self.file.touch()
        self.file.chmod(self.mode)
        return super().create(extension)


def test_a_file_with_passwords_that_others_may_read_is_told(tmp_path):
    test = SecretFilesContract().test_files_with_passwords_are_closed_to_other_users
    file = tmp_path / "data"
    for mode in (0o600, 0o640):
        test(Open(file, mode), lambda: [file])
    with pytest.raises(AssertionError, match="Other users may read"):
        test(Open(file, 0o644), lambda: [file])
    with pytest.raises(AssertionError, match="no file"):
        test(Open(file, 0o600), list)


class Away(MemoryStorage):
    """Cannot be reached, and says so in some methods only."""

    def __init__(self, *silent):
        super().__init__()
        self.silent, self.is_away = silent, False

    @contextmanager
    def unreachable(self):
        self.is_away = True
        yield
        self.is_away = False

    def list(self):
        self.reach("list")
        return [] if self.is_away else super().list()

    def check(self):
        self.reach("check")

    def create(self, extension):
        self.reach("create")
        return super().create(extension)

    def update(self, extension_id, changes, *, version=None):
        self.reach("update")
        return super().update(extension_id, changes, version=version)

    def delete(self, extension_id, *, version=None):
        self.reach("delete")
        super().delete(extension_id, version=version)

    def reach(self, method):
        if self.is_away and method not in self.silent:
            raise StorageUnavailable("The disk is gone.")


def test_a_storage_that_tells_that_it_cannot_be_reached_keeps_the_contract():
    for name in ("is_told_and_not_lost", "does_not_look_empty"):
        storage = Away()
        test = getattr(UnreachableContract(), f"test_data_that_cannot_be_reached_{name}")
        test(storage, storage.unreachable)


@pytest.mark.parametrize("silent", ["check", "create", "update", "delete"])
def test_a_storage_that_does_not_tell_that_it_cannot_be_reached(silent):
    storage = Away(silent)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        UnreachableContract().test_data_that_cannot_be_reached_is_told_and_not_lost(
            storage, storage.unreachable
        )


def test_a_storage_that_looks_empty_while_it_cannot_be_reached():
    storage = Away("list")
    with pytest.raises(AssertionError):
        UnreachableContract().test_data_that_cannot_be_reached_does_not_look_empty(
            storage, storage.unreachable
        )
