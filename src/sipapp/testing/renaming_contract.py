"""What every storage that can give an extension another id must do, as tests."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sipapp.api import (
    ExtensionExists,
    ExtensionNotFound,
    ExtensionStorage,
    InvalidExtension,
    Renames,
    VersionConflict,
)
from sipapp.testing.samples import SAMPLE, has_password, values_of, without_version


class RenamingStorage(ExtensionStorage, Renames):
    """A storage that can rename."""


class RenamingContract:
    """The tests of ``rename``, beside those of ``StorageContract``."""

    def test_a_renamed_extension_has_everything_but_the_id(
        self, make_storage: Callable[[], RenamingStorage]
    ) -> None:
        storage = make_storage()
        created = storage.create(SAMPLE)
        other = storage.create(replace(SAMPLE, id="1001"))
        renamed = storage.rename("1000", "2000", {}, version=created.version)
        assert renamed.id == "2000"
        assert renamed.version != created.version
        assert values_of(renamed) == values_of(created)
        assert make_storage().get("2000") == renamed
        assert sorted(make_storage().iterate(), key=lambda each: each.id) == [other, renamed]
        with pytest.raises(ExtensionNotFound):
            storage.get("1000")
        storage.create(SAMPLE)

    def test_fields_change_with_the_rename(self, storage: RenamingStorage) -> None:
        storage.create(SAMPLE)
        changes = {"accountcode": "2000", "callgroup": ""}
        renamed = storage.rename("1000", "2000", {**changes, "password": "another-password"})
        assert values_of(renamed) == {**values_of(SAMPLE), **changes}
        assert has_password(storage, "2000", "another-password")
        assert storage.get("2000") == renamed

    @pytest.mark.parametrize("taken", ["Taken", "tAKEN"])
    def test_a_rename_to_a_taken_id_changes_nothing(
        self, storage: RenamingStorage, taken: str
    ) -> None:
        other = storage.create(replace(SAMPLE, id="Taken"))
        created = storage.create(SAMPLE)
        with pytest.raises(ExtensionExists, match=taken):
            storage.rename("1000", taken, {"callgroup": "x"})
        assert sorted(storage.iterate(), key=lambda each: each.id) == [created, other]

    def test_a_rename_with_an_unknown_field_is_refused(self, storage: RenamingStorage) -> None:
        created = storage.create(SAMPLE)
        with pytest.raises(InvalidExtension, match="caller_id"):
            storage.rename("1000", "2000", {"caller_id": "2000"})
        assert list(storage.iterate()) == [created]

    def test_a_rename_of_letters_case_alone(self, storage: RenamingStorage) -> None:
        storage.create(replace(SAMPLE, id="ada"))
        assert storage.rename("ADA", "Ada", {}).id == "Ada"
        assert [each.id for each in storage.iterate()] == ["Ada"]
        assert storage.get("ada").id == "Ada"

    def test_a_rename_respects_versions(self, storage: RenamingStorage) -> None:
        created = storage.create(SAMPLE)
        updated = storage.update("1000", {"caller_id_name": "New"})
        with pytest.raises(VersionConflict):
            storage.rename("1000", "2000", {}, version=created.version)
        with pytest.raises(ExtensionNotFound):
            storage.rename("4711", "2000", {})
        assert list(storage.iterate()) == [updated]

    def test_a_rename_is_taken_back(self, storage: RenamingStorage) -> None:
        created = storage.create(SAMPLE)
        before = storage.snapshot("1000")
        renamed = storage.rename("1000", "2000", {"password": "another-password"})
        storage.restore("2000", before, version=renamed.version)
        assert [without_version(each) for each in storage.iterate()] == [without_version(created)]

    def test_a_rename_that_changed_since_is_not_taken_back(self, storage: RenamingStorage) -> None:
        storage.create(SAMPLE)
        before = storage.snapshot("1000")
        renamed = storage.rename("1000", "2000", {})
        theirs = storage.update("2000", {"caller_id_name": "Theirs"})
        with pytest.raises(VersionConflict):
            storage.restore("2000", before, version=renamed.version)
        assert list(storage.iterate()) == [theirs]

    @pytest.mark.parametrize("taken", ["Ada", "aDA"])
    def test_a_rename_is_not_taken_back_if_the_old_id_is_anothers_now(
        self, storage: RenamingStorage, taken: str
    ) -> None:
        storage.create(replace(SAMPLE, id="Ada"))
        before = storage.snapshot("Ada")
        renamed = storage.rename("Ada", "2000", {"callgroup": "x"})
        theirs = storage.create(replace(SAMPLE, id=taken, password="another-password"))
        with pytest.raises(ExtensionExists, match="Ada"):
            storage.restore("2000", before, version=renamed.version)
        assert sorted(storage.iterate(), key=lambda each: each.id) == [renamed, theirs]
