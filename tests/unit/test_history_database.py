"""The history on disk: what is wrong with a folder, a disk or a database, and who else writes."""

import json
import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from tests.unit.history_on_disk import ANN, APPLIED, Recorded
from tests.unprivileged import let_in, only_root, unprivileged

from sipapp.history.entry import Entry
from sipapp.history.history import CannotUndo
from sipapp.history.sqlite_store import DiskStore
from sipapp.model.errors import StorageUnavailable
from sipapp.model.extension import Extension

FILE = "history.sqlite3"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "history"


@pytest.fixture
def disk(folder):
    return Recorded(folder)


@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.fixture
def sql(folder):
    """Run a statement on the database, as somebody with another program does."""

    def run(statement, *values):
        with closing(sqlite3.connect(folder / FILE)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    return run


@pytest.mark.parametrize("size", [0, 20_000], ids=["one page", "several pages"])
def test_what_is_forgotten_is_nowhere_in_the_files(disk, folder, size):
    disk.storage.update("1000", {"password": "forgotten-s3cret", "accountcode": "x" * size})
    disk.change("New")
    (entry,) = disk.history.find().entries
    store = DiskStore(folder)
    files = [each for each in folder.iterdir() if each.is_file()]
    assert b"forgotten-s3cret" in (folder / FILE).read_bytes()
    assert store.forget("1000").snapshots == 1
    assert store.forget("1000").snapshots == 0
    assert all(b"forgotten-s3cret" not in each.read_bytes() for each in files)
    assert disk.history.get(entry.id) == entry
    with pytest.raises(CannotUndo, match="was removed from the history"):
        disk.history.prepare(entry)


def test_it_is_there_after_a_restart(disk):
    disk.change("\u2028\ud800New")
    disk.open()
    (entry,) = disk.history.find("new").entries
    assert entry.changes[0].new == "\u2028\ud800New"
    assert disk.history.prepare(entry).then.caller_id_name == "Old"


def test_other_users_cannot_read_it(disk, folder):
    disk.change("New")
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_reading_makes_nothing(disk, folder):
    assert disk.history.find().entries == []
    assert not folder.exists()


def test_an_empty_file_is_a_history_without_entries(disk, folder):
    folder.mkdir()
    (folder / FILE).touch()
    assert disk.history.find().entries == []
    disk.change("New")
    assert disk.names() == ["New"]


def test_the_digest_reveals_nothing_without_the_key(disk, folder, tmp_path):
    other = Recorded(tmp_path / "other")
    for each in (disk, other):
        each.change("New")
    digests = {each.history.find().entries[0].digest for each in (disk, other)}
    assert len(digests) == 2


def test_a_damaged_entry_costs_itself_alone(disk, sql):
    for name in ("One", "Two", "Three"):
        disk.change(name)
    sql("UPDATE entries SET entry = '{\"id\":' WHERE number = 2")
    assert disk.names() == ["Three", "One"]
    page = disk.history.find(limit=2)
    assert [each.changes[0].new for each in page.entries] == ["Three"]
    assert [each.changes[0].new for each in disk.history.find(before=page.next).entries] == ["One"]


def test_the_oldest_are_dropped_with_their_passwords(disk, folder):
    store = DiskStore(folder, kept=3)
    for number in range(5):
        entry = Entry.from_json(json.dumps(_document(number)))
        store.append([entry], f"secret-{number}".encode())
    found = store.find("", before="", limit=50).entries
    assert [each.extension for each in found] == ["4", "3", "2"]
    assert [store.snapshot(each.id) for each in found] == [b"secret-4", b"secret-3", b"secret-2"]
    data = (folder / FILE).read_bytes()
    assert b"secret-4" in data
    assert b"secret-1" not in data
    # As are the entries of one change that are too many.
    store.append([Entry.from_json(json.dumps(_document(number))) for number in range(5, 10)], None)
    found = store.find("", before="", limit=50).entries
    assert [each.extension for each in found] == ["9", "8", "7"]


def test_large_snapshots_are_dropped_before_there_are_too_many(folder):
    store = DiskStore(folder, kept_bytes=1 << 20)
    for number in range(40):
        _append(store, number, f"secret-{number}".encode() + bytes(100_000))
    kept = store.find("", before="", limit=50).entries
    assert [each.extension for each in kept] == [str(39 - place) for place in range(len(kept))]
    # Not all of them fit, and more than half of the room is used.
    assert 5 < len(kept) < 11
    assert all(store.snapshot(each.id) for each in kept)
    assert b"secret-3\0" not in (folder / FILE).read_bytes()
    assert (folder / FILE).stat().st_size < 2 << 20


def test_a_snapshot_that_is_larger_than_all_the_room_is_kept_alone(folder):
    store = DiskStore(folder, kept_bytes=1 << 20)
    for number in range(3):
        _append(store, number, bytes(2 << 20))
    (kept,) = store.find("", before="", limit=50).entries
    assert (kept.extension, len(store.snapshot(kept.id))) == ("2", 2 << 20)


def test_an_answer_reads_as_much_of_a_long_history_as_of_a_short_one(tmp_path, monkeypatch):
    monkeypatch.setattr("sipapp.history.sqlite_store.SEARCH_LIMIT", 100)
    short, long = (
        _steps(_filled(tmp_path / str(length), length), monkeypatch) for length in (200, 3200)
    )
    assert short.keys() == long.keys()
    for what, steps in long.items():
        # An index that is sixteen times as long may be a level deeper.
        assert steps < 2 * short[what], what


def _filled(folder, length):
    store = DiskStore(folder)
    documents = (
        {**_document(0), "id": f"20261130T{number:012}-00000000"} for number in range(length)
    )
    store.append([Entry.from_json(json.dumps(each)) for each in documents], b"snapshot")
    return store


def _steps(store, monkeypatch):
    """The steps of SQLite's machine that each question takes."""
    taken = 0

    def step():
        nonlocal taken
        taken += 1

    connect = sqlite3.connect

    def counting(*args, **options):
        connection = connect(*args, **options)
        connection.set_progress_handler(step, 1)
        return connection

    newest = store.find("", before="", limit=1).entries[0].id
    questions = {
        "a search without a hit": lambda: store.find("nothing", before="", limit=50),
        "a search from an entry on": lambda: store.find("nothing", before=newest, limit=50),
        "a page": lambda: store.find("", before="", limit=50),
        "an entry": lambda: store.get(newest),
        "an entry that is not there": lambda: store.get("0x"),
        "a snapshot": lambda: store.snapshot(newest),
        "a snapshot that is not there": lambda: store.snapshot("0x"),
        "what came later": lambda: store.later(newest, ["0", "1"]),
        "what came later than an unknown one": lambda: store.later("0x", ["1"]),
    }
    found = {}
    with monkeypatch.context() as counted:
        counted.setattr("sipapp.history.database.sqlite3.connect", counting)
        for what, ask in questions.items():
            taken = 0
            ask()
            found[what] = taken
    return found


def _append(store, number, snapshot):
    entry = {**_document(0), "id": f"20261130T{number:012}-00000000", "extension": str(number)}
    store.append([Entry.from_json(json.dumps(entry))], snapshot)


def _document(number):
    entry_id = f"20261130T00000000000{number}-00000000"
    return {"id": entry_id, "at": "2026-11-30T00:00:00+00:00", "extension": str(number)}


# What cannot be written


def test_a_disk_that_takes_nothing_stops_the_change_before_it_is_made(disk, folder):
    folder.write_text("a file in the place of the folder")
    with (
        pytest.raises(StorageUnavailable, match="and without it nothing is changed"),
        disk.history.recording(ANN, disk.storage.get("1000")),
    ):
        pytest.fail("the change was made")


@pytest.mark.parametrize("name", [FILE, f"{FILE}-journal"])
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_something_else_in_its_place_is_named(disk, folder, tmp_path, name, kind):
    disk.history.check()
    path = folder / name
    path.unlink(missing_ok=True)
    if kind == "folder":
        path.mkdir()
    else:
        (tmp_path / "target").touch()
        path.symlink_to(tmp_path / "target")
    with (
        pytest.raises(StorageUnavailable, match=r"something else .*: move it away\.") as caught,
        disk.history.recording(ANN, None),
    ):
        pytest.fail("the change was made")
    assert str(path) in str(caught.value)


def test_what_cannot_be_read_says_where(disk, folder):
    disk.change("New")
    (entry,) = disk.history.find().entries
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    history = disk.history
    for task in (history.find, lambda: history.get(entry.id), lambda: history.prepare(entry)):
        with pytest.raises(StorageUnavailable, match=rf"cannot be read\. {folder / FILE}"):
            task()


def test_a_change_during_which_the_file_is_lost_is_in_the_log(disk, folder, caplog):
    disk.change("New")
    with disk.history.recording(ANN, disk.storage.get("1000")) as recording:
        (folder / FILE).unlink()
        (folder / FILE).mkdir()
        stored = disk.storage.update("1000", {"caller_id_name": "Newer"})
        recording.stored([stored])
        recording.made("updated", [stored], APPLIED)
    assert f"(sipapp.history): {folder / FILE}: File exists." in recording.fault
    assert "Newer" in caplog.text


@only_root
def test_a_user_who_may_not_write_gets_the_command_that_helps(tmp_path):
    let_in(tmp_path)
    folder = tmp_path / "state" / "history"
    history = Recorded(folder).history
    with unprivileged(), pytest.raises(StorageUnavailable) as caught:
        history.check()
    command = f"install -d -m 0700 -o nobody -g nogroup {folder}"
    assert str(caught.value) == (
        "The history (sipapp.history) cannot be written, and without it nothing is changed. "
        f"{folder}: Permission denied. sipapp runs as user nobody; {tmp_path} belongs to user "
        f"root and group root, mode 0755. As root: {command}"
    )
    subprocess.run(command.split(), check=True)
    with unprivileged():
        history.check()
    for words in (
        f"As root: chown -R nobody: {folder} && chmod -R u+rwX {folder}",
        f"As root: chmod o+x {folder.parent}",
    ):
        os.chown(folder, 0, 0) if "chown" in words else folder.parent.chmod(0o700)
        with unprivileged(), pytest.raises(StorageUnavailable) as caught:
            history.check()
        assert str(caught.value).endswith(words)
        subprocess.run(["sh", "-c", words.removeprefix("As root: ")], check=True)
        with unprivileged():
            history.check()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@only_root
def test_a_file_of_another_user_is_reported_and_one_that_can_be_read_is_read(tmp_path):
    let_in(tmp_path)
    disk = Recorded(tmp_path / "history")
    disk.change("New")
    for path in (disk.folder, disk.folder / FILE):
        path.chmod(0o755)
    with unprivileged():
        with pytest.raises(StorageUnavailable, match=f"{disk.folder} belongs to user root"):
            disk.history.check()
        assert disk.names() == ["New"]


def test_a_disk_that_is_full_or_read_only_stops_a_creation_and_is_read(small_disk):
    disk = Recorded(small_disk / "history")
    disk.change("New")
    with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
    with pytest.raises(StorageUnavailable, match=r"No space left on device\. Make room on"):
        disk.history.check()
    assert disk.names() == ["New"]
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StorageUnavailable, match="mounted read-only for this server"):
        disk.history.check()
    assert disk.names() == ["New"]


