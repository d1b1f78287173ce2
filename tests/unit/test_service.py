import logging
from dataclasses import replace

import pytest

from sipapp.api import (
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    FieldError,
    InvalidExtension,
    Secret,
    StorageUnavailable,
    VersionConflict,
    hookimpl,
)
from sipapp.changes.service import ExtensionService, ServiceParts
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.model.errors import CheckFailed
from sipapp.state.memory import MemoryState
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.strategy import SwitchContext
from sipapp.testing.memory import MemoryStorage, ScriptedSwitch


class Watcher:
    """Vetoes what it is told to, and remembers what it hears."""

    def __init__(self):
        self.asked = []
        self.heard = []
        self.veto = []

    @hookimpl
    def sipapp_validate_extension(self, new, old):
        self.asked.append((new, old))
        return self.veto

    @hookimpl
    def sipapp_extension_changed(self, event):
        self.heard.append(event)
        return "nobody asked"


class Broken:
    @hookimpl
    def sipapp_validate_extension(self):
        raise RuntimeError("broken veto")


class BrokenEar:
    @hookimpl
    def sipapp_extension_changed(self):
        raise RuntimeError("broken ear")


class Answering:
    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def sipapp_validate_extension(self):
        return self.answer


class AnsweringForMany:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    @hookimpl
    def sipapp_validate_extensions(self, changes):
        self.asked.append(changes)
        return self.answer(changes)


@pytest.fixture
def storage():
    return MemoryStorage()


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def switches():
    made = SwitchFleet({}, MemoryState())
    yield made
    made.stop()


@pytest.fixture
def history(storage):
    return History(sqlite_store(None), storage)


@pytest.fixture
def make_service(storage, switches, history):
    return lambda *plugins: ExtensionService(
        ServiceParts.make(storage, switches, Plugins.load(plugins), history, MemoryState())
    )


@pytest.fixture
def service(make_service, watcher):
    return make_service(watcher)


def names(page):
    return [each.caller_id_name for each in page.items]


def ids(page):
    return [each.id for each in page.items]


def test_numbers_in_a_text_count_as_numbers(service, storage):
    for name in ("10a", "9", "10", "a2", "a10", "Bob", "bob smith", "", "100"):
        storage.create(Extension(f"i{len(storage.list())}", password="x", caller_id_name=name))
    ordered = ["9", "10", "10a", "100", "a2", "a10", "Bob", "bob smith", ""]
    assert names(service.find(sort="caller_id_name")) == ordered
    assert names(service.find(sort="-caller_id_name")) == [*ordered[-2::-1], ""]


def test_the_id_decides_between_equals(service, storage):
    for extension_id in ("c", "a", "b"):
        storage.create(Extension(extension_id, password="x"))
    assert ids(service.find(sort="caller_id_number")) == ["a", "b", "c"]


def test_an_unknown_order(service):
    for sort in ("password", "", "--id"):
        with pytest.raises(InvalidExtension, match="id, caller_id_name, caller_id_number"):
            service.find(sort=sort)


def test_lists_and_answers_have_no_secrets(service, storage):
    storage.create(Extension("1", password="s3cret", vm_password="4711"))
    for extension in (service.get("1"), *service.find().items, service.delete("1").extension):
        assert (extension.password, extension.vm_password) == ("", "")
        assert extension.has_password


def test_search_is_not_for_secrets(service, storage):
    storage.create(Extension("1", password="s3cret", vm_password="4711"))
    assert service.find(search="s3cret").total == service.find(search="4711").total == 0


def test_create_fills_in_what_freeswitch_needs(service, storage):
    saved = service.create("1020", {"callgroup": "sales", "toll_allow": "", "password": ""})
    stored = storage.get("1020")
    assert stored.caller_id_name == "Extension 1020"
    assert stored.caller_id_number == stored.accountcode == "1020"
    assert stored.user_context == "default"
    assert stored.callgroup == "sales"
    assert stored.toll_allow == "", "given as empty, not missing"
    assert saved.generated == {"password": stored.password, "vm_password": stored.vm_password}
    assert stored.password not in repr(saved)


