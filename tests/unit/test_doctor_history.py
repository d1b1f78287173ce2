"""The doctor's line about the history."""

import os

import pytest
from tests.unprivileged import let_in, only_root, unprivileged

from sipapp.doctor import history_folder
from sipapp.doctor.target import DiagnosisTarget, RequestContext
from sipapp.history.sqlite_store import sqlite_store
from sipapp.settings.ini import parse_settings
from sipapp.testing.memory import MemoryStorage


def line(folder=None, **given):
    ini = {"sipapp.history": str(folder)} if folder else {}
    (found,) = history_folder.examine(
        DiagnosisTarget(parse_settings(ini, {}), MemoryStorage(), {}, **given)
    )
    assert found.check == "history.writable"
    return found


def test_in_memory_it_needs_no_folder():
    assert line().level == "ok"


@only_root
def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    let_in(tmp_path)
    folder = tmp_path / "history"
    found = line(folder)
    assert (found.level, found.remedy) == ("warning", "Run the doctor as the server's user.")
    assert line(folder, request=RequestContext("https", "")).level == "ok"
    with unprivileged():
        found = line(folder)
    assert found.level == "fault"
    assert f"{tmp_path} belongs to user root" in found.found
    assert f"install -d -m 0700 -o nobody -g nogroup {folder}" in found.found
    tmp_path.chmod(0o777)
    with unprivileged():
        assert "nobody can make it" in line(folder).found
    assert not folder.exists()


@only_root
@pytest.mark.parametrize(
    "name",
    [
        ".",
        "history.sqlite3",
        "history.sqlite3-journal",
        # Those of an earlier version are still to be imported.
        "history.jsonl",
        "before",
        "key",
        ".lock",
    ],
)
def test_every_part_of_it_is_looked_at_and_whose_it_is(tmp_path, name):
    let_in(tmp_path)
    folder = tmp_path / "history"
    sqlite_store(folder).check()
    if name == "before":
        (folder / name).mkdir()
    elif name != ".":
        (folder / name).touch()
    for path in (folder, *folder.iterdir()):
        os.chown(path, 65534, 65534)
    with unprivileged():
        found = line(folder)
    assert found.level == "ok"
    assert f"{folder} belongs to user nobody and group nogroup, mode 0700; this is nobody." in (
        found.found
    )
    assert line(folder).level == "ok"
    os.chown(folder / name, 0, 0)
    with unprivileged():
        found = line(folder)
    assert found.level == "fault"
    assert f"{folder / name} belongs to user root" in found.found
    assert f"chown -R nobody: {folder}" in found.found


def test_a_database_that_the_server_cannot_use_is_reported(tmp_path):
    folder = tmp_path / "history"
    folder.mkdir()
    (folder / "history.sqlite3").write_bytes(b"This is no database. " * 1000)
    found = line(folder)
    assert found.level == "fault"
    assert f"cannot be written. {folder}/history.sqlite3 is damaged" in found.found
