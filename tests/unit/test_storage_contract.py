"""What the contract of storages says of a storage that breaks it."""

import pytest

from sipapp.testing.memory import MemoryStorage
from sipapp.testing.storage_contract import StorageContract

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
def test_every_value_that_is_lost_is_told(name):
    storage = Lossy()
    with pytest.raises(ExceptionGroup) as caught:
        getattr(StorageContract(), name)(lambda: storage, "caller_id_name")
    notes = [note for failure in caught.value.exceptions for note in failure.__notes__]
    assert len(notes) == len(LOST)
    assert all(repr(value) in note for value, note in zip(LOST, notes, strict=True))
