"""Another id for the same file: every other byte stays, and so do owner, mode and attributes."""

import os
from pathlib import Path

import pytest

from sipapp.api import (
    Extension,
    ExtensionExists,
    InvalidExtension,
    ReadOnlyExtension,
    StorageError,
    VersionConflict,
)
from sipapp_xmldir.storage import XmlDirectory

ODD = (
    b'<?xml version="1.0"?>\r\n<include>\r\n <!-- 1000 is Ada\'s -->\r\n'
    b" <user mailbox='1000'  id = '1000' >\r\n"
    b"  <params><param name='password'   value=\"$${default_password}\"/></params>\r\n"
    b'  <variables><variable name="mine" value="1000"/></variables>\r\n'
    b"  <vcard/>\r\n </user>\r\n</include>"
)
HASHED = (
    '<include>\n  <user id="1000">\n    <params>\n'
    '      <param name="a1-hash" value="0123456789abcdef0123456789abcdef"/>\n'
    "    </params>\n  </user>\n</include>\n"
)


@pytest.fixture
def storage(tmp_path: Path) -> XmlDirectory:
    return XmlDirectory(directory=tmp_path, create=False)


def state(file: Path) -> tuple[int, int, int, dict[str, bytes]]:
    found = file.stat()
    attributes = {name: os.getxattr(file, name) for name in os.listxattr(file)}
    return found.st_mode, found.st_uid, found.st_gid, attributes


def odd_file(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_bytes(ODD)
    file.chmod(0o604)
    os.setxattr(file, "user.note", b"hers")
    return file


@pytest.mark.parametrize(
    ("name", "after"), [("1000.xml", "2000.xml"), ("ada.xml", "ada.xml")], ids=str
)
def test_only_the_id_changes_and_the_name_of_a_file_called_after_it(
    storage: XmlDirectory, tmp_path: Path, name: str, after: str
):
    before = state(odd_file(tmp_path, name))
    snapshot = storage.snapshot("1000")
    renamed = storage.rename("1000", "2000", {})
    assert [*tmp_path.iterdir()] == [tmp_path / after]
    file = tmp_path / after
    assert file.read_bytes() == ODD.replace(b"id = '1000'", b"id = '2000'")
    assert state(file) == before
    assert renamed.source == str(file)
    storage.restore("2000", snapshot, version=renamed.version)
    assert [*tmp_path.iterdir()] == [tmp_path / name]
    assert (tmp_path / name).read_bytes() == ODD
    assert state(tmp_path / name) == before


def test_values_change_in_the_same_step(storage: XmlDirectory, tmp_path: Path):
    odd_file(tmp_path, "1000.xml")
    storage.rename("1000", "2000", {"password": 'n"ew', "accountcode": "2000"})
    text = (tmp_path / "2000.xml").read_text()
    assert 'value="n&quot;ew"' in text
    assert '<variable name="accountcode" value="2000"/>' in text


def test_a_hash_of_the_password_needs_a_new_password(storage: XmlDirectory, tmp_path: Path):
    file = tmp_path / "1000.xml"
    file.write_text(HASHED)
    with pytest.raises(InvalidExtension, match="fits the old id only"):
        storage.rename("1000", "2000", {})
    assert file.read_text() == HASHED
    storage.rename("1000", "2000", {"password": "new"})
    text = (tmp_path / "2000.xml").read_text()
    assert "a1-hash" not in text
    assert 'name="password" value="new"' in text
    assert not file.exists()


def test_a_disabled_one_stays_disabled(storage: XmlDirectory, tmp_path: Path):
    storage.create(Extension("1000", password="p"))
    storage.set_enabled("1000", enabled=False)
    assert not storage.rename("1000", "2000", {}).enabled
    assert [each.name for each in tmp_path.iterdir()] == ["2000.xml.disabled"]
    assert storage.set_enabled("2000", enabled=True).id == "2000"


@pytest.mark.parametrize("new_id", ["", "../x", "a/b", ".hidden", "x\n"])
def test_an_id_that_leads_elsewhere_is_refused(storage: XmlDirectory, tmp_path: Path, new_id: str):
    odd_file(tmp_path, "1000.xml")
    with pytest.raises(InvalidExtension):
        storage.rename("1000", new_id, {})
    assert (tmp_path / "1000.xml").read_bytes() == ODD


def test_no_file_is_overwritten(storage: XmlDirectory, tmp_path: Path):
    odd_file(tmp_path, "1000.xml")
    (tmp_path / "2000.xml").write_text("an old one")
    with pytest.raises(ExtensionExists, match=r"2000\.xml"):
        storage.rename("1000", "2000", {})
    assert (tmp_path / "1000.xml").read_bytes() == ODD
    assert (tmp_path / "2000.xml").read_text() == "an old one"


def test_whom_freeswitch_would_confuse_with_another_is_refused(
    storage: XmlDirectory, tmp_path: Path
):
    storage.create(Extension("1000", password="p"))
    (tmp_path / "zz.xml").write_text(
        '<include>\n<user id="zz" number-alias="2000">\n<params>\n'
        '<param name="password" value="x"/>\n</params>\n</user>\n</include>\n'
    )
    with pytest.raises(ExtensionExists, match="number-alias"):
        storage.rename("1000", "2000", {})
    (tmp_path / "zz.xml").write_bytes(ODD)
    with pytest.raises(ReadOnlyExtension, match=r"zz\.xml"):
        storage.rename("1000", "3000", {})
    assert (tmp_path / "1000.xml").exists()


def test_a_new_name_behind_a_file_that_swallows_it_is_refused(
    storage: XmlDirectory, tmp_path: Path
):
    storage.create(Extension("1000", password="p"))
    (tmp_path / "1999.xml").write_text('<include>\n  <user id="1999" cidr="/>\n</include>\n')
    with pytest.raises(StorageError, match=r"not closed in 1999\.xml swallows it"):
        storage.rename("1000", "2000", {})
    assert (tmp_path / "1000.xml").exists()


def test_what_an_editor_has_not_seen_is_not_renamed(storage: XmlDirectory, tmp_path: Path):
    version = storage.create(Extension("1000", password="p")).version
    odd_file(tmp_path, "1000.xml")
    with pytest.raises(VersionConflict):
        storage.rename("1000", "2000", {}, version=version)
    assert (tmp_path / "1000.xml").read_bytes() == ODD