def test_a_disk_that_fills_up_in_the_moment_of_a_change_leaves_the_entries_before(
    small_disk, caplog
):
    disk = Recorded(small_disk / "history")
    disk.change("New")
    with disk.history.recording(ANN, disk.storage.get("1000")) as recording:
        with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))
        stored = disk.storage.update("1000", {"caller_id_name": "Newer"})
        recording.stored([stored])
        recording.made("updated", [stored], APPLIED)
    assert "No space left on device. Make room on the disk." in recording.fault
    assert "Newer" in caplog.text
    assert disk.names() == ["New"]
    (small_disk / "filler").unlink()
    disk.change("Newest")
    assert disk.names() == ["Newest", "New"]


# What is no history


def write_text(path):
    path.write_bytes(b"This is no database. " * 1000)


def cut_off(path):
    os.truncate(path, 4096)


def of_a_later_version(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")


def of_another_program(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (text)")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (write_text, "is damaged (file is not a database). Stop the server, move the file away"),
        (cut_off, "is damaged (database disk image is malformed). Stop the server, move the file"),
        (of_a_later_version, "was written by a later version of sipapp (its format is 7, this"),
        (of_another_program, "is a database of another program. Stop the server, move the file"),
    ],
)
def test_what_is_no_history_of_ours_is_reported_and_left_alone(disk, folder, spoil, words):
    disk.change("New")
    (entry,) = disk.history.find().entries
    spoil(folder / FILE)
    before = (folder / FILE).read_bytes()
    disk.open()
    with pytest.raises(StorageUnavailable) as caught:
        disk.change("Newer")
    assert f"nothing is changed. {folder / FILE} {words}" in str(caught.value)
    assert disk.storage.get("1000").caller_id_name == "New"
    with pytest.raises(StorageUnavailable) as caught:
        disk.history.get(entry.id)
    assert f"cannot be read. {folder / FILE} {words}" in str(caught.value)
    assert (folder / FILE).read_bytes() == before


