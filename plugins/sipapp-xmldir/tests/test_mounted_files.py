"""Files that are mounted into the directory alone are shown, and told to be unchangeable."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.mounts import bound
from tests.unprivileged import only_root

from sipapp.api import ExtensionExists, ReadOnlyExtension, StorageUnavailable
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.files import mounts
from sipapp_xmldir.storage import XmlDirectory

FEW, MANY = 2, 40
"""So few files that each is looked at, and so many that the kernel tells which have changed."""


@pytest.fixture(params=[FEW, MANY])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "a folder"  # whose name the table of mounts has in another form
    place.mkdir()
    many = [replace(SAMPLE, id=str(1000 + each)) for each in range(request.param)]
    XmlDirectory(directory=place, create=False).create_many(many)
    return place


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def read_only(storage: XmlDirectory) -> dict[str, str]:
    return {each.id: each.read_only for each in storage.list() if each.read_only}


def codes(storage: XmlDirectory) -> list[tuple[str, str]]:
    found = storage.examine().findings
    return [(each.code, each.extension) for each in found if each.code == "mounted-file"]


@only_root
def test_a_mounted_file_is_known_before_a_change(directory: Path, tmp_path: Path):
    storage = XmlDirectory(directory=directory, create=False)
    assert read_only(storage) == {}
    source = tmp_path / "host.xml"
    source.write_bytes((directory / "1000.xml").read_bytes())
    with bound(source, directory / "1000.xml"):
        reason = read_only(storage)["1000"]
        assert reason.startswith("1000.xml is mounted there by itself")
        assert "mount the folder in place of the file" in reason
        assert list(read_only(storage)) == ["1000"]
        assert codes(storage) == [("mounted-file", "1000")]
        before = contents(directory)
        changes: list[Callable[[], object]] = [
            lambda: storage.update("1000", {"caller_id_name": "New"}),
            lambda: storage.set_enabled("1000", enabled=False),
            lambda: storage.rename("1000", "1999", {}),
            lambda: storage.delete("1000"),
        ]
        for change in changes:
            with pytest.raises(ReadOnlyExtension, match="mounted there by itself"):
                change()
        with pytest.raises(ExtensionExists):
            storage.create(SAMPLE)
        assert contents(directory) == before
        storage.update("1001", {"caller_id_name": "New"})
    assert read_only(storage) == {}
    assert codes(storage) == []
    storage.update("1000", {"caller_id_name": "New"})


@only_root
def test_a_change_where_a_mounted_file_comes_from_is_seen(directory: Path, tmp_path: Path):
    storage = XmlDirectory(directory=directory, create=False)
    source = tmp_path / "host.xml"
    source.write_bytes((directory / "1000.xml").read_bytes())
    with bound(source, directory / "1000.xml"):
        assert storage.get("1000").caller_id_name == SAMPLE.caller_id_name
        source.write_bytes(source.read_bytes().replace(b'"1000"', b'"1900"'))
        assert "1900" in read_only(storage)
    assert storage.get("1000").caller_id_name == SAMPLE.caller_id_name


@only_root
def test_a_mounted_file_of_a_disabled_extension(directory: Path, tmp_path: Path):
    storage = XmlDirectory(directory=directory, create=False)
    storage.set_enabled("1000", enabled=False)
    source = tmp_path / "host.xml"
    source.write_bytes((directory / "1000.xml.disabled").read_bytes())
    with bound(source, directory / "1000.xml.disabled"):
        with pytest.raises(ReadOnlyExtension, match="mounted there by itself"):
            storage.set_enabled("1000", enabled=True)
        assert codes(storage) == [("mounted-file", "1000")]
    assert storage.set_enabled("1000", enabled=True).enabled


@only_root
def test_a_name_that_is_a_mount_point_is_not_taken(directory: Path, tmp_path: Path):
    storage = XmlDirectory(directory=directory, create=False)
    source = tmp_path / "empty"
    source.touch()
    (directory / "1000.xml.disabled").touch()
    with (
        bound(source, directory / "1000.xml.disabled"),
        pytest.raises(ExtensionExists, match="There is a file"),
    ):
        storage.set_enabled("1000", enabled=False)
    assert storage.get("1000").enabled


@only_root
def test_a_file_that_was_mounted_in_the_very_moment(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The error says what the list could not know yet."""
    storage = XmlDirectory(directory=directory, create=False)
    storage.list()
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "no table of mounts here")
    unaware = XmlDirectory(directory=directory, create=False)
    source = tmp_path / "host.xml"
    source.write_bytes((directory / "1000.xml").read_bytes())
    with bound(source, directory / "1000.xml"):
        before = contents(directory)
        changes: list[Callable[[], object]] = [
            lambda: unaware.update("1000", {"caller_id_name": "New"}),
            lambda: unaware.set_enabled("1000", enabled=False),
            lambda: unaware.delete("1000"),
        ]
        for change in changes:
            with pytest.raises(StorageUnavailable, match="mount the folder in place of the file"):
                change()
        assert contents(directory) == before


