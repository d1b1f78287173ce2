"""What every storage must tell of the secret that a phone registers with, as tests."""

import pytest

from sipapp.api import ExtensionNotFound, ExtensionStorage
from sipapp.testing.samples import SAMPLE, has_password


class SecretContract:
    """A part of ``StorageContract``."""

    def test_a_secret_is_the_password_of_now(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        assert has_password(storage, "1000", SAMPLE.password)
        storage.update("1000", {"password": "another-password"})
        assert has_password(storage, "1000", "another-password")

    def test_a_missing_extension_has_no_secret(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        storage.delete("1000")
        with pytest.raises(ExtensionNotFound, match="1000"):
            storage.secret("1000")
