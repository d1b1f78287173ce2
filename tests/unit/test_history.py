import fcntl
import json
import os
import re
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.unprivileged import let_in, only_root, unprivileged

from sipapp.history import shelf as shelves
from sipapp.history.entry import Entry, around
from sipapp.history.history import CannotUndo, ChangedSince, EntryNotFound, History, entry_id_of
from sipapp.history.shelf import DiskShelf, MemoryShelf
from sipapp.model.apply import Apply, SwitchOutcome
from sipapp.model.change import Actor
from sipapp.model.errors import ExtensionExists, StorageUnavailable
from sipapp.model.extension import Extension
from sipapp.testing.memory import MemoryStorage

ANN = Actor("ann", "192.0.2.1")
APPLIED = Apply((SwitchOutcome("local", "applied", "+OK", 0.25),))


@pytest.fixture
def storage():
    made = MemoryStorage()
    made.create(Extension("1000", password="secret-one", caller_id_name="Old"))
    return made


@pytest.fixture(params=["memory", "disk"])
def shelf(request, tmp_path):
    if request.param == "memory":
        return MemoryShelf()
    return DiskShelf(tmp_path / "history", entry_id_of)


@pytest.fixture
def history(shelf, storage):
    return History(shelf, storage)


def change(history, storage, **values):
    with history.recording(ANN, storage.get("1000")) as recording:
        stored = storage.update("1000", values)
        recording.made("updated", [stored], APPLIED)


def test_an_entry_says_who_did_what_and_what_the_switch_answered(history, storage):
    change(history, storage, caller_id_name="New", password="secret-two")

    (entry,) = history.find().entries
    assert (entry.actor, entry.action, entry.extension) == (ANN, "updated", "1000")
    assert entry.switches == APPLIED.switches
    told = {each.field: (each.old, each.new) for each in entry.changes}
    assert told == {"caller_id_name": ("Old", "New"), "password": (None, None)}
    assert "secret-" not in repr(entry)
    assert "secret-" not in entry.to_json()
    assert history.get(entry.id) == entry


def test_what_was_not_made_leaves_no_trace(history, storage, shelf):
    kept = []
    put = shelf.put
    shelf.put = lambda name, data: (kept.append(name), put(name, data))
    with pytest.raises(RuntimeError), history.recording(ANN, storage.get("1000")):
        raise RuntimeError
    assert history.find().entries == []
    assert kept
    assert all(shelf.get(name) is None for name in kept)


def test_taking_back_gives_what_was_there(history, storage):
    before = storage.get("1000")
    change(history, storage, caller_id_name="New", password="secret-two")
    (entry,) = history.find().entries

    undoing = history.prepare(entry)

    assert {each.field for each in undoing.changes} == {"caller_id_name", "password"}
    storage.restore("1000", undoing.snapshot, version=storage.get("1000").version)
    now = storage.get("1000")
    assert (now.caller_id_name, now.password) == (before.caller_id_name, before.password)


def test_a_later_change_is_not_lost_unless_asked(history, storage):
    change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    storage.update("1000", {"caller_id_name": "Newer", "toll_allow": "local"})

    with pytest.raises(ChangedSince) as caught:
        history.prepare(entry)
    told = {each.field: (each.old, each.new) for each in caught.value.differences}
    assert told == {"caller_id_name": ("Newer", "Old"), "toll_allow": ("local", "")}
    assert history.prepare(entry, anyway=True).then.caller_id_name == "Old"


def test_what_another_extension_has_now_is_not_its_own(history, storage):
    change(history, storage, caller_id_name="New")
    with history.recording(ANN, storage.get("1000")) as recording:
        storage.delete("1000")
        recording.made("deleted", [], APPLIED)
    with history.recording(ANN, None) as recording:
        stored = storage.create(Extension("1000", password="secret-two"))
        recording.made("created", [stored], APPLIED)
    created, deleted, updated = history.find().entries

    with pytest.raises(CannotUndo, match="'1000' is another one now"):
        history.prepare(updated, anyway=True)
    with pytest.raises(ExtensionExists, match="1000"):
        history.prepare(deleted, anyway=True)
    assert history.prepare(created).then is None


