import logging

import pytest

from sipapp.api import (
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    FieldError,
    InvalidExtension,
    VersionConflict,
    hookimpl,
)
from sipapp.changes.service import ExtensionService
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.switches.fleet import SwitchFleet
from sipapp.testing.memory import MemoryStorage


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

    @hookimpl
    def sipapp_extension_changed(self):
        raise RuntimeError("broken ear")


class Confused:
    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def sipapp_validate_extension(self):
        return self.answer


@pytest.fixture
def storage():
    return MemoryStorage()


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def switches():
    made = SwitchFleet({})
    yield made
    made.stop()


@pytest.fixture
def make_service(storage, switches):
    return lambda *plugins: ExtensionService(
        storage, switches, Plugins.load(plugins), History(sqlite_store(None), storage)
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
    assert names(service.list(sort="caller_id_name")) == ordered
    assert names(service.list(sort="-caller_id_name")) == ordered[::-1]


def test_the_id_decides_between_equals(service, storage):
    for extension_id in ("c", "a", "b"):
        storage.create(Extension(extension_id, password="x"))
    assert ids(service.list(sort="caller_id_number")) == ["a", "b", "c"]


def test_an_unknown_order(service):
    for sort in ("password", "", "--id"):
        with pytest.raises(InvalidExtension, match="id, caller_id_name, caller_id_number"):
            service.list(sort=sort)


def test_lists_and_answers_have_no_secrets(service, storage):
    storage.create(Extension("1", password="s3cret", vm_password="4711"))
    for extension in (service.get("1"), *service.list().items, service.delete("1").extension):
        assert (extension.password, extension.vm_password) == ("", "")
        assert extension.has_password


def test_search_is_not_for_secrets(service, storage):
    storage.create(Extension("1", password="s3cret", vm_password="4711"))
    assert service.list(search="s3cret").total == service.list(search="4711").total == 0


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
    assert ids(service.list()) == ["Bob"]


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


def test_broken_plugins_have_no_veto_and_do_not_disturb(make_service, watcher, storage, caplog):
    service = make_service(Broken(), watcher, Broken())
    with caplog.at_level(logging.ERROR):
        service.create("1", {})
    assert storage.get("1")
    assert len(watcher.heard) == 1
    assert caplog.text.count("broken veto") >= 2
    assert caplog.text.count("broken ear") >= 2


@pytest.mark.parametrize("answer", [FieldError("id", "x"), "no", 5, [None], [("id", "x")]])
def test_an_answer_that_is_no_list_of_errors_is_no_veto(make_service, storage, caplog, answer):
    make_service(Confused(answer)).create("1", {})
    assert storage.get("1")
    assert "failed in sipapp_validate_extension" in caplog.text


def test_no_secret_is_logged(service, caplog):
    with caplog.at_level(logging.DEBUG):
        made = service.create("1", {"vm_password": "987654"}).generated["password"]
        service.set_password("1", "0wn-secret")
    assert "Extension 1 created: applied." in caplog.text
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
        assert ids(service.list()) == ["2000"]

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
            ("1000", InvalidExtension),
            ("tAKEN", ExtensionExists),
        ):
            with pytest.raises(error):
                service.rename("1000", new_id)
        with pytest.raises(InvalidExtension, match="ASCII"):
            service.rename("1000", "2000", password="Zoë")
        with pytest.raises(ExtensionNotFound):
            service.rename("4711", "2000")
        with pytest.raises(VersionConflict):
            service.rename("1000", "2000", version="stale")
        assert list(storage.list()) == [old, other]
