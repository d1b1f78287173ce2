"""The history: what an entry says, what an undo needs, and pages of entries."""

import re
from dataclasses import replace

import pytest

from sipapp.history.history import CannotUndo, ChangedSince, EntryNotFound, History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.history.store import HistoryStoreError
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
def store(request, tmp_path):
    return sqlite_store(tmp_path / "history" if request.param == "disk" else None)


@pytest.fixture
def history(store, storage):
    return History(store, storage)


def change(history, storage, **values):
    with history.recording(ANN, storage.get("1000")) as recording:
        stored = storage.update("1000", values)
        recording.stored([stored])
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


def test_what_was_not_made_leaves_no_trace(history, storage, store, tmp_path):
    with pytest.raises(RuntimeError), history.recording(ANN, storage.get("1000")):
        raise RuntimeError
    assert history.find().entries == []
    assert all(b"secret-one" not in each.read_bytes() for each in tmp_path.glob("history/*"))


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
        recording.stored([stored])
        recording.made("created", [stored], APPLIED)
    created, deleted, updated = history.find().entries

    with pytest.raises(CannotUndo, match="'1000' is another one now"):
        history.prepare(updated, anyway=True)
    with pytest.raises(ExtensionExists, match="1000"):
        history.prepare(deleted, anyway=True)
    assert history.prepare(created).then is None


def test_what_came_back_by_an_undo_is_its_own(history, storage):
    def rename(old, new, action="renamed", undoes=""):
        with history.recording(ANN, storage.get(old)) as recording:
            stored = storage.rename(old, new, {})
            recording.stored([stored])
            return recording.made(action, [stored], APPLIED, undoes=undoes)[0]

    first = rename("1000", "2000")
    with history.recording(ANN, storage.get("2000")) as recording:
        storage.delete("2000")
        recording.made("deleted", [], APPLIED)
    with history.recording(ANN, None) as recording:
        stored = storage.create(Extension("1000", password="secret-one"))
        recording.stored([stored])
        recording.made("undone", [stored], APPLIED, undoes=first.id)
    rename("1000", "2000")
    storage.update("2000", {"caller_id_name": "By hand"})
    assert history.prepare(first, anyway=True).then.id == "1000"


def test_a_history_that_cannot_be_read_takes_nothing_back(history, storage, store, monkeypatch):
    change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    change(history, storage, caller_id_name="Newer")

    def fail(*_):
        raise HistoryStoreError("Input/output error.")

    monkeypatch.setattr(store, "later", fail)
    with pytest.raises(StorageUnavailable, match=r"\(sipapp.history\) cannot be read\. Input"):
        history.prepare(entry, anyway=True)


def test_a_deletion_and_a_creation_can_be_taken_back(history, storage):
    with history.recording(ANN, storage.get("1000")) as recording:
        storage.delete("1000")
        recording.made("deleted", [], APPLIED)
    with history.recording(ANN, None) as recording:
        stored = storage.create(Extension("1001", password="x"))
        recording.stored([stored])
        recording.made("created", [stored], APPLIED)
    created, deleted = history.find().entries

    assert history.prepare(deleted).then.password == "secret-one"
    assert history.prepare(deleted).now is None
    assert history.prepare(created).then is None


def test_no_extension_loses_its_password_by_an_undo(history, storage):
    storage.create(Extension("1001"))
    with history.recording(ANN, storage.get("1001")) as recording:
        stored = storage.update("1001", {"password": "secret-two"})
        recording.stored([stored])
        recording.made("updated", [stored], APPLIED)
    (entry,) = history.find().entries
    with pytest.raises(CannotUndo, match="no password"):
        history.prepare(entry)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"\xff", b'{"hidden": 1}'])
def test_what_cannot_be_read_any_more_cannot_be_taken_back(history, storage, monkeypatch, data):
    with monkeypatch.context() as another_storage:
        another_storage.setattr(storage, "pack", lambda _: data)
        change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    with pytest.raises(CannotUndo, match="cannot be read"):
        history.prepare(entry)


