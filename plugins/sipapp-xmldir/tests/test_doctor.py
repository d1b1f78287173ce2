"""What the doctor hears of the directory as a place."""

import os
import pwd

import pytest

from sipapp_xmldir.files import account
from sipapp_xmldir.storage import XmlDirectory


@pytest.fixture
def directory(tmp_path):
    folder = tmp_path / "default"
    folder.mkdir(mode=0o750)
    for name in ("1000.xml", "1001.xml", "notes.txt"):
        (folder / name).write_text("<include/>")
        (folder / name).chmod(0o644)
    return folder


@pytest.fixture(autouse=True)
def processes(tmp_path, monkeypatch):
    """The programs that run on this machine."""
    folder = tmp_path / "proc"
    folder.mkdir()
    monkeypatch.setattr(account, "PROCESSES", folder)

    def start(number, name):
        (folder / str(number)).mkdir()
        (folder / str(number) / "comm").write_text(f"{name}\n")
        return folder / str(number)

    return start


def lines(directory, **options):
    storage = XmlDirectory(directory=directory, create=False, **options)
    return {line.check: line for line in storage.diagnose()}


def test_a_good_place(directory):
    found = lines(directory)
    assert {line.level for line in found.values()} == {"ok"}
    assert list(found) == ["directory.place", "directory.modes", "directory.file-system"]
    owner = pwd.getpwuid(os.geteuid()).pw_name
    assert f"{directory} belongs to {owner}, mode 0750" in found["directory.place"].found


def test_world_readable_passwords(directory):
    directory.chmod(0o755)
    line = lines(directory)["directory.modes"]
    assert line.level == "warning"
    assert "in 2 files" in line.found
    for file in directory.glob("*.xml"):
        file.chmod(0o640)
    assert lines(directory)["directory.modes"].level == "ok"


def test_world_writable_files(directory):
    directory.chmod(0o755)
    (directory / "1000.xml").chmod(0o666)
    line = lines(directory)["directory.modes"]
    assert line.level == "fault"
    assert "change 1 files" in line.found


def test_world_writable_directory(directory):
    directory.chmod(0o777)
    line = lines(directory)["directory.modes"]
    assert line.level == "fault"
    assert "chmod o-w" in line.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_freeswitch_runs_as_another_user(directory, processes):
    other = pwd.getpwnam("nobody")
    os.chown(processes(7, "freeswitch"), other.pw_uid, -1)
    processes(8, "nginx")
    line = lines(directory)["directory.freeswitch-user"]
    assert line.level == "warning"
    assert "runs as nobody" in line.found
    assert "freeswitch_user = nobody" in line.remedy
    assert "directory.freeswitch-user" not in lines(directory, freeswitch_user="nobody")


def test_freeswitch_runs_as_it_is_taken_for(directory, processes):
    processes(7, "freeswitch")
    (processes(8, "gone") / "comm").unlink()
    assert "directory.freeswitch-user" not in lines(directory)