def test_create_refuses_before_it_stores(service, storage):
    storage.create(Extension("Bob", password="x"))
    with pytest.raises(ExtensionExists):
        service.create("bOb", {})
    with pytest.raises(InvalidExtension) as caught:
        service.create("../x", {"caller_id_name": "\n", "password": "ä"})
    assert {error.field for error in caught.value.errors} == {"id", "caller_id_name", "password"}
    assert ids(service.find()) == ["Bob"]


def test_update_leaves_alone_what_is_not_named(service, storage):
    storage.create(Extension("1", password="bad\npassword", caller_id_name="old", callgroup="x"))
    service.update("1", {"caller_id_name": "new", "callgroup": "x"})
    stored = storage.get("1")
    assert (stored.caller_id_name, stored.callgroup) == ("new", "x")
    assert stored.password == "bad\npassword"


def test_a_stale_version_changes_nothing(service, storage):
    old = storage.create(Extension("1", password="x"))
    for change in (
        lambda: service.update("1", {"callgroup": "y"}, version="stale"),
        lambda: service.set_password("1", version="stale"),
        lambda: service.delete("1", version="stale"),
    ):
        with pytest.raises(VersionConflict):
            change()
    assert storage.get("1") == old


def test_what_is_not_there(service):
    for change in (
        lambda: service.get("1"),
        lambda: service.update("1", {}),
        lambda: service.set_password("1"),
        lambda: service.delete("1"),
    ):
        with pytest.raises(ExtensionNotFound):
            change()


def test_observers_hear_without_secrets(service, watcher):
    saved = service.create("1", {"password": "0wn-secret"})
    service.update("1", {"callgroup": "x", "accountcode": "1"})
    service.set_password("1")
    service.delete("1")
    created, updated, password, deleted = watcher.heard
    assert created.action == "created"
    assert created.fields == ("id", "password", "vm_password")
    assert created.extension == saved.extension
    assert (updated.action, updated.fields) == ("updated", ("callgroup",))
    assert (password.action, password.fields) == ("password", ("password",))
    assert (deleted.action, deleted.extension.id) == ("deleted", "1")
    assert all(each.extension.password == "" for each in watcher.heard)
    assert all(each.apply.state == "applied" for each in watcher.heard)


def test_a_veto_is_asked_before_the_change_with_old_and_new(service, storage, watcher):
    old = storage.create(Extension("1", password="x", callgroup="a"))
    watcher.veto = [FieldError("callgroup", "Not that one.")]
    with pytest.raises(InvalidExtension, match="Not that one"):
        service.update("1", {"callgroup": "b"})
    (new, before) = watcher.asked[0]
    assert (before, new.callgroup) == (old, "b")
    assert storage.get("1") == old
    assert watcher.heard == []


@pytest.mark.parametrize(
    "change",
    [
        lambda service: service.create("1", {}),
        lambda service: service.create_many([("1", {}), ("2", {})]),
        lambda service: service.update("9", {"callgroup": "x"}),
        lambda service: service.set_password("9"),
        lambda service: service.rename("9", "1"),
    ],
)
def test_a_validator_that_fails_refuses_the_change(make_service, watcher, storage, caplog, change):
    broken = Broken()
    service = make_service(broken, watcher)
    old = storage.create(Extension("9", password="x"))
    with pytest.raises(CheckFailed, match=r"Plugin \S+ could not check this change. Nothing was"):
        change(service)
    assert list(storage.list()) == [old]
    assert watcher.heard == []
    assert "broken veto" in caplog.text


def test_an_observer_that_fails_stops_nothing_else(make_service, watcher, storage, caplog):
    service = make_service(BrokenEar(), watcher, BrokenEar())
    service.create("1", {})
    assert storage.get("1")
    assert len(watcher.heard) == 1
    assert caplog.text.count("RuntimeError: broken ear") == 2


