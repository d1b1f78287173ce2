"""A refused change is taken back everywhere; a broken directory is not touched."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.api import Extension, hookimpl
from sipapp.errors import (
    ChangeRefused,
    DirectoryBroken,
    ExtensionNotFound,
    StorageUnavailable,
    SwitchRefused,
    SwitchTimeout,
    VersionConflict,
)
from sipapp.plugins import Plugins
from sipapp.reload import SwitchContext
from sipapp.service import ExtensionService
from sipapp.switches import Switches
from sipapp.testing.memory import MemoryStorage, ScriptedSwitch


class Picky(ScriptedSwitch):
    """Refuses a storage with that caller ID in it."""

    def reload(self, *, timeout):
        if any(each.caller_id_name == "bad" for each in self._context.extensions()):
            raise SwitchRefused("[error near line 7]: bad name")
        return super().reload(timeout=timeout)


class Storage(MemoryStorage):
    """Says where a fault is, if there is one."""

    fault = ""
    broken = False

    def find_fault(self, *, thorough=False):
        return self.fault if thorough or self.broken else ""


class Ear:
    def __init__(self):
        self.heard = []

    @hookimpl
    def sipapp_extension_changed(self, event):
        self.heard.append(event.action)


@pytest.fixture
def storage():
    storage = Storage()
    storage.create(Extension("1000", password="first", caller_id_name="good"))
    return storage


@pytest.fixture
def easy():
    return ScriptedSwitch()


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def make_service(storage, ear):
    made = []

    def make(**strategies):
        made.append(Switches(strategies))
        made[-1].start(SwitchContext("", storage.list))
        made[-1].apply()
        return ExtensionService(storage, made[-1], Plugins.load([ear]))

    yield make
    for each in made:
        each.stop()


CHANGES = {
    "create": lambda service: service.create("1001", {"caller_id_name": "bad"}),
    "create_many": lambda service: service.create_many(
        [("1001", {}), ("1002", {"caller_id_name": "bad"})]
    ),
    "update": lambda service: service.update("1000", {"caller_id_name": "bad"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_that_one_switch_refuses_is_taken_back_on_all(
    make_service, storage, easy, ear, change
):
    service = make_service(easy=easy, picky=Picky())
    before, reloads = storage.list(), easy.reloads
    storage.fault = "/conf/1000.xml, line 3"
    with pytest.raises(ChangeRefused) as caught:
        change(service)
    assert storage.list() == before
    assert easy.reloads == reloads + 2
    assert easy.knows("1000", timeout=1)
    assert not easy.knows("1001", timeout=1)
    assert [each.outcome for each in caught.value.apply.switches] == ["applied", "refused"]
    assert str(caught.value) == (
        "picky said: [error near line 7]: bad name. The fault is in /conf/1000.xml, line 3. "
        "The change was taken back."
    )
    assert ear.heard == []


def test_a_deletion_that_a_switch_does_not_follow_is_taken_back(make_service, storage, easy):
    class Stubborn(ScriptedSwitch):
        def knows(self, extension_id, *, timeout):
            return True

    before = storage.list()
    with pytest.raises(ChangeRefused, match="still knows extension 1000"):
        make_service(easy=easy, stubborn=Stubborn()).delete("1000")
    assert storage.list() == before
    assert easy.knows("1000", timeout=1)


def test_one_refuses_and_one_is_away(make_service, storage, easy):
    service = make_service(easy=easy, picky=Picky())
    easy.fault = SwitchTimeout("silence")
    with pytest.raises(ChangeRefused, match="Not told of that yet: easy"):
        service.update("1000", {"caller_id_name": "bad"})
    assert storage.get("1000").caller_id_name == "good"


def test_a_switch_that_refuses_all_is_told_as_the_cause(make_service, storage, easy):
    service = make_service(easy=easy)
    easy.fault = SwitchRefused("[error near line 9]: dialplan")
    with pytest.raises(ChangeRefused, match="refused too, so the cause is elsewhere"):
        service.update("1000", {"caller_id_name": "new"})
    assert storage.get("1000").caller_id_name == "good"


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(make_service, storage):
    class Meddling(ScriptedSwitch):
        def reload(self, *, timeout):
            if self.reloads == 1:
                storage.update("1000", {"callgroup": "theirs"})
                self.reloads += 1
                raise SwitchRefused("no")
            return super().reload(timeout=timeout)

    service = make_service(sw=Meddling())
    with pytest.raises(ChangeRefused, match=r"could not be taken back.*changed by somebody else"):
        service.update("1000", {"caller_id_name": "mine"})
    assert storage.get("1000").callgroup == "theirs"


@pytest.mark.parametrize(
    "change",
    [*CHANGES.values(), lambda service: service.delete("1000")],
    ids=[*CHANGES, "delete"],
)
def test_a_broken_directory_is_named_and_not_touched(make_service, storage, easy, change):
    service = make_service(easy=easy)
    before, reloads = storage.list(), easy.reloads
    storage.broken, storage.fault = True, "/conf/zz.xml, line 4"
    with pytest.raises(DirectoryBroken, match=r"/conf/zz\.xml, line 4"):
        change(service)
    assert storage.list() == before
    assert easy.reloads == reloads


def test_changes_of_one_extension_wait_for_each_other(make_service, storage):
    # The second is stored after the first one's fate is known: nothing good goes back with it.
    at_switch, go_on = threading.Event(), threading.Event()

    class Slow(Picky):
        def reload(self, *, timeout):
            if self.reloads:
                at_switch.set()
                assert go_on.wait(5)
            return super().reload(timeout=timeout)

    service = make_service(sw=Slow())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(service.update, "1000", {"caller_id_name": "bad"})
        assert at_switch.wait(5)
        second = pool.submit(service.update, "1000", {"callgroup": "sales"})
        go_on.set()
        assert isinstance(first.exception(5), ChangeRefused)
        assert second.result(5).apply.state == "applied"
    assert storage.get("1000").caller_id_name == "good"
    assert storage.get("1000").callgroup == "sales"


def test_nobody_waits_for_ever_for_an_earlier_change(make_service, monkeypatch, easy):
    monkeypatch.setattr("sipapp.changes.PATIENCE", 0.05)
    at_switch, go_on = threading.Event(), threading.Event()
    service = make_service(easy=easy)
    reload = easy.reload

    def slow(*, timeout):
        at_switch.set()
        assert go_on.wait(5)
        return reload(timeout=timeout)

    easy.reload = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.update, "1000", {"callgroup": "one"})
        assert at_switch.wait(5)
        try:
            with pytest.raises(Exception, match="try again in a moment"):
                service.update("1000", {"callgroup": "two"})
        finally:
            go_on.set()
        assert first.result(5).apply.state == "applied"


def test_the_usual_errors_stay(make_service, easy):
    service = make_service(easy=easy)
    with pytest.raises(ExtensionNotFound):
        service.delete("4711")
    with pytest.raises(VersionConflict):
        service.delete("1000", version="other")


def test_registrations_are_dropped_when_the_password_that_made_them_is_no_good_any_more(
    make_service, storage
):
    class Forgetful(ScriptedSwitch):
        def __init__(self):
            super().__init__()
            self.forgot = []

        def forget(self, extension_id, *, timeout):
            self.forgot.append(extension_id)
            return "Gone."

    sw = Forgetful()
    service = make_service(sw=sw)
    service.create("1001", {})
    service.update("1000", {"caller_id_name": "New"})
    assert sw.forgot == []
    service.update("1000", {"password": "second"})
    service.set_password("1001")
    (outcome,) = service.delete("1000").apply.switches
    assert sw.forgot == ["1000", "1001", "1000"]
    assert outcome.detail == "+OK [Success]. Gone."


def test_a_storage_that_fails_while_the_fault_is_looked_for_does_not_keep_the_change(
    make_service, storage, caplog
):
    service = make_service(sw=Picky())

    def find_fault(*, thorough=False):
        if thorough:
            raise StorageUnavailable("disk gone")
        return ""

    storage.find_fault = find_fault
    with pytest.raises(ChangeRefused, match="was taken back"):
        service.update("1000", {"caller_id_name": "bad"})
    assert storage.get("1000").caller_id_name == "good"
    assert "disk gone" in caplog.text
