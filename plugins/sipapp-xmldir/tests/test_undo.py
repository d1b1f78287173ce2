"""An undo restores content, owner and mode; an error of a reload is named with its line."""

import os
from pathlib import Path

import pytest
from tests.counted_steps import steps

from sipapp.api import Extension, ExtensionExists, ExtensionStorage
from sipapp_xmldir.storage import XmlDirectory

# A declaration, CR LF, a comment, odd spacing, a setting of nobody's, no line end at the end.
ODD = (
    b'<?xml version="1.0"?>\r\n<include>\r\n <!-- Ada\'s -->\r\n <user id="1000" >\r\n'
    b"  <params><param name='password'   value=\"s3cret\"/></params>\r\n"
    b'  <variables><variable name="mine" value="a&#10;b"/></variables>\r\n </user>\r\n</include>'
)
BROKEN = '<include>\n  <user id="zz">\n    <params>\n  </user>\n</include>\n'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "conf" / "directory" / "default"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def storage(directory: Path) -> XmlDirectory:
    return XmlDirectory(directory=directory, create=False)


def state(file: Path) -> tuple[bytes, int, int, int, dict[str, bytes]]:
    found = file.stat()
    attributes = {name: os.getxattr(file, name) for name in os.listxattr(file)}
    return file.read_bytes(), found.st_mode, found.st_uid, found.st_gid, attributes


def odd_file(directory: Path) -> Path:
    # Not named after the extension: that, too, has to stay.
    file = directory / "0-ada.xml"
    file.write_bytes(ODD)
    file.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(file, 1234, 2345)
    os.setxattr(file, "user.note", b"hers")
    return file


@pytest.mark.parametrize(
    "changes", [{"caller_id_name": "New"}, {"password": "new", "callgroup": "x"}, None], ids=str
)
def test_every_byte_owner_and_attribute_is_restored_and_no_password_for_everybody(
    storage: ExtensionStorage, directory: Path, changes: dict[str, str] | None
):
    file = odd_file(directory)
    before = state(file)
    snapshot = storage.snapshot("1000")
    if changes is None:
        storage.delete("1000")
        assert not file.exists()
        storage.restore("1000", snapshot, version=None)
    else:
        version = storage.update("1000", changes).version
        assert file.read_bytes() != ODD
        storage.restore("1000", snapshot, version=version)
    data, mode, *others = before
    # Whose file gets a password of its own, a deleted one too, is closed to others.
    gets_password = changes is None or "password" in changes
    assert state(file) == (data, mode & ~0o007 if gets_password else mode, *others)
    assert [*directory.iterdir()] == [file]


def test_a_new_file_in_the_place_of_a_deleted_one_is_left_alone(
    storage: ExtensionStorage, directory: Path
):
    file = odd_file(directory)
    snapshot = storage.snapshot("1000")
    storage.delete("1000")
    file.write_text("theirs")
    with pytest.raises(ExtensionExists, match=r"0-ada\.xml already, and it holds another"):
        storage.restore("1000", snapshot, version=None)
    assert file.read_text() == "theirs"
    assert [*directory.iterdir()] == [file]


def test_a_snapshot_does_not_show_passwords(storage: ExtensionStorage, directory: Path):
    odd_file(directory)
    assert "s3cret" not in repr(storage.snapshot("1000"))


def test_a_backup_takes_no_more_steps_among_many(tmp_path: Path):
    def cost(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(1000, 1000 + count):
            (folder / f"{number}.xml").write_bytes(ODD.replace(b"1000", b"%d" % number))
        storage = XmlDirectory(directory=folder, create=False)
        storage.list()
        # Each change is backed up, and the directory is another one after each.
        storage.update("1000", {"caller_id_name": "New"})
        storage.list()
        return steps(lambda: storage.snapshot("1000"))

    # Few files are not watched, and looked at one by one.
    assert cost(400) < 1.5 * cost(50)


def test_a_broken_neighbour_is_named_with_the_line(storage: ExtensionStorage, directory: Path):
    storage.create(Extension("1000", password="Pass-1"))
    assert storage.find_fault() == ""
    (directory / "zz.xml").write_text(BROKEN)
    assert storage.find_fault() == f"{directory}/zz.xml, line 4"
    (directory / "zz.xml").unlink()
    assert storage.find_fault() == ""


@pytest.mark.parametrize(
    "text",
    [
        '<include><user id="a" type="pointer"/></include>',
        "nothing but text\n",
        "<!DOCTYPE a>\n<include>\n</include>\n",
        "<include>\n<user/>\n</include>\n",
    ],
)
def test_what_freeswitch_can_read_is_no_fault(storage: XmlDirectory, directory: Path, text: str):
    (directory / "odd.xml").write_text(text)
    assert storage.find_fault() == storage.find_fault(thorough=True) == ""


@pytest.fixture
def configuration(directory: Path) -> Path:
    conf = directory.parent.parent
    (conf / "freeswitch.xml").write_text(
        '<document type="freeswitch/xml">\n'
        '  <X-PRE-PROCESS cmd="include" data="dialplan.xml"/>\n'
        '  <section name="directory">\n'
        '    <X-PRE-PROCESS cmd="include" data="directory/default/*.xml"/>\n'
        "  </section>\n</document>\n"
    )
    (conf / "dialplan.xml").write_text('<include>\n<section name="dialplan"/>\n</include>\n')
    return conf


def test_a_fault_elsewhere_in_the_configuration_is_found_after_a_refusal(
    storage: ExtensionStorage, configuration: Path
):
    storage.create(Extension("1000", password="Pass-1"))
    dialplan = configuration / "dialplan.xml"
    # The line end in the value is what FreeSWITCH does not count.
    dialplan.write_text('<include>\n<a b="1\n2"/>\n<section>\n</sektion>\n</include>\n')
    assert storage.find_fault(thorough=True) == f"{dialplan}, line 5"
    assert storage.find_fault() == ""  # it costs too much to look there before each change


@pytest.mark.usefixtures("configuration")
def test_an_element_that_is_not_closed_is_found_where_it_begins(
    storage: ExtensionStorage, directory: Path
):
    (directory / "1000.xml").write_text('<include>\n\n<user id="1000">\n</include>\n')
    storage.create(Extension("1001", password="Pass-1"))
    assert storage.find_fault() == f"{directory}/1000.xml, line 3"


def test_an_included_hang_is_named(storage: ExtensionStorage, configuration: Path):
    file = configuration / "dialplan.xml"
    file.write_text('\n<X-PRE-PROCESS cmd="include" data="{a"/>\n')
    assert storage.find_fault(thorough=True) == f"{file}, line 2"


@pytest.mark.usefixtures("configuration")
def test_a_file_that_is_not_included_breaks_nothing(storage: ExtensionStorage, directory: Path):
    root = directory.parent.parent / "freeswitch.xml"
    root.write_text('<document type="freeswitch/xml">\n</document>\n')
    (directory / "zz.xml").write_text(BROKEN)
    assert storage.find_fault() == ""