@only_root
def test_a_mounted_folder_can_be_changed(directory: Path, tmp_path: Path):
    place = tmp_path / "place"
    place.mkdir()
    with bound(directory, place):
        storage = XmlDirectory(directory=place, create=False)
        storage.update("1000", {"caller_id_name": "New"})
        storage.set_enabled("1000", enabled=False)
        storage.set_enabled("1000", enabled=True)
        storage.rename("1000", "1999", {})
        storage.delete("1999")
        storage.create(SAMPLE)
        assert codes(storage) == []
    assert (directory / "1000.xml").exists()


@only_root
def test_a_folder_that_is_mounted_read_only_is_told_before_a_change(
    directory: Path, tmp_path: Path
):
    place = tmp_path / "place"
    place.mkdir()
    with bound(directory, place):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        storage = XmlDirectory(directory=place, create=False)
        assert storage.get("1000").id == "1000"
        for task in (storage.check, lambda: storage.delete("1000")):
            with pytest.raises(StorageUnavailable, match="mounted read-only"):
                task()
        assert [each.check for each in storage.diagnose()][-1] == "directory.modes"


def test_processes_after_a_fork_each_know_the_mounts(directory: Path):
    storage = XmlDirectory(directory=directory, create=False)
    storage.list()
    child = os.fork()
    if not child:
        os._exit(len(read_only(storage)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    storage.close()
    assert read_only(storage) == {}


def test_without_proc_all_else_works(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mounts, "DESCRIPTORS", tmp_path / "none")
    storage = XmlDirectory(directory=directory, create=False)
    storage.update("1000", {"caller_id_name": "New"})
    assert storage.get("1000").caller_id_name == "New"


# Symbolic links on the way


def test_a_link_on_the_way_is_followed(directory: Path, tmp_path: Path):
    link = tmp_path / "conf"
    link.symlink_to(directory.parent)
    storage = XmlDirectory(directory=link / directory.name, create=False)
    storage.update("1000", {"caller_id_name": "New"})
    disabled = storage.set_enabled("1000", enabled=False)
    storage.set_enabled("1000", enabled=True, version=disabled.version)
    kept = storage.snapshot("1000")
    storage.delete("1000")
    storage.restore("1000", kept, version=None)
    assert storage.get("1000").caller_id_name == "New"


def test_a_directory_that_is_a_link_itself_is_told_with_where_it_leads(
    directory: Path, tmp_path: Path
):
    link = tmp_path / "default"
    link.symlink_to(directory)
    storage = XmlDirectory(directory=link, create=False)
    for task in (storage.check, storage.list):
        with pytest.raises(StorageUnavailable) as caught:
            task()
        assert f"{link} is a symbolic link" in str(caught.value)
        assert str(caught.value).endswith(f"that it leads to: {directory}")