def test_a_history_that_cannot_be_read_takes_nothing_back(history, storage, shelf, monkeypatch):
    change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    change(history, storage, caller_id_name="Newer")

    def fail(*_bounds):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shelf, "backward", fail)
    with pytest.raises(StorageUnavailable, match=r"\(sipapp.history\) cannot be read\."):
        history.prepare(entry, anyway=True)


def test_a_deletion_and_a_creation_can_be_taken_back(history, storage):
    with history.recording(ANN, storage.get("1000")) as recording:
        storage.delete("1000")
        recording.made("deleted", [], APPLIED)
    with history.recording(ANN, None) as recording:
        stored = storage.create(Extension("1001", password="x"))
        recording.made("created", [stored], APPLIED)
    created, deleted = history.find().entries

    assert history.prepare(deleted).then.password == "secret-one"
    assert history.prepare(deleted).now is None
    assert history.prepare(created).then is None


def test_nobody_becomes_passwordless_by_an_undo(history, storage, shelf):
    change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    shelf.drop(entry.id)
    shelf.put(entry.id, storage.pack(Extension("1000")))
    with pytest.raises(CannotUndo, match="no password"):
        history.prepare(entry)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"\xff", b'{"hidden": 1}'])
def test_what_cannot_be_read_any_more_cannot_be_taken_back(history, storage, shelf, data):
    change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    shelf.drop(entry.id)
    shelf.put(entry.id, data)
    with pytest.raises(CannotUndo, match="cannot be read"):
        history.prepare(entry)


def test_search_and_pages(history, storage):
    for name in ("Zoë", "Bob", "Cy", "Dan", "Eve"):
        change(history, storage, caller_id_name=name)

    assert [each.changes[0].new for each in history.find("zOË").entries] == ["Bob", "Zoë"]
    first = history.find(limit=2)
    assert [each.changes[0].new for each in first.entries] == ["Eve", "Dan"]
    assert first.next == first.entries[-1].id
    second = history.find(before=first.entries[-1].id, limit=3)
    assert [each.changes[0].new for each in second.entries] == ["Cy", "Bob", "Zoë"]
    assert not second.next
    assert history.find("192.0.2.1", limit=50).entries == history.find(limit=50).entries
    assert history.find("no such thing").entries == []


def test_a_search_ends_after_a_while_and_can_be_gone_on_with(history, storage, monkeypatch):
    monkeypatch.setattr("sipapp.history.history.SEARCHED", 3)
    for number in range(10):
        change(history, storage, caller_id_name=f"Name {number}")

    parts, before = [], ""
    while not parts or before:
        found = history.find("Name 0", before=before)
        parts.append([each.changes[0].new for each in found.entries])
        assert found.unfinished is bool(found.next)
        before = found.next
    # The last two entries are "Name 1", which has the other as what it was before, and that one.
    assert parts == [[], [], ["Name 1"], ["Name 0"]]


def test_a_page_that_is_full_ends_before_the_next_that_fits(history, storage):
    for name in ("Ann", "Bob", "Ann", "Cy"):
        change(history, storage, caller_id_name=name)
    first = history.find("Ann", limit=2)
    assert [each.changes[0].new for each in first.entries] == ["Cy", "Ann"]
    assert (first.next, first.unfinished) == (first.entries[-1].id, False)
    second = history.find("Ann", before=first.next, limit=2)
    assert [each.changes[0].new for each in second.entries] == ["Bob", "Ann"]
    assert second.next == ""


def test_what_was_begun_early_and_ended_late_is_on_some_page(history, storage):
    # The first waited for a switch, while the second was made and written down.
    with history.recording(ANN, storage.get("1000")) as slow:
        change(history, storage, caller_id_name="Quick")
        slow.made("updated", [storage.get("1000")], APPLIED)
    everything = history.find().entries
    assert len(everything) == 2
    assert [history.get(each.id) for each in everything] == list(everything)
    first = history.find(limit=1)
    second = history.find(before=first.next, limit=1)
    assert [*first.entries, *second.entries] == list(everything)


