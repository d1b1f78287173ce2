"""Who can read the files that hold passwords: FreeSWITCH, and nobody else if that is possible."""

import logging
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sipapp.api import Extension
from sipapp_xmldir.files import account
from sipapp_xmldir.storage import XmlDirectory

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")

SAMPLE = Extension(id="1000", password="s3cret-kR7", user_context="default")
INHERITS = """<include>
  <user id="1000">
    <params>
      <param name="password" value="$${default_password}"/>
      <param name="vm-password" value=""/>
    </params>
    <variables>
      <variable name="user_context" value="default"/>
    </variables>
  </user>
</include>
"""


@pytest.fixture
def directory(open_folder: Path) -> Path:
    """A directory as FreeSWITCH's installation makes it: everybody may look."""
    folder = open_folder / "default"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "1001.xml").write_text(INHERITS.replace("1000", "1001"))
    (folder / "1001.xml").chmod(0o644)
    return folder


@pytest.fixture(autouse=True)
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs that run on this machine: none at first."""
    folder = tmp_path / "proc"
    folder.mkdir()
    monkeypatch.setattr(account, "PROCESSES", folder)
    return folder


def made(directory: Path, **options: str) -> XmlDirectory:
    return XmlDirectory(directory=directory, create=False, **options)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def being(name: str) -> Iterator[None]:
    """Be another user of the machine for a while, with that one's groups."""
    entry, before = pwd.getpwnam(name), os.getgroups()
    os.setgroups([entry.pw_gid])
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


def readers(path: Path, *names: str) -> list[str]:
    """Those of the users who can really read a file."""
    found = []
    for name in names:
        with being(name), suppress(PermissionError):
            path.read_bytes()
            found.append(name)
    return found


@pytest.mark.parametrize("umask", [0o000, 0o027, 0o077], ids=oct)
def test_a_new_file_is_closed_whatever_its_neighbours_are(directory: Path, umask: int):
    before = os.umask(umask)
    try:
        made(directory).create(SAMPLE)
    finally:
        os.umask(before)
    assert mode(directory / "1000.xml") == 0o640
    assert mode(directory / "1001.xml") == 0o644


@only_root
def test_freeswitchs_group_gets_the_file_that_it_could_not_read_otherwise(
    directory: Path, caplog: pytest.LogCaptureFixture
):
    storage = made(directory, freeswitch_user="daemon")
    storage.create(SAMPLE)
    assert readers(directory / "1000.xml", "daemon", "nobody") == ["daemon"]
    assert caplog.records == []


@only_root
def test_freeswitch_that_runs_here_is_asked_for_when_no_user_is_named(
    directory: Path, processes: Path
):
    (processes / "7").mkdir()
    (processes / "7" / "comm").write_text("freeswitch\n")
    os.chown(processes / "7", pwd.getpwnam("daemon").pw_uid, -1)
    made(directory).create(SAMPLE)
    assert readers(directory / "1000.xml", "daemon", "nobody") == ["daemon"]


@only_root
def test_a_file_that_freeswitch_could_not_read_otherwise_stays_open_and_that_is_said(
    directory: Path, caplog: pytest.LogCaptureFixture
):
    # sipapp is no member of FreeSWITCH's group, and not root.
    os.chown(directory, pwd.getpwnam("nobody").pw_uid, -1)
    storage = made(directory, freeswitch_user="daemon")
    with being("nobody"), caplog.at_level(logging.WARNING):
        storage.create(SAMPLE)
    assert readers(directory / "1000.xml", "daemon", "bin") == ["daemon", "bin"]
    (said,) = caplog.messages
    assert "1000.xml holds a password, and everybody on this machine can read it: daemon" in said
    assert "s3cret" not in said
    modes = {line.check: line for line in storage.diagnose()}["directory.modes"]
    assert modes.level == "warning"


@only_root
def test_a_group_that_may_write_keeps_its_rights(directory: Path, caplog: pytest.LogCaptureFixture):
    bin_group = pwd.getpwnam("bin").pw_gid
    os.chown(directory / "1001.xml", 0, bin_group)
    (directory / "1001.xml").chmod(0o664)
    made(directory, freeswitch_user="daemon").create(SAMPLE)
    state = (directory / "1000.xml").stat()
    assert (state.st_gid, stat.S_IMODE(state.st_mode)) == (bin_group, 0o664)
    assert len(caplog.messages) == 1


def test_a_file_is_closed_when_it_gets_a_password_of_its_own(directory: Path):
    storage = made(directory)
    storage.update("1001", {"caller_id_name": "Ada"})
    assert mode(directory / "1001.xml") == 0o644
    storage.update("1001", {"password": "s3cret-kR7"})
    assert mode(directory / "1001.xml") == 0o640


@pytest.mark.parametrize("field", ["password", "vm_password"])
def test_renaming_with_a_new_password_closes_the_file(directory: Path, field: str):
    made(directory).rename("1001", "2000", {field: "s3cret-kR7"})
    assert mode(directory / "2000.xml") == 0o640


def test_what_an_undo_writes_is_closed(directory: Path):
    storage = made(directory)
    storage.create(SAMPLE)
    file = directory / "1000.xml"
    file.chmod(0o644)
    snapshot = storage.snapshot("1000")
    storage.delete("1000")
    storage.restore("1000", snapshot, version=None)
    assert mode(file) == 0o640
    file.write_text(INHERITS)
    file.chmod(0o644)
    storage.restore("1000", snapshot, version=storage.get("1000").version)
    assert mode(file) == 0o640


def test_a_new_password_in_a_file_with_an_access_control_list(directory: Path):
    file = directory / "1001.xml"
    # user::rw-, user:1 (daemon):r--, group::r--, mask::r--, other::r--
    entries = [(1, 6, -1), (2, 4, 1), (4, 4, -1), (16, 4, -1), (32, 4, -1)]
    acl = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little")
        + bits.to_bytes(2, "little")
        + who.to_bytes(4, "little", signed=True)
        for tag, bits, who in entries
    )
    try:
        os.setxattr(file, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("this file system has no access control lists")
    storage = made(directory)
    storage.update("1001", {"password": "s3cret-kR7"})
    assert mode(file) == 0o640
    storage.create(replace(SAMPLE, id="1002"))
    assert mode(directory / "1002.xml") == 0o640
