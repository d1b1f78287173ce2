"""What every storage must do that gives passwords back as they were set, as tests."""

from dataclasses import replace

from sipapp.api import ExtensionStorage
from sipapp.testing.samples import SAMPLE


class KeepsPasswordsContract:
    """The tests of ``keeps_passwords``, beside those of ``StorageContract``."""

    def test_passwords_are_got_and_listed(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        (listed,) = storage.iterate()
        for extension in (listed, storage.get("1000")):
            assert extension.password == SAMPLE.password

    def test_a_password_is_got_as_it_was_set(self, storage: ExtensionStorage) -> None:
        storage.create(SAMPLE)
        for password in ("& < > \" '", "$${default_password}", "<!--", "]]>", "p" * 128):
            assert storage.update("1000", {"password": password}).password == password
            assert storage.get("1000").password == password
        storage.create(replace(SAMPLE, id="1001", password="another-password"))
        assert storage.get("1001").password == "another-password"