def test_before_a_day_or_an_entry_that_is_gone(history, storage):
    change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    assert history.find(before=entry.id[:8]).entries == []
    assert history.find(before=f"{entry.id[:16]}Z").entries == [entry]
    assert history.find(before="9").entries == [entry]
    assert history.find(before=f"{entry.id[:-8]}ffffffff").entries == [entry]
    assert history.find(before=f"{entry.id[:-8]}00000000").entries == []


@pytest.mark.parametrize(
    "entry_id",
    [
        "20269999T999999999999-00000000",
        "99991231T235959000000-00000000",
        "",
        "..",
        "../key",
        "20261125T101010000000-00000000",
        "~",
    ],
)
def test_an_id_that_is_none(history, storage, entry_id):
    change(history, storage, caller_id_name="New")
    with pytest.raises(EntryNotFound):
        history.get(entry_id)


# What follows is about the disk.


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "history"


@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.fixture
def disk(folder, storage):
    return History(DiskShelf(folder, entry_id_of), storage)


def test_it_is_there_after_a_restart_and_readable_as_json_lines(disk, folder, storage):
    change(disk, storage, caller_id_name="\u2028\ud800New")
    (line,) = (folder / "history.jsonl").read_text("ascii").splitlines()
    assert json.loads(line)["actor"] == {"name": "ann", "address": "192.0.2.1"}

    again = History(DiskShelf(folder, entry_id_of), storage)
    (entry,) = again.find().entries
    assert entry.changes[0].new == "\u2028\ud800New"
    assert again.prepare(entry).then.caller_id_name == "Old"


def test_nobody_else_can_read_it(disk, folder, storage):
    change(disk, storage, caller_id_name="New")
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_digest_tells_nothing_to_who_has_no_key(disk, folder, storage):
    change(disk, storage, caller_id_name="New")
    (entry,) = disk.find().entries
    (folder / "key").unlink()
    other = History(DiskShelf(folder, entry_id_of), storage)
    assert other.digest(storage.get("1000")) != entry.digest


def test_a_line_that_a_crash_cut_off_costs_itself_alone(disk, folder, storage):
    change(disk, storage, caller_id_name="One")
    with (folder / "history.jsonl").open("ab") as file:
        file.write(b'{"id":"2026')
    change(disk, storage, caller_id_name="Two")
    assert [each.changes[0].new for each in disk.find().entries] == ["Two", "One"]


def test_old_files_are_put_aside_and_at_last_removed_with_what_belongs_to_them(
    disk, folder, storage, monkeypatch
):
    monkeypatch.setattr(shelves, "MAX_BYTES", 700)
    monkeypatch.setattr(shelves, "KEPT_FILES", 2)
    for number in range(12):
        change(disk, storage, caller_id_name=f"Name {number}")

    names = sorted(path.name for path in folder.glob("*.jsonl"))
    assert len(names) == 3
    found = disk.find().entries
    assert found[0].changes[0].new == "Name 11"
    assert [each.id for each in found] == sorted((each.id for each in found), reverse=True)
    assert {path.name for path in (folder / "before").iterdir()} == {each.id for each in found}


def test_a_disk_that_takes_nothing_stops_the_change_before_it_is_made(disk, folder, storage):
    folder.write_text("a file in the place of the folder")
    made = []
    with (
        pytest.raises(StorageUnavailable, match="and without it nothing is changed"),
        disk.recording(ANN, storage.get("1000")),
    ):
        made.append(1)
    assert made == []


