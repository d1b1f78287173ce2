"""What every storage that writes passwords into files must do, as tests."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from sipapp.api import ExtensionStorage
from sipapp.testing.samples import SAMPLE


class SecretFilesContract:
    """The tests of files that hold passwords, beside those of ``StorageContract``.

    Needs a fixture ``secret_files``.
    """

    @pytest.fixture
    def secret_files(self) -> Callable[[], Iterable[Path]]:
        """Return a function that gives the files with passwords that the storage has written."""
        raise NotImplementedError("Give the fixture `secret_files`.")

    @pytest.fixture
    def _no_umask(self) -> Iterator[None]:
        """Take nothing off the modes that a storage asks for, as a server's umask might."""
        before = os.umask(0)
        yield
        os.umask(before)

    @pytest.mark.usefixtures("_no_umask")
    def test_files_with_passwords_are_closed_to_other_users(
        self, storage: ExtensionStorage, secret_files: Callable[[], Iterable[Path]]
    ) -> None:
        storage.create(SAMPLE)
        _assert_closed(secret_files())
        storage.update("1000", {"password": "another-password"})
        _assert_closed(secret_files())


def _assert_closed(files: Iterable[Path]) -> None:
    modes = {str(file): stat.S_IMODE(file.stat().st_mode) for file in files}
    assert modes, "The storage has written no file."
    opened = {name: oct(mode) for name, mode in modes.items() if mode & stat.S_IRWXO}
    assert not opened, "Other users may read or write these files: make them with mode 0600."
