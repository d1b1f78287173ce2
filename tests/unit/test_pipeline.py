"""A refused change is taken back everywhere; a broken directory is not touched."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from sipapp.api import Extension, hookimpl
from sipapp.changes.service import ExtensionService, ServiceParts
from sipapp.concurrency.shared_exclusive_lock import LockTimeout, SharedExclusiveLock
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.model.errors import (
    ChangeRefused,
    DirectoryBroken,
    ExtensionNotFound,
    StorageUnavailable,
    SwitchRefused,
    SwitchTimeout,
    VersionConflict,
)
from sipapp.state.memory import MemoryState
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.strategy import SwitchContext
from sipapp.switches.timing import Timing
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
        # No reload but those of changes: one of the start or a retry could come between them.
        timing = Timing(start_reload_s=600.0, first_retry_s=600.0)
        made.append(SwitchFleet(strategies, MemoryState(), timing))
        made[-1].start(SwitchContext("", storage))
        made[-1].apply()
        return ExtensionService(
            ServiceParts.make(
                storage,
                made[-1],
                Plugins.load([ear]),
                History(sqlite_store(None), storage),
                MemoryState(),
            )
        )

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


def test_a_switch_that_refuses_all_is_reported_as_the_cause(make_service, storage, easy):
    service = make_service(easy=easy)
    easy.fault = SwitchRefused("[error near line 9]: dialplan")
    with pytest.raises(ChangeRefused, match="refused too, so the cause is elsewhere"):
        service.update("1000", {"caller_id_name": "new"})
    assert storage.get("1000").caller_id_name == "good"


def test_a_concurrent_change_is_not_overwritten(make_service, storage):
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


def test_the_wait_for_an_earlier_change_has_a_timeout(make_service, monkeypatch, easy):
    monkeypatch.setattr("sipapp.changes.pipeline.LOCK_TIMEOUT_S", 0.05)
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
    assert (outcome.detail, outcome.forgotten) == ("+OK [Success]", "Gone.")


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


class TestInnocents:
    """Of several changes that share a refused reload, only the guilty one is refused."""

    @pytest.fixture
    def together(self, make_service, storage):
        """Make changes at the same time; their switch reloads when all of them are stored."""

        def run(switch, *changes):
            service = make_service(sw=switch, other=ScriptedSwitch())
            gate = threading.Barrier(len(changes), timeout=5)

            def make(change):
                gate.wait()
                try:
                    return change(service).apply.state
                except ChangeRefused as error:
                    return str(error)

            with ThreadPoolExecutor(len(changes)) as pool:
                return list(pool.map(make, changes))

        return run

    def test_each_gets_an_answer_of_its_own(self, together, storage):
        for number in range(6):
            storage.create(Extension(f"200{number}", password="p"))
        innocent = [
            lambda service: service.update("2000", {"caller_id_name": "new"}),
            lambda service: service.create("3000", {}),
            lambda service: service.delete("2001"),
            lambda service: service.set_enabled("2002", enabled=False),
            lambda service: service.rename("2003", "3003"),
            lambda service: service.create_many([("3004", {}), ("3005", {})])[0],
        ]
        guilty = lambda service: service.update("1000", {"caller_id_name": "bad"})  # noqa: E731
        picky = Picky()
        *states, refused = together(picky, *innocent, guilty)
        assert states == ["applied"] * len(innocent)
        assert "bad name" in refused
        assert "was taken back" in refused
        assert "elsewhere" not in refused
        assert storage.get("1000").caller_id_name == "good"
        assert storage.get("2000").caller_id_name == "new"
        known = {"1000", "2000", "2004", "2005", "3000", "3003", "3004", "3005"}
        assert {each.id for each in storage.list() if each.enabled} == known
        asked = [*known, "2001", "2002", "2003", "3001", "3002"]
        assert {each for each in asked if picky.knows(each, timeout=5)} == known

    def test_when_the_cause_is_elsewhere_all_are_refused_with_it(self, together, storage):
        class Broken(ScriptedSwitch):
            def reload(self, *, timeout):
                if len(list(self._context.extensions())) != 1:
                    self.fault = SwitchRefused("[error near line 9]: dialplan")
                return super().reload(timeout=timeout)

        said = together(
            Broken(), *[lambda service, n=n: service.create(f"30{n}", {}) for n in range(3)]
        )
        assert all("refused too, so the cause is elsewhere" in each for each in said)
        assert [each.id for each in storage.list()] == ["1000"]

    def test_when_there_is_no_time_to_find_out_nothing_is_changed(
        self, together, storage, monkeypatch
    ):
        monkeypatch.setattr(SharedExclusiveLock, "exclusive", _busy)
        both = threading.Barrier(2, timeout=5)
        create = storage.create

        def create_together(extension):
            both.wait()
            return create(extension)

        storage.create = create_together
        said = together(
            Picky(),
            lambda service: service.create("3000", {"caller_id_name": "bad"}),
            lambda service: service.create("3001", {}),
        )
        assert all("no time to find out which" in each for each in said), said
        assert [each.id for each in storage.list()] == ["1000"]

    def test_a_concurrent_change_before_the_second_try_is_kept(self, make_service, storage):
        storage.create(Extension("2000", password="p"))
        service = make_service(sw=Picky())
        both = threading.Barrier(2, timeout=5)
        update, restore = storage.update, storage.restore

        def update_together(*args, **kwargs):
            both.wait()
            return update(*args, **kwargs)

        def restore_and_meddle(extension_id, snapshot, *, version):
            storage.update = update
            restore(extension_id, snapshot, version=version)
            if extension_id == "2000":
                update("2000", {"callgroup": "theirs"})

        storage.update, storage.restore = update_together, restore_and_meddle
        with ThreadPoolExecutor(2) as pool:
            guilty = pool.submit(service.update, "1000", {"caller_id_name": "bad"})
            innocent = pool.submit(service.update, "2000", {"caller_id_name": "new"})
            assert isinstance(guilty.exception(10), ChangeRefused)
            assert isinstance(innocent.exception(10), VersionConflict)
        stored = storage.get("2000")
        assert (stored.caller_id_name, stored.callgroup) == ("", "theirs")


def test_waiting_for_a_change_that_is_alone_has_a_limit(make_service, storage, monkeypatch, easy):
    service = make_service(easy=easy)
    monkeypatch.setattr(SharedExclusiveLock, "shared", _busy)
    with pytest.raises(StorageUnavailable, match="changing other extensions"):
        service.update("1000", {"callgroup": "x"})
    assert storage.get("1000").callgroup == ""


@contextmanager
def _busy(*_):
    raise LockTimeout
    yield


def test_a_refused_rename_is_taken_back(make_service, storage, easy):
    class Forgetting(ScriptedSwitch):
        def knows(self, extension_id, *, timeout):
            return extension_id == "1000"

    before = storage.list()
    with pytest.raises(ChangeRefused, match="does not know extension 2000"):
        make_service(easy=easy, stubborn=Forgetting()).rename("1000", "2000")
    assert storage.list() == before
    assert easy.knows("1000", timeout=1)
    assert not easy.knows("2000", timeout=1)


def test_calls_are_ended_only_if_wanted(make_service, storage):
    class Talking(ScriptedSwitch):
        def end_calls(self, extension_id, *, timeout):
            self.ended.append(extension_id)
            return "1 call was ended."

    sw = Talking()
    service = make_service(sw=sw)
    service.set_password("1000")
    assert sw.ended == []
    (outcome,) = service.set_password("1000", end_calls=True).apply.switches
    assert outcome.forgotten == "1 call was ended."
    service.rename("1000", "1001", end_calls=True)
    service.set_enabled("1001", enabled=False, end_calls=True)
    service.set_enabled("1001", enabled=True)
    service.delete("1001", end_calls=True)
    assert sw.ended == ["1000", "1000", "1001", "1001"]
    storage.create(Extension("1002", password="x"))
    sw.fault = SwitchTimeout("silence")
    (outcome,) = service.delete("1002", end_calls=True).apply.switches
    assert (outcome.outcome, outcome.forgotten) == (
        "pending",
        "Its calls were not ended, and will not be later.",
    )


def test_switches_get_the_extensions_that_were_taken_back(make_service, storage):
    class Forgetful(ScriptedSwitch):
        def __init__(self):
            super().__init__()
            self.applied = []

        def apply(self, changes, *, timeout):
            self.applied.append(changes)
            return super().apply(changes, timeout=timeout)

        def knows(self, extension_id, *, timeout):
            return False

    switch = Forgetful()
    service = make_service(switch=switch)
    switch.applied.clear()
    with pytest.raises(ChangeRefused):
        service.create("2000", {})
    with pytest.raises(ChangeRefused):
        service.update("1000", {"caller_id_name": "new"})
    # Then retries may come, as the switch does not know what was taken back either.
    assert switch.applied[:4] == [
        ChangeSet(present=("2000",)),
        ChangeSet(absent=("2000",)),
        ChangeSet(present=("1000",)),
        ChangeSet(present=("1000",)),
    ]
    assert storage.get("1000").caller_id_name == "good"


def test_another_spelling_of_an_id_replaces_the_old_one(make_service, storage):
    applied = []

    class Spy(ScriptedSwitch):
        def apply(self, changes, *, timeout):
            applied.append(changes)
            return super().apply(changes, timeout=timeout)

    storage.create(Extension("alice", password="x"))
    service = make_service(switch=Spy())
    applied.clear()
    service.rename("alice", "Alice")
    assert (applied[0].present, applied[0].absent) == (("Alice",), ("alice",))
