"""The import of a history that an earlier version kept in files of JSON lines."""

import fcntl
import json
import logging

import pytest
from tests.unit.history_on_disk import Recorded

from sipapp.history.digest import version_digest
from sipapp.history.entry import Entry
from sipapp.history.history import ChangedSince
from sipapp.history.old_format import OldFiles
from sipapp.model.errors import StorageUnavailable

KEY = bytes(range(32))
FILE = "history.sqlite3"


class OldHistory:
    """The files of an earlier version, as that wrote them."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "before").mkdir(mode=0o700, parents=True)
        (folder / "key").write_bytes(KEY)
        (folder / ".lock").touch()

    def write(self, number, before=None, *, file="history.jsonl", **given):
        """An entry, and the file with what was there before."""
        entry_id = f"20261125T1010{number:02}000000-0000000a"
        line = {
            "id": entry_id,
            "at": f"2026-11-25T10:10:{number:02}.000000+00:00",
            "actor": {"name": "ann", "address": "192.0.2.1"},
            "action": "updated",
            "extension": "1000",
            "changes": [{"field": "caller_id_name", "old": "", "new": f"Name {number}"}],
            "switches": [
                {
                    "name": "sw",
                    "outcome": "applied",
                    "detail": "+OK",
                    "seconds": 0.25,
                    "forgotten": "",
                }
            ],
            "digest": "0" * 32,
            "undoes": "",
            **given,
        }
        self.append(json.dumps(line, separators=(",", ":")), file)
        if before is not None:
            (self.folder / "before" / entry_id).write_bytes(before)
        return entry_id

    def append(self, line, file="history.jsonl"):
        with (self.folder / file).open("a") as opened:
            opened.write(f"{line}\n")

    def left(self):
        """What of it is there still."""
        return sorted(each.name for each in self.folder.iterdir() if FILE not in each.name)


@pytest.fixture
def disk(tmp_path):
    return Recorded(tmp_path / "history")


@pytest.fixture
def old(tmp_path):
    return OldHistory(tmp_path / "history")


@pytest.fixture
def packed(disk):
    return disk.storage.pack(disk.storage.snapshot("1000"))


def test_all_of_it_is_imported_and_its_passwords_are_removed(disk, old, packed, caplog):
    caplog.set_level(logging.INFO)
    for number in range(6):
        old.write(number, packed, file=f"history-{number // 2 + 9:06}.jsonl")
    old.write(6, packed)
    stored = disk.storage.update("1000", {"caller_id_name": "Name 7", "password": "x"})
    last = old.write(7, packed, digest=version_digest(KEY, stored.version))
    (old.folder / "before" / "20261125T101059000000-0000000a").write_bytes(packed)

    disk.open()
    assert disk.names() == [f"Name {number}" for number in range(7, -1, -1)]
    assert old.left() == []
    assert "The history of an earlier version was imported: 8 entries." in caplog.text
    # What nothing changed since is taken back without a question.
    then = disk.history.prepare(disk.history.get(last)).then
    assert (then.caller_id_name, then.password) == ("Old", "secret-one")
    disk.change("Newest")
    disk.open()
    assert disk.names()[:2] == ["Newest", "Name 7"]
    assert disk.history.get(last).actor.name == "ann"


def test_of_an_entry_of_before_it_is_said_what_is_not_known(disk, old, packed):
    # Its version was made with a key of another machine, or before a restart.
    entry_id = old.write(1, packed, digest=version_digest(KEY, "another version"))
    disk.open()
    entry = disk.history.get(entry_id)
    with pytest.raises(ChangedSince, match="It is not known whether") as caught:
        disk.history.prepare(entry)
    assert not caught.value.certain
    assert disk.history.prepare(entry, anyway=True).then.caller_id_name == "Old"
    disk.storage.delete("1000")
    with pytest.raises(ChangedSince, match="was changed again since"):
        disk.history.prepare(entry)


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
def test_a_line_of_wrong_types_is_read_as_far_as_it_goes(disk, old, name, value):
    entry_id = old.write(1, **{name: value})
    disk.open()
    disk.change("Two")
    for found in (disk.history.find().entries, disk.history.find("2026").entries):
        assert found[-1].id == entry_id
    entry = disk.history.get(entry_id)
    assert entry.at.isoformat() == "2026-11-25T10:10:01+00:00"
    assert Entry.from_json(entry.to_json()) == entry
    texts = [entry.action, entry.extension, entry.digest, entry.undoes, *vars(entry.actor).values()]
    texts += [each.field for each in entry.changes]
    texts += [text for each in entry.switches for text in (each.name, each.detail, each.forgotten)]
    assert all(isinstance(text, str) for text in texts)
    assert {each.outcome for each in entry.switches} <= {"applied", "pending"}


NO_ENTRIES = [
    "[]",
    "{}",
    "5",
    '{"id": 5, "at": "2026-11-30"}',
    "[" * 100_000,
    '{"id":"x","at":5}',
    '{"id":"2026',
]


@pytest.mark.parametrize("line", NO_ENTRIES)
def test_a_line_that_is_no_entry_is_kept_and_costs_itself_alone(disk, old, caplog, line):
    old.write(1, file="history-000001.jsonl")
    old.write(2)
    old.append(line)
    old.write(3)
    disk.open()
    assert disk.names() == ["Name 3", "Name 2", "Name 1"]
    assert old.left() == ["history.jsonl.unreadable"]
    kept = old.folder / "history.jsonl.unreadable"
    assert line in kept.read_text().splitlines()
    assert f"1 lines could not be read: {kept}." in caplog.text


def test_an_import_that_is_interrupted_loses_nothing(disk, old, packed, monkeypatch):
    for number in range(5):
        old.write(number, packed)
    (old.folder / "history.jsonl").rename(old.folder / "history-000001.jsonl")
    old.write(5, packed)
    read = OldFiles.entries

    def interrupted(files):
        yield from list(read(files))[:3]
        raise OSError(5, "Input/output error", str(old.folder / "history.jsonl"))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(OldFiles, "entries", interrupted)
        disk.open()
        with pytest.raises(StorageUnavailable, match=r"history\.jsonl: Input/output error"):
            disk.change("Lost")
    assert disk.names() == []
    assert len(list((old.folder / "before").iterdir())) == 6

    # The next change does it, without a restart.
    disk.change("Newest")
    assert disk.names() == ["Newest", *[f"Name {number}" for number in range(5, -1, -1)]]
    assert old.left() == []


def test_an_end_between_import_and_removal_imports_nothing_twice(disk, old, packed, monkeypatch):
    for number in range(3):
        old.write(number, packed)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(OldFiles, "remove", lambda _: ())
        disk.open()
    assert len(disk.names()) == 3
    (old.folder / "before" / "20261125T101001000000-0000000a").unlink()
    disk.open()
    assert disk.names() == ["Name 2", "Name 1", "Name 0"]
    for entry in disk.history.find().entries:
        assert disk.history.prepare(entry, anyway=True).then.caller_id_name == "Old"
    assert old.left() == []


def test_another_server_that_imports_is_waited_for(disk, old):
    old.write(1)
    with (old.folder / ".lock").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        disk.open()
        with pytest.raises(StorageUnavailable, match="another process is importing"):
            disk.history.check()
    disk.history.check()
    assert disk.names() == ["Name 1"]


def test_only_this_user_can_read_what_was_imported(disk, old, packed):
    old.write(1, packed)
    disk.open()
    assert [each.stat().st_mode & 0o077 for each in old.folder.iterdir()] == [0, 0]