@pytest.mark.parametrize("answer", [FieldError("id", "x"), "no", 5, [None], [("id", "x")]])
def test_an_answer_that_is_no_list_of_errors_refuses_the_change(
    make_service, storage, caplog, answer
):
    with pytest.raises(CheckFailed):
        make_service(Answering(answer)).create("1", {})
    assert storage.list() == []
    assert "failed in sipapp_validate_extension" in caplog.text


def test_no_answer_is_no_objection(make_service, storage):
    make_service(Answering(None), AnsweringForMany(lambda changes: None)).create("1", {})
    assert storage.get("1")


class TestManyAtOnce:
    def test_a_plugin_checks_all_in_one_call(self, make_service, storage, watcher):
        many = AnsweringForMany(
            lambda changes: [
                [FieldError("id", "No threes.")] if "3" in each.new.id else [] for each in changes
            ]
        )
        service = make_service(many, watcher)
        with pytest.raises(InvalidExtension) as caught:
            service.create_many([(str(number), {}) for number in range(30, 50)])
        assert [each.field for each in caught.value.errors] == [
            *(f"items[{place}].id" for place in range(10)),
            "items[13].id",
        ]
        assert storage.list() == []
        ((first, *_),) = many.asked
        assert (first.new.id, first.old) == ("30", None)
        assert first.new.password not in repr(first)
        # The one without the hook for many is called once for each.
        assert len(watcher.asked) == 20

    def test_of_one_change_it_gets_one(self, make_service, storage):
        many = AnsweringForMany(lambda changes: [[FieldError("callgroup", "Not that one.")]])
        old = storage.create(Extension("1", password="x"))
        with pytest.raises(InvalidExtension, match="Not that one"):
            make_service(many).update("1", {"callgroup": "b"})
        (((change),),) = many.asked
        assert (change.new.callgroup, change.old) == ("b", old)

    def test_a_plugin_with_both_hooks_is_asked_once(self, make_service, storage):
        both = AnsweringForMany(lambda changes: [[] for _ in changes])
        both.sipapp_validate_extension = hookimpl(lambda new, old: 1 / 0)
        make_service(both).create("1", {})
        assert storage.get("1")

    @pytest.mark.parametrize("answer", [[], [[], []], [None], 5])
    def test_what_is_not_one_list_for_each_refuses_the_change(
        self, make_service, storage, caplog, answer
    ):
        with pytest.raises(CheckFailed):
            make_service(AnsweringForMany(lambda changes: answer)).create("1", {})
        assert storage.list() == []
        assert "failed in sipapp_validate_extensions" in caplog.text

    def test_what_breaks_a_rule_is_not_shown_to_plugins(self, make_service, watcher):
        service = make_service(watcher)
        watcher.veto = [FieldError("callgroup", "Not that one.")]
        with pytest.raises(InvalidExtension) as caught:
            service.create_many([("a b", {}), ("1", {})])
        assert [each.field for each in caught.value.errors] == ["items[0].id", "items[1].callgroup"]
        assert [new.id for new, _ in watcher.asked] == ["1"]

    def test_ids_are_looked_at_under_the_lock(self, make_service, storage):
        """An id that is taken while the check of a plugin takes its time."""

        def take(changes):
            storage.create(Extension("2", password="theirs"))

        service = make_service(AnsweringForMany(take))
        with pytest.raises(InvalidExtension, match="'2' exists already"):
            service.create_many([("1", {}), ("2", {})])
        assert ids(service.find()) == ["2"]

    def test_none_is_nothing(self, make_service, watcher):
        assert make_service(watcher).create_many([]) == []
        assert watcher.asked == watcher.heard == []