def test_a_fault_of_another_kind_is_reported_in_the_words_of_sqlite(disk, sql, folder):
    disk.change("New")
    sql("DROP TABLE snapshots")
    with pytest.raises(StorageUnavailable, match=f"{folder / FILE}: no such table: snapshots"):
        disk.history.prepare(disk.history.find().entries[0])


# Several threads and processes


def test_no_change_waits_for_ever_for_another_process(disk, folder, monkeypatch):
    monkeypatch.setattr("sipapp.history.database.LOCK_TIMEOUT_S", 0.0)
    disk.change("One")
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="another process has been writing there"):
            disk.change("Two")
        assert disk.names() == ["One"]
    assert disk.storage.get("1000").caller_id_name == "One"
    disk.change("Three")
    assert disk.names() == ["Three", "One"]


WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from tests.unit.history_on_disk import Recorded
    disk = Recorded(Path(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        disk.change("y" * 100 + str(number))
        print(number, flush=True)
""")


def test_threads_and_processes_write_at_the_same_time(disk, folder):
    command = [sys.executable, "-c", WRITER, folder, "20"]
    others = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]

    def create(number):
        with disk.history.recording(ANN, None) as recording:
            stored = disk.storage.create(Extension(str(2000 + number), password="x"))
            recording.stored([stored])
            assert not recording.made("created", [stored], APPLIED)[0].undoes
        return recording.fault

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(create, range(40))) == {""}
    assert [each.wait() for each in others] == [0, 0]
    entries = disk.history.find(limit=100).entries
    assert len(entries) == 80
    assert {each.extension for each in entries} == {"1000", *map(str, range(2000, 2040))}


def test_a_forked_process_writes_too(disk):
    disk.change("Before")
    fork = multiprocessing.get_context("fork")
    child = fork.Process(target=disk.change, args=("Child",))
    child.start()
    disk.change("Parent")
    child.join()
    assert child.exitcode == 0
    assert sorted(disk.names()) == ["Before", "Child", "Parent"]


LARGE_WRITER = textwrap.dedent("""
    import json, sys
    from pathlib import Path
    from sipapp.history.entry import Entry
    from sipapp.history.sqlite_store import sqlite_store
    entries = [
        Entry.from_json(json.dumps({
            "id": f"20261130T{number:012}-00000000",
            "at": "2026-11-30T00:00:00+00:00",
            "action": "y" * 3000,
        }))
        for number in range(10_000)
    ]
    sqlite_store(Path(sys.argv[1])).append(entries, None)
""")


def test_a_process_that_is_killed_in_the_middle_of_a_change_leaves_none_of_it(disk, folder, sql):
    disk.change("Before")
    size = (folder / FILE).stat().st_size
    with subprocess.Popen([sys.executable, "-c", LARGE_WRITER, folder]) as writer:
        # More than SQLite keeps in memory, so that a part is in the file before the end.
        while (folder / FILE).stat().st_size < size + 2_000_000:
            assert writer.poll() is None
        os.kill(writer.pid, signal.SIGKILL)
    assert (folder / f"{FILE}-journal").stat().st_size
    disk.open()
    assert disk.names() == ["Before"]
    assert sql("PRAGMA integrity_check") == [("ok",)]
    disk.change("After")
    assert disk.names() == ["After", "Before"]


def test_a_killed_process_leaves_whole_entries(disk, folder, sql):
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, folder, "10000"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            written = [writer.stdout.readline() for _ in range(7)]
            os.kill(writer.pid, signal.SIGKILL)
            written += writer.stdout.readlines()
        before = len(written)
        disk.open()
        entries = disk.history.find(limit=500).entries
        assert len(entries) >= before
        assert sql("PRAGMA integrity_check") == [("ok",)]
        # No snapshot is without its entry.
        assert sql("SELECT count(*) FROM entries") == sql("SELECT count(*) FROM snapshots")
        for entry in entries:
            assert disk.history.prepare(entry, anyway=True).then.id == "1000"
    disk.change("After")
    assert disk.names()[0] == "After"