def test_an_undo_without_what_was_there_before_deletes_nothing(history, storage, monkeypatch):
    with monkeypatch.context() as unkept:
        unkept.setattr(storage, "snapshot", lambda _: None)
        change(history, storage, caller_id_name="New")
    (entry,) = history.find().entries
    with pytest.raises(CannotUndo, match="is not kept"):
        history.prepare(entry, anyway=True)


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
    monkeypatch.setattr("sipapp.history.sqlite_store.SEARCH_LIMIT", 3)
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
        slow.stored([storage.get("1000")])
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


# Whether something was changed since.


class OtherMachine(MemoryStorage):
    """The same extensions as another one's, with versions of its own, as after a restart."""

    def __init__(self, first):
        super().__init__()
        self.first = first

    def get(self, extension_id):
        found = self.first.get(extension_id)
        return replace(found, version=f"here-{found.version}")


@pytest.fixture
def open_history(tmp_path):
    return lambda storage: History(sqlite_store(tmp_path / "history"), storage)


def test_an_entry_is_not_changed_since_by_a_restart_or_on_another_machine(open_history, storage):
    change(open_history(storage), storage, caller_id_name="New")
    other = OtherMachine(storage)
    history = open_history(other)
    (entry,) = history.find().entries
    assert history.prepare(entry).then.caller_id_name == "Old"

    storage.update("1000", {"caller_id_name": "By hand"})
    with pytest.raises(ChangedSince, match="was changed again since"):
        history.prepare(entry)


@pytest.mark.parametrize("moment", ["before the content is read", "before the switch answers"])
def test_a_change_by_hand_before_the_entry_is_written_is_seen(history, storage, moment):
    with history.recording(ANN, storage.get("1000")) as recording:
        stored = storage.update("1000", {"caller_id_name": "New"})
        if moment == "before the switch answers":
            recording.stored([stored])
        storage.update("1000", {"caller_id_name": "By hand"})
        if moment == "before the content is read":
            recording.stored([stored])
        recording.made("updated", [stored], APPLIED)
    (entry,) = history.find().entries
    with pytest.raises(ChangedSince) as caught:
        history.prepare(entry)
    assert [each.old for each in caught.value.differences] == ["By hand"]


@pytest.mark.parametrize("what", ["snapshot_many", "pack"])
def test_content_that_cannot_be_read_after_a_change_costs_no_entry(
    history, storage, monkeypatch, caplog, what
):
    def fail(_):
        raise RuntimeError("a bug of a plugin")

    with history.recording(ANN, storage.get("1000")) as recording:
        stored = storage.update("1000", {"caller_id_name": "New"})
        with monkeypatch.context() as broken:
            broken.setattr(storage, what, fail)
            recording.stored([stored])
            recording.made("updated", [stored], APPLIED)
    assert "a bug of a plugin" in caplog.text
    (entry,) = history.find().entries
    with pytest.raises(ChangedSince):
        history.prepare(entry)
    assert history.prepare(entry, anyway=True).then.caller_id_name == "Old"


def test_what_could_not_be_written_down_goes_to_the_log(
    history, storage, store, monkeypatch, caplog
):
    def fail(*_):
        raise HistoryStoreError("No space left on device.")

    with history.recording(ANN, storage.get("1000")) as recording:
        stored = storage.update("1000", {"caller_id_name": "Newer", "password": "secret-two"})
        recording.stored([stored])
        with monkeypatch.context() as full:
            full.setattr(store, "append", fail)
            recording.made("updated", [stored], APPLIED)

    assert recording.fault == history.fault
    assert history.fault == (
        "The last change was made, but could not be written into the history (sipapp.history): "
        "No space left on device."
    )
    assert re.search(r"Not in the history.*Newer", caplog.text)
    assert "secret-" not in caplog.text
    change(history, storage, caller_id_name="Newest")
    assert history.fault == ""