class TestNothingToChange:
    """What is stored as wanted already is not stored, recorded, announced or reloaded."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda service, **more: service.update("1", {"callgroup": "a"}, **more),
            lambda service, **more: service.update("1", {}, **more),
            lambda service, **more: service.set_password("1", "own", **more),
            lambda service, **more: service.rename("1", "1", **more),
            lambda service, **more: service.set_enabled("1", enabled=True, **more),
        ],
    )
    def test_nothing_is_done_and_that_is_said(self, service, storage, watcher, history, change):
        old = storage.create(Extension("1", password="own", callgroup="a"))
        for version in (None, old.version):
            saved = change(service, version=version)
            assert saved.apply.state == "unchanged"
            assert saved.apply.switches == ()
            assert saved.extension == old.without_secrets()
        assert storage.get("1") == old
        assert history.find().entries == []
        assert watcher.heard == watcher.asked == []
        with pytest.raises(VersionConflict):
            change(service, version="stale")

    def test_a_disabled_one_is_not_disabled_again(self, service, storage, history):
        storage.create(Extension("1", password="own", enabled=False))
        assert service.set_enabled("1", enabled=False).apply.state == "unchanged"
        assert history.find().entries == []


class Hashing(MemoryStorage):
    """Keeps passwords as hashes only."""

    def __init__(self):
        super().__init__()
        self.hashes = {}

    def get(self, extension_id):
        return replace(super().get(extension_id), password="", inherited={"password": "a1-hash"})

    def secret(self, extension_id):
        return Secret(ha1=self.hashes[extension_id])

    def snapshot(self, extension_id):
        return super().snapshot(extension_id), self.hashes[extension_id]

    def restore(self, extension_id, snapshot, *, version):
        extension, self.hashes[extension_id] = snapshot
        super().restore(extension_id, replace(extension, callgroup="undone"), version=version)

    def update(self, extension_id, changes, *, version=None):
        if changes.get("password"):
            self.hashes[extension_id] = f"hash of {changes['password']}"
        super().update(extension_id, changes, version=version)
        return self.get(extension_id)

    def seen(self, snapshot):
        return snapshot[0]

    def pack(self, snapshot):
        return f"{snapshot[1]}\n".encode() + super().pack(snapshot)

    def unpack(self, data):
        hashed, _, rest = data.partition(b"\n")
        return super().unpack(rest), hashed.decode()


class Forgetting(ScriptedSwitch):
    def __init__(self):
        super().__init__()
        self.forgotten = []

    def forget(self, extension_id, *, timeout):
        self.forgotten.append(extension_id)
        return ""


class TestUndoOfAPasswordThatIsKeptAsAHash:
    """A phone stays registered with the old password unless the switch forgets it."""

    @pytest.fixture
    def hashing(self):
        storage = Hashing()
        storage.hashes["1"] = "hash of old"
        storage.create(Extension("1", password="stored-elsewhere"))
        return storage

    @pytest.fixture
    def switch(self, hashing):
        return Forgetting()

    @pytest.fixture
    def undo(self, hashing, switch):
        switches = SwitchFleet({"sw": switch}, MemoryState())
        switches.start(SwitchContext("", hashing))
        history = History(sqlite_store(None), hashing)
        service = ExtensionService(
            ServiceParts.make(hashing, switches, Plugins.load([]), history, MemoryState())
        )

        def undo(change):
            change(service)
            switch.forgotten.clear()
            return service.undo(history.find().entries[0])

        yield undo
        switches.stop()

    def test_another_password_drops_registrations(self, undo, switch, hashing):
        undo(lambda service: service.set_password("1", "new"))
        assert hashing.hashes["1"] == "hash of old"
        assert switch.forgotten == ["1"]

    def test_the_same_password_does_not(self, undo, switch):
        undo(lambda service: service.update("1", {"callgroup": "x"}))
        assert switch.forgotten == []

    def test_what_is_not_known_does(self, undo, switch, hashing, monkeypatch, caplog):
        monkeypatch.setattr(hashing, "secret", lambda _: 1 / 0)
        undo(lambda service: service.update("1", {"callgroup": "x"}))
        assert switch.forgotten == ["1"]
        assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("method", "ask"),
    {
        "get": lambda service: service.get("1"),
        "list": lambda service: service.find(),
        "update": lambda service: service.update("1", {"callgroup": "x"}),
        "delete": lambda service: service.delete("1"),
    }.items(),
)
def test_a_storage_that_is_unavailable_is_logged_once(  # noqa: PLR0917
    service, storage, monkeypatch, caplog, method, ask
):
    storage.create(Extension("1", password="s3cret"))

    def unavailable(*_args, **_more):
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(storage, method, unavailable)
    with pytest.raises(StorageUnavailable):
        ask(service)
    assert caplog.text.count("The disk is full.") == 1


def test_no_secret_is_logged(service, caplog):
    with caplog.at_level(logging.DEBUG):
        made = service.create("1", {"vm_password": "987654"}).generated["password"]
        service.set_password("1", "0wn-secret")
    assert "Extension 1 created by 'sipapp': applied." in caplog.text
    for secret in (made, "0wn-secret", "987654"):
        assert secret not in caplog.text


def test_reload_without_switches_is_applied(service):
    assert service.reload().state == "applied"


class TestRename:
    def test_what_is_made_of_the_id_follows_and_nothing_else(self, service, storage):
        made = service.create("1000", {"callgroup": "1000", "outbound_caller_id_number": "1000"})
        saved = service.rename("1000", "2000", version=made.extension.version)
        stored = storage.get("2000")
        assert stored.caller_id_name == "Extension 2000"
        assert stored.caller_id_number == stored.accountcode == "2000"
        assert (stored.callgroup, stored.outbound_caller_id_number) == ("1000", "1000")
        assert stored.password == made.generated["password"]
        assert saved.extension.password == ""
        assert ids(service.find()) == ["2000"]

    def test_a_caller_id_of_ones_own_stays(self, service, storage):
        service.create("1000", {"caller_id_name": "Ada", "accountcode": "42"})
        service.rename("1000", "2000")
        assert storage.get("2000").caller_id_name == "Ada"
        assert storage.get("2000").accountcode == "42"

    def test_observers_hear_of_both_ids(self, service, watcher):
        service.create("1000", {})
        service.rename("1000", "2000", password="Another-1")
        event = watcher.heard[-1]
        assert (event.action, event.old_id, event.extension.id) == ("renamed", "1000", "2000")
        assert event.fields == (
            "id",
            "caller_id_name",
            "caller_id_number",
            "accountcode",
            "password",
        )
        new, old = watcher.asked[-1]
        assert (old.id, new.id, new.password) == ("1000", "2000", "Another-1")

    def test_a_veto_is_heard(self, service, storage, watcher):
        old = storage.create(Extension("1000", password="x"))
        watcher.veto = [FieldError("id", "Ours begin with 1.")]
        with pytest.raises(InvalidExtension, match="begin with 1"):
            service.rename("1000", "2000")
        assert list(storage.list()) == [old]

    def test_what_cannot_be(self, service, storage):
        old = storage.create(Extension("1000", password="x"))
        other = storage.create(Extension("Taken", password="x"))
        for new_id, error in (
            ("", InvalidExtension),
            ("a b", InvalidExtension),
            ("tAKEN", ExtensionExists),
        ):
            with pytest.raises(error):
                service.rename("1000", new_id)
        with pytest.raises(InvalidExtension, match="ASCII"):
            service.rename("1000", "2000", password="Zoë")
        with pytest.raises(InvalidExtension, match="has this id already"):
            service.rename("1000", "1000", password="Another-1")
        with pytest.raises(ExtensionNotFound):
            service.rename("4711", "2000")
        with pytest.raises(VersionConflict):
            service.rename("1000", "2000", version="stale")
        assert list(storage.list()) == [old, other]