def test_what_could_not_be_written_down_goes_to_the_log(disk, folder, storage, caplog):
    change(disk, storage, caller_id_name="New")
    path = folder / "history.jsonl"
    with disk.recording(ANN, storage.get("1000")) as recording:
        # As a disk does it that fills up between the check and the line.
        path.unlink()
        path.mkdir()
        stored = storage.update("1000", {"caller_id_name": "Newer", "password": "secret-two"})
        recording.made("updated", [stored], APPLIED)

    assert recording.fault == disk.fault
    assert f"could not be written into the history (sipapp.history): {path}" in disk.fault
    assert re.search(r"Not in the history.*Newer", caplog.text)
    assert "secret-" not in caplog.text
    path.rmdir()
    change(disk, storage, caller_id_name="Newest")
    assert disk.fault == ""


def test_only_files_that_can_have_an_entry_are_read_for_it(folder, monkeypatch):
    monkeypatch.setattr(shelves, "MAX_BYTES", 200)
    shelf = DiskShelf(folder, entry_id_of)
    ids = [f"202611{day:02}T120000000000-0000000{day % 10}" for day in range(10, 30)]
    for each in ids:
        shelf.append([json.dumps({"id": each, "x": "y" * 50})])
    assert len(list(folder.glob("*.jsonl"))) == 10

    for each in ids:
        read = [entry_id_of(line) for line in shelf.backward(*around(each))]
        assert each in read
        # What stands first in a file might stand at the end of the one before.
        assert len(read) <= 4
    older = [entry_id_of(line) for line in shelf.backward(newest=ids[7])]
    assert older == ids[7::-1]
    assert [entry_id_of(line) for line in shelf.backward()] == ids[::-1]


def test_nobody_waits_for_ever_for_another_process(disk, folder, storage, monkeypatch):
    monkeypatch.setattr(shelves, "LOCK_SECONDS", 0.0)
    change(disk, storage, caller_id_name="One")
    with (folder / ".lock").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StorageUnavailable, match="another process has been writing there"):
            change(disk, storage, caller_id_name="Two")
    assert storage.get("1000").caller_id_name == "One"
    change(disk, storage, caller_id_name="Three")
    assert [each.changes[0].new for each in disk.find().entries] == ["Three", "One"]


