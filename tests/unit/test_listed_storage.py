"""What ListedStorage does with the list of a storage."""

import pytest

from sipapp.api import Extension, ExtensionNotFound, VersionConflict
from sipapp.testing.memory import MemoryStorage


class OnlyList(MemoryStorage):
    get = MemoryStorage.__base__.get


@pytest.fixture
def storage():
    storage = OnlyList()
    storage.create(Extension("Ada", password="x"))
    return storage


def test_an_extension_is_found_in_the_list_in_any_case(storage):
    assert storage.get("aDA") == storage.list()[0]
    storage.update("ADA", {"caller_id_name": "New"})
    assert storage.get("ada").caller_id_name == "New"
    with pytest.raises(ExtensionNotFound, match="Bob"):
        storage.get("Bob")


def test_the_extension_that_is_to_be_changed_has_the_version_that_was_seen(storage):
    stored = storage.get("Ada")
    assert storage.current("ada", None) == storage.current("ada", stored.version) == stored
    with pytest.raises(VersionConflict, match="Ada"):
        storage.current("Ada", "another")
    with pytest.raises(ExtensionNotFound, match="Bob"):
        storage.current("Bob", None)
