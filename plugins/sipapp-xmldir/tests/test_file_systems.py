"""Every change works where links, owners or modes are missing, and on files of other owners."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.mounts import exfat, fixed_owners
from tests.unprivileged import only_root

from sipapp.api import Diagnosis, StorageUnavailable, VersionConflict
from sipapp.testing.storage_contract import SAMPLE
from sipapp_xmldir.files import account, atomic_files
from sipapp_xmldir.storage import XmlDirectory

FREESWITCH = 54321
"""A user without a name, as FreeSWITCH's in another container; its group has the same number."""
SIPAPP = 54322


@pytest.fixture(params=["exfat", "fixed_owners"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    with {"exfat": exfat, "fixed_owners": fixed_owners}[request.param](tmp_path) as place:
        yield place


@pytest.fixture
def shared(open_folder: Path) -> Path:
    """A directory as docs/freeswitch.md makes it: of FreeSWITCH's user, with a shared group."""
    place = open_folder / "default"
    place.mkdir()
    XmlDirectory(directory=place, create=False).create(SAMPLE)
    os.chown(place, FREESWITCH, FREESWITCH)
    place.chmod(0o2770)
    os.chown(place / "1000.xml", FREESWITCH, FREESWITCH)
    (place / "1000.xml").chmod(0o640)
    return place


@pytest.fixture
def as_sipapp(shared: Path) -> Iterator[Path]:
    """The directory, while we are a user of FreeSWITCH's group."""
    before = os.getgroups()
    os.setgroups([FREESWITCH])
    os.setegid(SIPAPP)
    os.seteuid(SIPAPP)
    yield shared
    os.seteuid(0)
    os.setegid(0)
    os.setgroups(before)


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def every_change(folder: Path) -> None:
    """Make every kind of change, and undo it to the byte."""
    storage = XmlDirectory(directory=folder, create=False)
    storage.check()
    if not storage.list():
        storage.create(SAMPLE)
    before = contents(folder)
    kept = storage.snapshot("1000")

    edited = storage.update("1000", {"caller_id_name": "Zoë"})
    assert storage.get("1000").caller_id_name == "Zoë"
    storage.restore("1000", kept, version=edited.version)
    assert contents(folder) == before

    disabled = storage.set_enabled("1000", enabled=False)
    assert contents(folder) == {"1000.xml.disabled": before["1000.xml"]}
    storage.set_enabled("1000", enabled=True, version=disabled.version)
    assert contents(folder) == before

    renamed = storage.rename("1000", "1001", {})
    assert list(contents(folder)) == ["1001.xml"]
    storage.restore("1001", kept, version=renamed.version)
    assert contents(folder) == before

    storage.delete("1000")
    assert contents(folder) == {}
    storage.restore("1000", kept, version=None)
    assert contents(folder) == before

    (made,) = storage.create_many([replace(SAMPLE, id="1002")])
    storage.delete("1002", version=made.version)
    assert contents(folder) == before


def doctor(folder: Path, user: str = "") -> list[Diagnosis]:
    storage = XmlDirectory(directory=folder, create=False, freeswitch_user=user)
    return [each for each in storage.diagnose() if each.check == "directory.file-system"]


# Without hard links, owners, modes


def test_every_change_works(folder: Path):
    every_change(folder)


def test_no_file_is_replaced_by_a_new_one(folder: Path):
    storage = XmlDirectory(directory=folder, create=False)
    storage.create(SAMPLE)
    (folder / "1001.xml").write_text("a file of somebody")
    (folder / "1000.xml.disabled").write_text("another one")
    before = contents(folder)
    for change in (
        lambda: storage.create(replace(SAMPLE, id="1001")),
        lambda: storage.rename("1000", "1001", {}),
        lambda: storage.set_enabled("1000", enabled=False),
    ):
        with pytest.raises(Exception, match="There is a file"):
            change()
        assert contents(folder) == before


def test_an_id_may_change_its_case(tmp_path: Path):
    with exfat(tmp_path) as folder:
        storage = XmlDirectory(directory=folder, create=False)
        storage.create(replace(SAMPLE, id="ada"))
        storage.rename("ada", "Ada", {})
        assert [each.id for each in storage.list()] == ["Ada"]
        assert list(contents(folder)) == ["Ada.xml"]


@only_root
def test_a_file_that_came_from_elsewhere_comes_back_without_its_attributes(
    folder: Path, tmp_path: Path
):
    old = tmp_path / "old"
    old.mkdir()
    storage = XmlDirectory(directory=old, create=False)
    storage.create(SAMPLE)
    os.setxattr(old / "1000.xml", "user.note", b"kept")
    (old / "1000.xml").chmod(0o600)
    packed = storage.pack(storage.snapshot("1000"))
    new = XmlDirectory(directory=folder, create=False)
    new.restore("1000", new.unpack(packed), version=None)
    assert contents(folder) == contents(old)


def test_the_doctor_says_what_exfat_lacks(tmp_path: Path):
    with exfat(tmp_path) as folder:
        modes, renaming = doctor(folder)
    assert (modes.level, renaming.level) == ("warning", "warning")
    assert "does not change modes (chmod): a new file has 0755" in modes.found
    assert "everybody on this machine can read it" in modes.found
    assert "umask=027" in modes.remedy
    assert "no hard links" in renaming.found


def test_the_doctor_is_content_with_modes_that_keep_others_out(tmp_path: Path):
    with exfat(tmp_path, "umask=0077") as folder:
        modes, _ = doctor(folder)
        assert modes.level == "ok"
        assert doctor(folder, "nobody")[0].level == "fault"


def test_a_password_that_everybody_can_read_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with exfat(tmp_path) as folder:
        XmlDirectory(directory=folder, create=False).create(SAMPLE)
    assert "1000.xml holds a password, and everybody on this machine can read it" in caplog.text
    assert "its file system does not change modes" in caplog.text


def test_a_file_that_would_lose_its_readers_is_not_written(tmp_path: Path):
    with fixed_owners(tmp_path) as folder:
        storage = XmlDirectory(directory=folder, create=False)
        storage.create(SAMPLE)
        (tmp_path / "source" / "1000.xml").chmod(0o640)
        before = contents(folder)
        with pytest.raises(StorageUnavailable, match=r"1000\.xml would get the mode 0600 in place"):
            storage.update("1000", {"caller_id_name": "New"})
        assert contents(folder) == before
        (line,) = doctor(folder, "nobody")
        assert line.level == "fault"
        assert "FreeSWITCH's user nobody cannot read it" in line.found


def test_the_doctor_says_that_groups_cannot_be_given(tmp_path: Path):
    with fixed_owners(tmp_path) as folder:
        os.chown(tmp_path / "source", -1, FREESWITCH)
        lines = doctor(folder)
    assert [each for each in lines if f"chmod g+s {folder}" in each.remedy]


def test_the_doctor_is_content_with_an_ordinary_directory(tmp_path: Path):
    (line,) = doctor(tmp_path)
    assert line.level == "ok"
    assert list(tmp_path.iterdir()) == []


@only_root
def test_the_doctor_says_that_nothing_can_be_renamed(tmp_path: Path):
    if os.system(f"chattr +a {tmp_path} 2>/dev/null"):  # noqa: S605
        pytest.skip("this file system has no attribute for append only")
    try:
        lines = doctor(tmp_path)
    finally:
        os.system(f"chattr -a {tmp_path}")  # noqa: S605
    assert lines[-1].level == "fault"
    assert "cannot be renamed" in lines[-1].found


# Files of another owner


@only_root
def test_files_of_another_owner_in_a_shared_group(as_sipapp: Path):
    """Also where Linux lets nobody link a file that he may not write (fs.protected_hardlinks)."""
    every_change(as_sipapp)
    state = (as_sipapp / "1000.xml").stat()
    assert (state.st_gid, stat.S_IMODE(state.st_mode)) == (FREESWITCH, 0o640)
    assert findings(as_sipapp) == []


@only_root
def test_the_first_change_of_a_file_of_another_owner_may_be_to_disable_it(as_sipapp: Path):
    shared = as_sipapp
    storage = XmlDirectory(directory=shared, create=False)
    assert not storage.set_enabled("1000", enabled=False).enabled
    assert list(contents(shared)) == ["1000.xml.disabled"]


def findings(folder: Path) -> list[tuple[str, str, str]]:
    found = XmlDirectory(directory=folder, create=False).examine().findings
    return [
        (each.code, each.extension, each.remedy)
        for each in found
        if each.code in {"unchangeable", "unreadable"}
    ]


@only_root
def test_a_sticky_directory_is_told_before_a_change(as_sipapp: Path):
    shared = as_sipapp
    os.seteuid(0)
    shared.chmod(0o3770)
    os.seteuid(SIPAPP)
    assert findings(shared) == [("unchangeable", "1000", f"chmod -t {shared}")]
    storage = XmlDirectory(directory=shared, create=False)
    before = contents(shared)
    for change in (
        lambda: storage.update("1000", {"caller_id_name": "New"}),
        lambda: storage.set_enabled("1000", enabled=False),
        lambda: storage.delete("1000"),
    ):
        with pytest.raises(StorageUnavailable, match=rf"sticky bit .*: chmod -t {shared}"):
            change()
        assert contents(shared) == before
    os.seteuid(0)
    shared.chmod(0o2770)
    os.seteuid(SIPAPP)
    assert findings(shared) == []
    every_change(shared)


@only_root
def test_a_file_that_would_be_lost_to_its_owner_is_told_before_a_change(as_sipapp: Path):
    shared = as_sipapp
    os.seteuid(0)
    os.chown(shared, SIPAPP, SIPAPP)
    os.chown(shared / "1000.xml", FREESWITCH, SIPAPP)  # whose group is not FreeSWITCH's
    os.seteuid(SIPAPP)
    ((code, extension, remedy),) = findings(shared)
    assert (code, extension) == ("unchangeable", "1000")
    assert "chmod 0640" in remedy
    with pytest.raises(StorageUnavailable, match="could not read it"):
        XmlDirectory(directory=shared, create=False).update("1000", {"caller_id_name": "New"})
    os.seteuid(0)
    (shared / "1000.xml").chmod(0o644)
    os.seteuid(SIPAPP)
    assert findings(shared) == []
    every_change(shared)


FINDINGS = """
import sys
from pathlib import Path
from sipapp_xmldir.storage import XmlDirectory

storage = XmlDirectory(directory=Path(sys.argv[1]), create=False)
print([each.code for each in storage.examine().findings if each.code == "unchangeable"])
"""


@only_root
@pytest.mark.parametrize("mode", [0o2770, 0o3770])
def test_roots_rights_that_a_container_lacks_are_told_before_a_change(shared: Path, mode: int):
    """As with ``docker run --cap-drop ALL``."""
    shared.chmod(mode)
    os.chown(shared / "1000.xml", FREESWITCH, FREESWITCH + 1)
    command = ["setpriv", "--bounding-set", "-chown,-fowner"]
    program = [sys.executable, "-c", FINDINGS, str(shared)]
    found = subprocess.run([*command, *program], check=True, capture_output=True, text=True)
    assert found.stdout == "['unchangeable']\n"
    found = subprocess.run(program, check=True, capture_output=True, text=True)
    assert found.stdout == "[]\n"


@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_users_and_groups_that_a_container_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
):
    """As in a rootless one, where chown(2) fails with EINVAL (tried by hand)."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fchown", refuse)
    every_change(tmp_path)


@only_root
def test_without_proc_root_is_taken_for_whom_it_is(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(account, "OWN_STATUS", tmp_path / "none")
    os.chown(shared / "1000.xml", FREESWITCH, FREESWITCH + 1)
    assert findings(shared) == []  # root may give files away


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_full_disk_lets_a_file_be_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_changed: bool
):
    """Also where its folder has no room for another name."""
    storage = XmlDirectory(directory=tmp_path, create=False)
    storage.create(SAMPLE)

    def full(name: str, *_: object, **__: object) -> bool:
        if is_changed:
            (tmp_path / name).write_text("theirs")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic_files, "rename_exclusively", full)
    if is_changed:
        with pytest.raises(VersionConflict):
            storage.delete("1000")
        assert contents(tmp_path) == {"1000.xml": b"theirs"}
    else:
        storage.delete("1000")
        assert contents(tmp_path) == {}


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    storage = XmlDirectory(directory=tmp_path, create=False)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fchown", fail)
    with pytest.raises(StorageUnavailable, match="Input/output error"):
        storage.create(SAMPLE)
    assert contents(tmp_path) == {}


@only_root
def test_an_immutable_file_is_told_by_the_error(shared: Path):
    file = shared / "1000.xml"
    if os.system(f"chattr +i {file} 2>/dev/null"):  # noqa: S605
        pytest.skip("this file system has no attribute for immutable")
    storage = XmlDirectory(directory=shared, create=False)
    try:
        with pytest.raises(StorageUnavailable, match="immutable: lsattr"):
            storage.delete("1000")
    finally:
        os.system(f"chattr -i {file}")  # noqa: S605
    storage.delete("1000")


# Clocks


def test_a_change_that_leaves_size_and_time_is_seen(tmp_path: Path):
    """FAT has times in steps of two seconds; exFAT through FUSE in those of one."""
    with exfat(tmp_path) as folder:
        storage = XmlDirectory(directory=folder, create=False)
        storage.create(SAMPLE)
        file = folder / "1000.xml"
        for name in ("Abc", "Def", "Ghi", "Jkl"):
            storage.list()
            old = storage.get("1000").caller_id_name
            state = file.stat()
            if old == name:
                continue
            data = file.read_bytes().replace(old.encode(), name.encode())
            with file.open("r+b") as opened:
                opened.write(data)
                opened.truncate(len(data))
            os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
            assert storage.get("1000").caller_id_name == name