WRONG = [
    ("switches", [{"name": "sw", "outcome": "applied", "detail": None, "seconds": 0.1}]),
    ("switches", [{"name": 5, "outcome": "excellent", "detail": ["x"], "seconds": "long"}]),
    ("switches", [{"outcome": None, "seconds": 10**400, "later": "more"}, None]),
    ("switches", None),
    ("actor", {"name": None, "address": 7}),
    ("actor", "ann"),
    ("changes", [{"field": None, "old": 5, "new": None}, "x"]),
    ("changes", {}),
    ("action", None),
    ("action", ["x"]),
    ("extension", 1000),
    ("undoes", "../key"),
    ("undoes", None),
    ("digest", 5),
    ("later", "a field of a later version"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_an_old_line_of_wrong_types_is_read_as_far_as_it_goes(disk, folder, storage, name, value):
    change(disk, storage, caller_id_name="One")
    file = folder / "history.jsonl"
    line = json.loads(file.read_text())
    file.write_text(json.dumps({**line, name: value}) + "\n")
    change(disk, storage, caller_id_name="Two")
    for found in (disk.find().entries, disk.find("1000").entries, disk.find("o").entries):
        assert found[-1].id == line["id"]
    old = disk.get(line["id"])
    assert (old.id, old.at.isoformat(timespec="microseconds")) == (line["id"], line["at"])
    again = Entry.from_json(old.to_json())
    assert again == old
    texts = [old.action, old.extension, old.digest, old.undoes, *vars(old.actor).values()]
    texts += [each.field for each in old.changes]
    texts += [text for each in old.switches for text in (each.name, each.detail, each.forgotten)]
    assert all(isinstance(text, str) for text in texts)
    assert {each.outcome for each in old.switches} <= {"applied", "pending"}


@pytest.mark.parametrize(
    "line", ["[]", "{}", "5", '{"id": 5, "at": "2026-11-30"}', "[" * 100_000, '{"id":"x","at":5}']
)
def test_what_is_no_entry_costs_itself_alone(disk, folder, storage, line):
    change(disk, storage, caller_id_name="One")
    with (folder / "history.jsonl").open("a") as file:
        file.write(line + "\n")
    assert [each.changes[0].new for each in disk.find().entries] == ["One"]


@pytest.mark.parametrize("name", ["key", "history.jsonl", "before", ".lock"])
def test_whatever_of_it_cannot_be_written_stops_a_creation_too(disk, folder, storage, name):
    """Nothing is kept before a creation, so it has to be tried."""
    disk.check()
    path = folder / name
    if path.is_dir():
        path.rmdir()
        path.write_text("")
    else:
        path.unlink()
        path.mkdir()
    again = History(DiskShelf(folder, entry_id_of), storage)
    with (
        pytest.raises(StorageUnavailable, match="and without it nothing is changed") as caught,
        again.recording(ANN, None),
    ):
        pytest.fail("the change was made")
    assert str(path) in str(caught.value)


@only_root
def test_who_may_not_write_is_told_the_command_that_helps(tmp_path, storage):
    let_in(tmp_path)
    folder = tmp_path / "state" / "history"
    history = History(DiskShelf(folder, entry_id_of), storage)
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


def test_a_disk_that_is_full_or_read_only_stops_a_creation(small_disk, storage):
    history = History(DiskShelf(small_disk / "history", entry_id_of), storage)
    history.check()
    with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
    with pytest.raises(StorageUnavailable, match=r"No space left on device\. Make room on"):
        history.check()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StorageUnavailable, match="mounted read-only for this server"):
        history.check()


class FullShelf(MemoryShelf):
    """One of a kind that has no folder to speak of."""

    def check(self):
        raise OSError(28, "No space left on device")


def test_a_shelf_of_another_kind_says_what_it_can(storage):
    history = History(FullShelf(), storage)
    with pytest.raises(StorageUnavailable, match=r"nothing is changed\. No space left on device\."):
        history.check()


def test_a_history_that_cannot_be_read_says_where(disk, folder, storage):
    change(disk, storage, caller_id_name="New")
    (entry,) = disk.find().entries
    again = History(DiskShelf(folder, entry_id_of), storage)
    (folder / "key").unlink()
    (folder / "key").mkdir()
    with pytest.raises(StorageUnavailable, match=f"{folder}/key"):
        again.prepare(entry)
    (folder / "before" / entry.id).unlink()
    (folder / "before" / entry.id).mkdir()
    (folder / "history.jsonl").unlink()
    (folder / "history.jsonl").mkdir()
    for task in (again.find, lambda: again.get(entry.id), lambda: again.prepare(entry)):
        with pytest.raises(StorageUnavailable, match=rf"cannot be read\. {folder}/"):
            task()


def test_threads_and_processes_write_whole_lines(disk, folder, storage):
    code = textwrap.dedent("""
        import sys
        from pathlib import Path
        from sipapp.history.shelf import DiskShelf
        shelf = DiskShelf(Path(sys.argv[1]), str)
        for number in range(50):
            shelf.append(['{"x": "%s"}' % ("y" * 3000)])
    """)
    others = [subprocess.Popen([sys.executable, "-c", code, folder]) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: disk._shelf.append([json.dumps({"x": "z" * 3000})]), range(50)))
    assert [each.wait() for each in others] == [0, 0]
    lines = (folder / "history.jsonl").read_bytes().splitlines()
    assert len(lines) == 150
    assert all(len(json.loads(line)["x"]) == 3000 for line in lines)


def test_a_full_disk_leaves_no_half_line(folder, storage, monkeypatch):
    shelf = DiskShelf(folder, entry_id_of)
    shelf.append(["first"])

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        shelf.append(["second"])
    monkeypatch.undo()
    shelf.append(["third"])
    assert Path(folder / "history.jsonl").read_text() == "first\nthird\n"
