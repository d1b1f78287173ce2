"""A file is renamed without replacing another one, whatever the file system can."""

import os
import stat

import pytest
from tests.mounts import exfat, fixed_owners

from sipapp.api import SettingsError, has_entry, rename_exclusively
from sipapp.files.atomic_write import create_file, replace_file
from sipapp.files.signing_key import load_signing_key


def ordinary(folder):
    place = folder / "ordinary"
    place.mkdir()
    return place


@pytest.fixture(params=["ordinary", "exfat", "fixed_owners"])
def place(request, tmp_path):
    """A folder on a file system that renames in one step, by no means, or by a hard link."""
    if request.param == "ordinary":
        yield ordinary(tmp_path)
        return
    with {"exfat": exfat, "fixed_owners": fixed_owners}[request.param](tmp_path) as mounted:
        yield mounted


def test_a_name_that_is_free_is_taken(place):
    (place / "old").write_text("mine")
    is_one_step = rename_exclusively(str(place / "old"), str(place / "new"))
    assert {each.name: each.read_text() for each in place.iterdir()} == {"new": "mine"}
    assert is_one_step is (place.name != "exfat")


def test_a_name_that_is_taken_stays(place):
    (place / "old").write_text("mine")
    (place / "new").write_text("another's")
    directory = os.open(place, os.O_RDONLY)
    with pytest.raises(FileExistsError) as caught:
        rename_exclusively("old", "new", directory=directory)
    os.close(directory)
    assert caught.value.filename2 == "new"
    found = {each.name: each.read_text() for each in place.iterdir()}
    assert found == {"old": "mine", "new": "another's"}


def test_a_file_that_is_gone(place):
    with pytest.raises(FileNotFoundError):
        rename_exclusively(str(place / "old"), str(place / "new"))


def test_another_case_of_its_name_is_free(place):
    (place / "ada").write_text("mine")
    assert not has_entry(str(place / "Ada"), besides="ada")
    rename_exclusively(str(place / "ada"), str(place / "Ada"))
    assert [each.name for each in place.iterdir()] == ["Ada"]
    assert (place / "Ada").read_text() == "mine"


def test_another_file_whose_name_has_another_case_stays(place):
    (place / "ada").write_text("another's")
    (place / "new").write_text("mine")
    if place.name == "exfat":
        with pytest.raises(FileExistsError):
            rename_exclusively(str(place / "new"), str(place / "Ada"))
        assert {each.name: each.read_text() for each in place.iterdir()} == {
            "ada": "another's",
            "new": "mine",
        }
    else:
        rename_exclusively(str(place / "new"), str(place / "Ada"))
        assert (place / "ada").read_text() == "another's"


def test_a_kernel_or_library_that_does_not_know_the_call(tmp_path, monkeypatch):
    monkeypatch.setattr("sipapp.files.renames._libc", object())
    (tmp_path / "old").write_text("mine")
    assert rename_exclusively(str(tmp_path / "old"), str(tmp_path / "new"))
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_a_link_whose_old_name_cannot_be_removed_is_taken_back(tmp_path, monkeypatch):
    monkeypatch.setattr("sipapp.files.renames._libc", object())
    (tmp_path / "old").write_text("mine")
    real = os.unlink

    def refuse(name, **more):
        if str(name).endswith("old"):
            raise PermissionError(1, "Operation not permitted")
        real(name, **more)

    def rename(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        patch.setattr(os, "rename", rename)
        with pytest.raises(PermissionError):
            rename_exclusively(str(tmp_path / "old"), str(tmp_path / "new"))
    assert [each.name for each in tmp_path.iterdir()] == ["old"]


def test_files_of_the_server_can_be_made_and_replaced(place):
    create_file(place / "list", b"1")
    with pytest.raises(FileExistsError):
        create_file(place / "list", b"2")
    assert (place / "list").read_bytes() == b"1"
    replace_file(place / "list", b"3")
    assert (place / "list").read_bytes() == b"3"
    assert [each.name for each in place.iterdir()] == ["list"]


def test_a_secret_file_is_made_unless_everybody_can_read_there(place):
    file = place / "secret"
    if place.name == "exfat":
        with pytest.raises(SettingsError, match="open to others"):
            load_signing_key(file)
        return
    key = load_signing_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_signing_key(file) == key


@pytest.mark.parametrize("number", [22, 38, 95])
def test_a_file_system_that_cannot_sync_a_folder(tmp_path, monkeypatch, number):
    real = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    create_file(tmp_path / "list", b"1")
    assert (tmp_path / "list").read_bytes() == b"1"


def test_a_folder_that_the_disk_fails_to_sync_is_told(tmp_path, monkeypatch):
    real = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"):
        create_file(tmp_path / "list", b"1")
