"""What every storage that can disable an extension must do, as tests."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sipapp.api import (
    Disables,
    ExtensionExists,
    ExtensionNotFound,
    ExtensionStorage,
    VersionConflict,
)
from sipapp.testing.samples import SAMPLE, values_of, without_version


class DisablingStorage(ExtensionStorage, Disables):
    """A storage that can disable."""


class DisablingContract:
    """The tests of ``set_enabled``, beside those of ``StorageContract``."""

    def test_a_disabled_extension_stays_and_comes_back_unchanged(
        self, make_storage: Callable[[], DisablingStorage]
    ) -> None:
        storage = make_storage()
        created = storage.create(SAMPLE)
        other = storage.create(replace(SAMPLE, id="1001"))
        disabled = storage.set_enabled("1000", enabled=False, version=created.version)
        assert not disabled.enabled
        assert disabled.version != created.version
        assert values_of(disabled) == values_of(created)
        assert make_storage().get("1000") == disabled
        assert sorted(make_storage().iterate(), key=lambda each: each.id) == [disabled, other]
        assert storage.set_enabled("1000", enabled=False) == disabled
        enabled = make_storage().set_enabled("1000", enabled=True, version=disabled.version)
        # The same content may have the same version again, or a new one.
        assert without_version(enabled) == without_version(created)
        assert enabled == storage.get("1000")

    def test_a_disabled_extension_can_be_changed_and_deleted(
        self, storage: DisablingStorage
    ) -> None:
        storage.create(SAMPLE)
        storage.set_enabled("1000", enabled=False)
        updated = storage.update("1000", {"caller_id_name": "New"})
        assert not updated.enabled
        assert storage.get("1000") == updated
        with pytest.raises(ExtensionExists):
            storage.create(SAMPLE)
        storage.delete("1000")
        assert list(storage.iterate()) == []
        storage.create(SAMPLE)

    @pytest.mark.parametrize("enabled", [True, False])
    def test_disabling_and_enabling_are_taken_back(
        self, storage: DisablingStorage, *, enabled: bool
    ) -> None:
        storage.create(SAMPLE)
        old = storage.set_enabled("1000", enabled=not enabled)
        before = storage.snapshot("1000")
        new = storage.set_enabled("1000", enabled=enabled)
        storage.restore("1000", before, version=new.version)
        assert without_version(storage.get("1000")) == without_version(old)

    def test_disabling_respects_versions(self, storage: DisablingStorage) -> None:
        created = storage.create(SAMPLE)
        updated = storage.update("1000", {"caller_id_name": "New"})
        with pytest.raises(VersionConflict):
            storage.set_enabled("1000", enabled=False, version=created.version)
        assert storage.get("1000") == updated
        with pytest.raises(ExtensionNotFound):
            storage.set_enabled("4711", enabled=False)

    def test_a_deletion_is_not_taken_back_if_the_id_is_a_disabled_ones_now(
        self, storage: DisablingStorage
    ) -> None:
        storage.create(SAMPLE)
        before = storage.snapshot("1000")
        storage.delete("1000")
        storage.create(replace(SAMPLE, password="another-password"))
        theirs = storage.set_enabled("1000", enabled=False)
        with pytest.raises(ExtensionExists, match="1000"):
            storage.restore("1000", before, version=None)
        assert list(storage.iterate()) == [theirs]

    def test_a_disabled_extension_has_no_secret(self, storage: DisablingStorage) -> None:
        storage.create(SAMPLE)
        secret = storage.secret("1000")
        storage.set_enabled("1000", enabled=False)
        assert storage.secret("1000") is None
        storage.set_enabled("1000", enabled=True)
        assert storage.secret("1000") == secret
