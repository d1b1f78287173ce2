"""A switch that is behind is known to be, and is brought up in the background."""

import re
import threading
import time
from datetime import UTC, datetime

import pytest

from sipapp.model.errors import StorageUnavailable, SwitchRefused, SwitchTimeout
from sipapp.model.extension import Extension
from sipapp.switches import fleet, tracker
from sipapp.switches.fleet import Switches
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.verification import Wanted
from sipapp.testing.waiting import eventually


class Remote(ReloadStrategy):
    """A switch that can be away."""

    timeout = 5.0

    def __init__(self, fault=None):
        self.fault = fault
        self.tried = []
        self.reloaded = threading.Event()
        self.forgot = []
        self.forget_fault = None

    def reload(self, *, timeout):
        self.tried.append(time.monotonic())
        if self.fault:
            raise self.fault
        self.reloaded.set()
        return "+OK [Success]"

    def forget(self, extension_id, *, timeout):
        self.forgot.append(extension_id)
        if self.forget_fault:
            raise self.forget_fault
        return "Its registrations were dropped."

    def ping(self, *, timeout):
        return "here"


@pytest.fixture
def remote():
    return Remote()


@pytest.fixture
def make(monkeypatch):
    monkeypatch.setattr(tracker, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(fleet, "SETTLE", 60.0)
    made = []

    def make(**strategies):
        made.append(Switches(strategies))
        made[-1].start(SwitchContext("", list))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_a_switch_that_was_away_is_brought_up_without_anybodys_doing(make, remote):
    made = make(remote=remote, other=Remote())
    assert made.behind() == {}
    remote.fault = SwitchTimeout("silence")
    before = datetime.now(UTC)
    assert made.apply().state == "pending"
    behind = made.behind()["remote"]
    assert list(made.behind()) == ["remote"]
    assert before <= behind.since <= datetime.now(UTC)
    assert behind.why == "silence"
    eventually(lambda: len(remote.tried) >= 4)
    assert made.behind()["remote"].since == behind.since
    remote.fault = None
    assert remote.reloaded.wait(10)
    eventually(lambda: made.behind() == {})
    tried = len(remote.tried)
    time.sleep(0.1)
    assert len(remote.tried) == tried  # it is not asked any more


def test_pauses_grow_up_to_the_last_and_the_next_try_is_told(make, remote, monkeypatch):
    monkeypatch.setattr(tracker, "FIRST_PAUSE", 100.0)
    made = make(remote=remote)
    remote.fault = SwitchTimeout("silence")
    made.apply()
    (the_switch,) = made._switches.values()
    pauses = []
    for _ in range(6):
        told = made.behind()["remote"].next_try - datetime.now(UTC)
        pauses.append(told.total_seconds())
        the_switch.begin_retry()
        the_switch.retry(list)
    assert all(
        0.7 < a / b < 1.3 for a, b in zip(pauses, [100, 200, 400, 600, 600, 600], strict=True)
    )


def test_what_was_pending_at_the_last_end_is_applied_soon_after_the_start(
    make, remote, monkeypatch
):
    monkeypatch.setattr(fleet, "SETTLE", 0.01)
    made = make(remote=remote)
    assert remote.reloaded.wait(10)
    assert made.behind() == {}


def test_a_switch_that_is_away_at_the_start_is_behind(make, monkeypatch):
    monkeypatch.setattr(fleet, "SETTLE", 0.01)
    made = make(remote=Remote(SwitchTimeout("silence")))
    eventually(made.behind)
    assert made.behind()["remote"].why == "silence"


def test_a_switch_that_refuses_at_the_start_is_behind_too(make, monkeypatch):
    monkeypatch.setattr(fleet, "SETTLE", 0.01)
    made = make(remote=Remote(SwitchRefused("[error near line 3]: x")))
    eventually(made.behind)
    assert made.behind()["remote"].why == "[error near line 3]: x"


def test_a_refused_change_does_not_make_a_switch_behind(make, remote):
    made = make(remote=remote)
    remote.fault = SwitchRefused("no")
    assert made.apply().state == "refused"
    assert made.behind() == {}


def test_a_reload_by_hand_brings_it_up(make, remote, monkeypatch):
    monkeypatch.setattr(tracker, "FIRST_PAUSE", 60.0)
    made = make(remote=remote)
    remote.fault = SwitchTimeout("silence")
    made.apply()
    remote.fault = None
    assert made.apply().state == "applied"
    assert made.behind() == {}


def test_the_answer_of_an_older_reload_does_not_hide_that_a_newer_one_failed(make, remote):
    made = make(remote=remote)
    (the_switch,) = made._switches.values()
    first, slow = the_switch.join(), the_switch.join()
    first.wait(deadline=time.monotonic() + 5)
    remote.fault = SwitchTimeout("silence")
    the_switch.apply(the_switch.join(), Wanted())
    assert the_switch.apply(slow, Wanted()).outcome == "applied"
    assert made.behind()


def test_a_plugin_that_never_comes_back_is_behind(make, remote, monkeypatch):
    monkeypatch.setattr(fleet, "GRACE", 0.0)
    go_on = threading.Event()
    remote.timeout = 0.05

    def hang(*, timeout):
        assert go_on.wait(10)
        return "late"

    remote.reload = hang
    made = make(remote=remote)
    assert made.apply().state == "pending"
    assert re.search("time limit|end", made.behind()["remote"].why)
    go_on.set()


def test_what_came_of_forgetting_is_told(make, remote):
    made = make(remote=remote)

    def forgotten():
        with made.change() as change:
            (outcome,) = change.apply(Wanted(forget=["1000"])).switches
        assert outcome.outcome == "applied"
        return outcome.forgotten

    assert forgotten() == "Its registrations were dropped."
    remote.forget_fault = SwitchTimeout("silence")
    assert forgotten() == "Its registrations could not be dropped: silence"
    assert remote.forgot == ["1000", "1000"]


class Knowing(Remote):
    """Knows whom it is told to."""

    def __init__(self, *known):
        super().__init__()
        self.known = set(known)
        self.asked = []

    def knows(self, extension_id, *, timeout):
        self.asked.append(extension_id)
        return extension_id in self.known


def pending(made, remote, **wanted):
    remote.fault = SwitchTimeout("silence")
    with made.change() as change:
        assert change.apply(Wanted(**wanted)).state == "pending"


@pytest.fixture
def stored(make, monkeypatch):
    """What is stored; ``make`` starts with it."""
    extensions = []
    start = Switches.start
    context = SwitchContext("", lambda: tuple(extensions))
    monkeypatch.setattr(Switches, "start", lambda self, _: start(self, context))
    return extensions


def test_what_a_retry_brings_up_is_verified_and_forgotten(make, stored):
    sw = Knowing("1001")
    made = make(sw=sw)
    stored.append(Extension("1000"))
    pending(made, sw, present=["1000"])
    pending(made, sw, absent=["1001"], forget=["1001"])
    sw.fault = None
    eventually(lambda: "does not know extension 1000" in made.behind()["sw"].why)
    sw.known = {"1000", "1001"}
    eventually(lambda: "still knows extension 1001" in made.behind()["sw"].why)
    assert sw.forgot == []
    sw.known = {"1000"}
    eventually(lambda: made.behind() == {})
    assert sw.forgot == ["1001"]


def test_a_change_that_succeeds_leaves_the_earlier_ones_to_be_verified(make, stored):
    sw = Knowing("1001")
    made = make(sw=sw)
    stored += [Extension("1000"), Extension("1001")]
    pending(made, sw, present=["1000"])
    sw.fault = None
    with made.change() as change:
        assert change.apply(Wanted(present=["1001"])).state == "applied"
    eventually(lambda: "does not know extension 1000" in made.behind()["sw"].why)
    sw.known.add("1000")
    eventually(lambda: made.behind() == {})


def test_to_verify_what_a_later_reload_took_over_costs_no_reload(make, stored, monkeypatch):
    sw = Knowing("1000", "1001")
    made = make(sw=sw)
    stored += [Extension("1000"), Extension("1001")]
    monkeypatch.setattr(tracker, "FIRST_PAUSE", 60.0)
    pending(made, sw, present=["1000"])
    sw.fault = None
    with made.change() as change:
        assert change.apply(Wanted(present=["1001"])).state == "applied"
    eventually(lambda: made.behind() == {})
    assert set(sw.asked) == {"1001", "1000"}
    assert len(sw.tried) == 2


def test_the_storage_says_what_is_to_be_verified(make, stored):
    sw = Knowing()
    made = make(sw=sw)
    stored.append(Extension("1000"))
    pending(made, sw, present=["1000"])
    stored.clear()  # somebody else has deleted it
    sw.fault = None
    eventually(lambda: made.behind() == {})
    assert sw.asked == ["1000"]


def test_the_button_verifies_too(make, stored, monkeypatch):
    monkeypatch.setattr(tracker, "FIRST_PAUSE", 60.0)
    sw = Knowing()
    made = make(sw=sw)
    stored.append(Extension("1000"))
    pending(made, sw, present=["1000"])
    sw.fault = None
    (outcome,) = made.apply().switches
    assert outcome.outcome == "refused"
    assert "does not know extension 1000" in outcome.detail
    assert made.behind()
    sw.known.add("1000")
    assert made.apply().state == "applied"
    assert made.behind() == {}


def test_after_the_start_the_switch_is_asked_for_what_is_stored(make, stored, monkeypatch):
    monkeypatch.setattr(fleet, "SETTLE", 0.01)
    stored += [
        Extension("1000"),
        Extension("1001"),
        Extension("1002", enabled=False),
        Extension("odd", read_only="odd"),
    ]
    sw = Knowing("1000")
    made = make(sw=sw)
    eventually(made.behind)
    assert "does not know extension 1001" in made.behind()["sw"].why
    assert set(sw.asked) == {"1000", "1001"}


def test_it_is_not_tried_for_ever_and_somebodys_doing_begins_anew(
    make, remote, monkeypatch, caplog
):
    monkeypatch.setattr(tracker, "TRIES", 3)
    made = make(remote=remote)
    pending(made, remote)
    eventually(lambda: made.behind()["remote"].given_up)
    behind = made.behind()["remote"]
    assert behind.next_try is None
    tried = len(remote.tried)
    assert tried == 4
    eventually(lambda: "not tried any more: silence" in caplog.text)
    time.sleep(0.1)
    assert len(remote.tried) == tried
    assert made.apply().state == "pending"
    eventually(lambda: len(remote.tried) > tried + 2)
    eventually(lambda: made.behind()["remote"].given_up)
    assert made.behind()["remote"].since == behind.since
    remote.fault = None
    assert made.apply().state == "applied"
    assert made.behind() == {}


def test_a_storage_that_cannot_be_read_does_not_end_the_tries(make, remote, monkeypatch):
    def fail():
        raise StorageUnavailable("disk gone")

    monkeypatch.setattr(tracker, "FIRST_PAUSE", 60.0)
    made = make(remote=remote)
    (the_switch,) = made._switches.values()
    pending(made, remote, present=["1000"])
    remote.fault = None
    the_switch.begin_retry()
    the_switch.retry(fail)
    assert made.behind()["remote"].next_try
    made._stored = made._retries._stored = fail
    assert made.apply().state == "applied"
    assert made.behind()


def test_nothing_runs_after_the_end(make, remote):
    made = make(remote=remote)
    remote.fault = SwitchTimeout("silence")
    made.apply()
    made.stop()
    names = {each.name for each in threading.enumerate() if each.is_alive()}
    assert "switch-retries" not in names
