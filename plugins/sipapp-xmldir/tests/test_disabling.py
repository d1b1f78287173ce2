"""FreeSWITCH does not read a disabled extension; enabling it restores every byte."""

import os
from pathlib import Path

import pytest

from sipapp.api import Extension, ExtensionExists, ReadOnlyExtension
from sipapp_xmldir.storage import XmlDirectory

ODD = (
    b'<include>\r\n <user id="1000"><params><param name="password" value="x"/></params></user>\r\n'
)
ODD += b"</include>"


@pytest.fixture
def storage(tmp_path: Path) -> XmlDirectory:
    return XmlDirectory(directory=tmp_path, create=False)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("neighbours", [0, 60])
def test_the_file_gets_a_name_that_the_glob_does_not_match(
    storage: XmlDirectory, tmp_path: Path, neighbours: int
):
    storage.create_many([Extension(str(2000 + each), password="p") for each in range(neighbours)])
    file = tmp_path / "ada.xml"
    file.write_bytes(ODD)
    file.chmod(0o604)
    before = file.stat()
    storage.set_enabled("1000", enabled=False)
    assert not [each for each in tmp_path.glob("*.xml") if each.read_bytes() == ODD]
    assert (tmp_path / "ada.xml.disabled").read_bytes() == ODD
    (listed,) = [each for each in storage.list() if not each.enabled]
    assert listed.id == "1000"
    assert len(storage.list()) == neighbours + 1
    storage.set_enabled("1000", enabled=True)
    assert file.read_bytes() == ODD
    after = file.stat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (
        before.st_ino,
        before.st_mode,
        before.st_mtime_ns,
    )
    assert all(each.enabled for each in storage.list())


def test_a_file_that_is_disabled_by_hand_is_listed_as_disabled(
    storage: XmlDirectory, tmp_path: Path
):
    storage.create(Extension("1000", password="p"))
    (tmp_path / "1000.xml").rename(tmp_path / "1000.xml.disabled")
    assert [each.enabled for each in storage.list()] == [False]
    (tmp_path / "1000.xml.disabled").rename(tmp_path / "1000.xml")
    assert [each.enabled for each in storage.list()] == [True]


def test_what_is_no_extension_and_what_is_there_twice_is_not_listed(
    storage: XmlDirectory, tmp_path: Path
):
    storage.create(Extension("1000", password="p"))
    (tmp_path / "1000.xml.disabled").write_bytes(ODD)
    (tmp_path / "junk.xml.disabled").write_text("junk")
    (tmp_path / ".hidden.xml.disabled").write_bytes(ODD)
    assert [(each.id, each.enabled) for each in storage.list()] == [("1000", True)]
    assert storage.find_fault() == storage.find_fault(thorough=True) == ""


def test_no_file_is_overwritten(storage: XmlDirectory, tmp_path: Path):
    storage.create(Extension("1000", password="p"))
    (tmp_path / "1000.xml.disabled").write_text("an old one")
    with pytest.raises(ExtensionExists, match=r"1000\.xml\.disabled"):
        storage.set_enabled("1000", enabled=False)
    assert (tmp_path / "1000.xml.disabled").read_text() == "an old one"
    assert storage.get("1000").enabled


def test_a_rename_that_was_killed_half_way_is_finished(storage: XmlDirectory, tmp_path: Path):
    storage.create(Extension("1000", password="p"))
    os.link(tmp_path / "1000.xml", tmp_path / "1000.xml.disabled")
    assert storage.get("1000").enabled
    assert not storage.set_enabled("1000", enabled=False).enabled
    assert names(tmp_path) == ["1000.xml.disabled"]


def test_disabling_does_not_uncover_another_user(storage: XmlDirectory, tmp_path: Path):
    storage.create(Extension("1000", password="p"))
    (tmp_path / "zz.xml").write_bytes(ODD)
    with pytest.raises(ReadOnlyExtension, match=r"zz\.xml"):
        storage.set_enabled("1000", enabled=False)
    assert "1000.xml" in names(tmp_path)


def test_a_change_of_a_disabled_extension_leaves_no_other_file(
    storage: XmlDirectory, tmp_path: Path
):
    storage.create(Extension("1000", password="p"))
    storage.set_enabled("1000", enabled=False)
    (tmp_path / ".1000.xml.disabled.0123456789ab.tmp").write_text("of a killed writer")
    assert storage.update("1000", {"password": "new"}).password == "new"
    assert names(tmp_path) == ["1000.xml.disabled"]
