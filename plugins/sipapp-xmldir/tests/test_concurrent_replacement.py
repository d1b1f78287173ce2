"""A file or the directory is replaced while a request uses it."""

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sipapp.api import StorageUnavailable, VersionConflict
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.directory import folder
from sipapp_xmldir.files import atomic_files, backup
from sipapp_xmldir.storage import XmlDirectory

ODD_NAME = "10\n00 \x1b[31m.xml"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "directory"
    path.mkdir()
    return path


@pytest.fixture
def storage(directory: Path) -> XmlDirectory:
    storage = XmlDirectory(directory=directory, create=False)
    storage.create(SAMPLE)
    return storage


@pytest.fixture
def after_reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something done just after a file was read to be changed."""

    def arrange(task: Callable[[], object]) -> None:
        real = folder.read_file

        def read_and_do(directory: int | None, name: str) -> tuple[bytes, os.stat_result]:
            found = real(directory, name)
            task()
            return found

        monkeypatch.setattr(folder, "read_file", read_and_do)

    return arrange


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("put", [pipe, folder_instead, Path.unlink])
def test_something_else_in_the_place_of_a_file(
    storage: XmlDirectory, directory: Path, after_reading: Callable[..., None], put: Callable
):
    after_reading(lambda: put(directory / "1000.xml"))
    with pytest.raises((VersionConflict, StorageUnavailable)):
        storage.update("1000", {"caller_id_name": "New"})
    assert not any(each.is_file() for each in directory.iterdir())


def test_a_pipe_in_the_place_of_a_file_that_is_kept_for_an_undo(directory: Path):
    os.mkfifo(directory / "1000.xml")
    descriptor = os.open(directory, os.O_RDONLY)
    # Had it waited for the pipe's other end, this would never end.
    assert backup.read_attributes(descriptor, "1000.xml") == {}
    os.close(descriptor)


def test_another_directory_in_the_place_of_this_one(
    storage: XmlDirectory, directory: Path, after_reading: Callable[..., None]
):
    other, old = directory.with_name("other"), directory.with_name("old")
    shutil.copytree(directory, other)
    before = (other / "1000.xml").read_bytes()

    def swap() -> None:
        directory.rename(old)
        other.rename(directory)

    after_reading(swap)
    with pytest.raises(StorageUnavailable, match="is in the directory that was there before"):
        storage.update("1000", {"caller_id_name": "New"})
    assert (directory / "1000.xml").read_bytes() == before
    assert b"New" in (old / "1000.xml").read_bytes()
    assert storage.get("1000").caller_id_name == SAMPLE.caller_id_name


def test_another_directory_while_the_lock_is_waited_for(
    storage: XmlDirectory, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    real = folder.locked

    def slow(descriptor: int, path: Path) -> object:
        directory.rename(directory.with_name("old"))
        directory.mkdir()
        return real(descriptor, path)

    monkeypatch.setattr(folder, "locked", slow)
    with pytest.raises(StorageUnavailable, match="Nothing was changed; try again"):
        storage.create(replace(SAMPLE, id="1001"))
    assert list(directory.iterdir()) == []
    assert [each.name for each in directory.with_name("old").iterdir()] == ["1000.xml"]


def test_a_name_with_line_ends_is_a_name(storage: XmlDirectory, directory: Path):
    (directory / "1000.xml").rename(directory / ODD_NAME)
    (extension,) = storage.list()
    assert (extension.id, extension.read_only) == ("1000", "")
    storage.update("1000", {"caller_id_name": "New"})
    assert [each.name for each in directory.iterdir()] == [ODD_NAME]
    storage.set_enabled("1000", enabled=False)
    storage.set_enabled("1000", enabled=True)
    storage.delete("1000")
    assert list(directory.iterdir()) == []


def test_temporary_files_are_readable_by_their_owner_only(
    storage: XmlDirectory, monkeypatch: pytest.MonkeyPatch
):
    """Also where the umask hides nothing, and before the owner of the file is known."""
    modes: list[int] = []
    real = atomic_files.apply_ownership

    def look(descriptor: int, *arguments: object, **more: bool) -> None:
        state = os.fstat(descriptor)
        assert state.st_size > 0
        modes.append(stat.S_IMODE(state.st_mode))
        real(descriptor, *arguments, **more)

    monkeypatch.setattr(atomic_files, "apply_ownership", look)
    umask = os.umask(0)
    try:
        storage.update("1000", {"caller_id_name": "New"})
        storage.create(replace(SAMPLE, id="1001"))
    finally:
        os.umask(umask)
    assert modes == [0o600, 0o600]
