"""A switch that is behind is known to be, and is brought up in the background."""

import re
import threading
import time

import pytest

from sipapp.model.errors import StorageUnavailable, SwitchRefused, SwitchTimeout
from sipapp.model.extension import Extension
from sipapp.state.memory import MemoryState
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.reload_queue import PendingWrites
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.timing import Timing
from sipapp.switches.tracker import SwitchTracker
from sipapp.switches.verification import Expectation
from sipapp.testing.listed_view import ListedView
from sipapp.testing.waiting import eventually

LATE = 10.0**6
"""Seconds until the reload after the start; no test waits so long."""
TIMING = Timing(start_reload_s=LATE)


class Remote(ReloadStrategy):
    """A switch that can be away."""

    timeout = 60.0

    def __init__(self, fault=None):
        self.fault = fault
        self.reloads = 0
        self.forgot = []
        self.forget_fault = None

    def reload(self, *, timeout):
        self.reloads += 1
        if self.fault:
            raise self.fault
        return "+OK [Success]"

    def forget(self, extension_id, *, timeout):
        self.forgot.append(extension_id)
        if self.forget_fault:
            raise self.forget_fault
        return "Its registrations were dropped."

    def ping(self, *, timeout):
        return "here"


class Knowing(Remote):
    """Knows whom it is told to."""

    def __init__(self, *known):
        super().__init__()
        self.known = set(known)
        self.asked = []
        self.knows_fault = None

    def knows(self, extension_id, *, timeout):
        self.asked.append(extension_id)
        if self.knows_fault:
            raise self.knows_fault
        return extension_id in self.known


class Stored:
    """What is stored; counts how often it is read."""

    def __init__(self):
        self.extensions = []
        self.reads = 0
        self.fault = None

    def __call__(self):
        self.reads += 1
        if self.fault:
            raise self.fault
        return tuple(self.extensions)


@pytest.fixture
def remote():
    return Remote()


@pytest.fixture
def stored():
    return Stored()


@pytest.fixture
def make(clock, stored):
    """Make and start switches; their retries are stepped by hand."""
    made = []

    def make(timing=TIMING, **strategies):
        made.append(SwitchFleet(strategies, MemoryState(), timing, clock))
        made[-1].start(SwitchContext("", ListedView(stored)))
        made[-1].retries.stop()
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def retry(clock):
    """Let some time pass, and run the retries that are due then; says how many."""

    def retry(made, seconds=1000.0):
        clock.now += seconds
        started = made.retries.step()
        for each in started:
            each.result(60)
        return len(started)

    return retry


def change(made, **expectation):
    with made.change() as change:
        return change.apply(Expectation(**expectation))


def pending(made, remote, **expectation):
    remote.fault = SwitchTimeout("silence")
    assert change(made, **expectation).state == "pending"
    remote.fault = None


def test_a_switch_that_was_away_is_brought_up_in_the_background(make, remote, retry):
    made = make(remote=remote, other=Remote())
    assert made.apply().state == "applied"
    assert made.behind() == {}
    pending(made, remote)
    behind = made.behind()["remote"]
    assert list(made.behind()) == ["remote"]
    assert behind.why == "silence"
    remote.fault = SwitchTimeout("silence")
    for _ in range(3):
        assert retry(made) == 1
    assert made.behind()["remote"].since == behind.since
    remote.fault = None
    retry(made)
    assert made.behind() == {}
    assert retry(made) == 0


def test_a_thread_starts_the_retries_when_they_are_due(stored):
    remote = Remote(SwitchTimeout("silence"))
    made = SwitchFleet(
        {"remote": remote}, MemoryState(), Timing(start_reload_s=0.01, first_retry_s=0.01)
    )
    made.start(SwitchContext("", ListedView(stored)))
    eventually(lambda: remote.reloads >= 4)
    assert made.behind()
    remote.fault = None
    eventually(lambda: not made.behind())
    made.stop()


def test_what_was_pending_at_the_last_end_is_applied_soon_after_the_start(make, remote, retry):
    made = make(remote=remote)
    assert retry(made, LATE - 1) == 0
    assert retry(made, 1) == 1
    assert remote.reloads == 1
    assert made.behind() == {}


@pytest.mark.parametrize("fault", [SwitchTimeout("silence"), SwitchRefused("line 3")])
def test_a_switch_that_fails_at_the_start_is_behind(make, retry, fault):
    made = make(remote=Remote(fault))
    retry(made, LATE)
    assert made.behind()["remote"].why == str(fault)
    assert retry(made) == 1


def test_a_refused_change_does_not_make_a_switch_behind(make, remote):
    made = make(remote=remote)
    remote.fault = SwitchRefused("no")
    assert made.apply().state == "refused"
    assert made.behind() == {}


def test_a_reload_by_hand_brings_it_up(make, remote):
    made = make(remote=remote)
    pending(made, remote)
    assert made.apply().state == "applied"
    assert made.behind() == {}


def test_an_older_reload_that_succeeds_does_not_hide_that_a_newer_one_failed(remote):
    tracker = SwitchTracker("remote", remote, MemoryState(), PendingWrites(), TIMING)
    old = tracker.enqueue(ChangeSet())
    old.wait(deadline=time.monotonic() + 60)
    remote.fault = SwitchTimeout("silence")
    tracker.apply(tracker.enqueue(ChangeSet()), Expectation())
    assert tracker.apply(old, Expectation()).outcome == "applied"
    assert tracker.behind
    tracker.close()


def test_an_older_change_that_fails_is_verified_without_a_newer_reload(stored, clock):
    switch = Knowing("1000")
    stored.extensions.append(Extension("1000"))
    tracker = SwitchTracker("switch", switch, MemoryState(), PendingWrites(), TIMING, clock=clock)
    old, new = tracker.enqueue(ChangeSet()), tracker.enqueue(ChangeSet())
    assert tracker.apply(new, Expectation()).outcome == "applied"
    switch.knows_fault = SwitchTimeout("busy")
    assert tracker.apply(old, Expectation(present=["1000"])).outcome == "pending"
    # The switch has reloaded, so it is not behind; the extension is still to be verified.
    assert tracker.behind is None
    switch.knows_fault = None
    clock.now += 1000
    assert tracker.start_retry(clock.now)
    reloads = switch.reloads
    tracker.retry(ListedView(stored))
    assert (switch.asked, switch.reloads) == (["1000"] * 2, reloads)
    assert tracker.due is None
    tracker.close()


def test_a_plugin_that_never_comes_back_is_behind(make, remote):
    go_on = threading.Event()
    remote.timeout = 0.05

    def hang(*, timeout):
        assert go_on.wait(60)
        return "late"

    remote.reload = hang
    made = make(Timing(start_reload_s=LATE, overrun_s=0.0), remote=remote)
    assert made.apply().state == "pending"
    assert re.search("time limit|end", made.behind()["remote"].why)
    go_on.set()


def test_the_result_of_the_clean_up_is_reported(make, remote):
    made = make(remote=remote)

    def forgotten():
        (outcome,) = change(made, forget=["1000"]).switches
        assert outcome.outcome == "applied"
        return outcome.forgotten

    assert forgotten() == "Its registrations were dropped."
    remote.forget_fault = SwitchTimeout("silence")
    assert forgotten() == "Its registrations could not be dropped: silence"
    assert remote.forgot == ["1000", "1000"]


def test_a_retry_verifies_and_cleans_up(make, stored, retry):
    sw = Knowing("1001")
    made = make(sw=sw)
    stored.extensions.append(Extension("1000"))
    pending(made, sw, present=["1000"])
    pending(made, sw, absent=["1001"], forget=["1001"])
    retry(made)
    assert "does not know extension 1000" in made.behind()["sw"].why
    sw.known = {"1000", "1001"}
    retry(made)
    assert "still knows extension 1001" in made.behind()["sw"].why
    assert sw.forgot == []
    sw.known = {"1000"}
    retry(made)
    assert made.behind() == {}
    assert sw.forgot == ["1001"]


def test_a_change_that_succeeds_leaves_the_earlier_ones_to_be_verified(make, stored, retry):
    sw = Knowing("1001")
    made = make(sw=sw)
    stored.extensions += [Extension("1000"), Extension("1001")]
    pending(made, sw, present=["1000"])
    assert change(made, present=["1001"]).state == "applied"
    assert retry(made, 0) == 1
    assert "does not know extension 1000" in made.behind()["sw"].why
    sw.known.add("1000")
    retry(made)
    assert made.behind() == {}


def test_to_verify_what_a_later_reload_took_over_costs_no_reload(make, stored, retry):
    sw = Knowing("1000", "1001")
    made = make(sw=sw)
    stored.extensions += [Extension("1000"), Extension("1001")]
    pending(made, sw, present=["1000"])
    assert change(made, present=["1001"]).state == "applied"
    retry(made, 0)
    assert made.behind() == {}
    assert set(sw.asked) == {"1001", "1000"}
    assert sw.reloads == 2


def test_the_storage_says_what_is_to_be_verified(make, stored, retry):
    sw = Knowing()
    made = make(sw=sw)
    stored.extensions.append(Extension("1000"))
    pending(made, sw, present=["1000"])
    stored.extensions.clear()  # somebody else has deleted it
    retry(made)
    assert made.behind() == {}
    assert sw.asked == ["1000"]


def test_the_button_verifies_too(make, stored):
    sw = Knowing()
    made = make(sw=sw)
    stored.extensions.append(Extension("1000"))
    pending(made, sw, present=["1000"])
    (outcome,) = made.apply().switches
    assert outcome.outcome == "refused"
    assert "does not know extension 1000" in outcome.detail
    assert made.behind()
    sw.known.add("1000")
    assert made.apply().state == "applied"
    assert made.behind() == {}


def test_after_the_start_the_switch_is_asked_for_what_is_stored(make, stored, retry):
    stored.extensions += [
        Extension("1000"),
        Extension("1001"),
        Extension("1002", enabled=False),
        Extension("odd", read_only="odd"),
    ]
    sw = Knowing("1000")
    made = make(sw=sw)
    retry(made, LATE)
    assert "does not know extension 1001" in made.behind()["sw"].why
    assert set(sw.asked) == {"1000", "1001"}


def test_the_storage_is_read_only_if_something_is_to_be_verified(make, stored, retry):
    made = make(sw=Remote(), other=Remote())
    retry(made, LATE)
    stored.reads = 0
    for _ in range(3):
        assert made.apply().state == "applied"
    assert stored.reads == 0


def test_it_is_not_tried_for_ever_and_a_reload_by_hand_begins_anew(make, remote, retry, caplog):
    made = make(Timing(start_reload_s=LATE, max_tries=3), remote=remote)
    remote.fault = SwitchTimeout("silence")
    assert made.apply().state == "pending"
    assert [retry(made) for _ in range(5)] == [1, 1, 1, 0, 0]
    behind = made.behind()["remote"]
    assert (behind.given_up, behind.next_try) == (True, None)
    assert "not tried any more: silence" in caplog.text
    assert made.apply().state == "pending"
    assert [retry(made) for _ in range(4)] == [1, 1, 1, 0]
    assert made.behind()["remote"].since == behind.since
    remote.fault = None
    assert made.apply().state == "applied"
    assert made.behind() == {}


def test_a_storage_that_cannot_be_read_does_not_end_the_tries(make, remote, stored, retry):
    made = make(remote=remote)
    pending(made, remote, present=["1000"])
    stored.fault = StorageUnavailable("disk gone")
    assert retry(made) == 1
    assert "disk gone" in made.behind()["remote"].why
    assert made.apply().state == "applied"
    # It has reloaded, and nothing of it is verified.
    assert made.behind()
    stored.fault = None
    assert retry(made, 0) == 1
    assert made.behind() == {}


def test_nothing_runs_after_the_end(make, remote):
    made = make(remote=remote)
    pending(made, remote)
    made.stop()
    names = {each.name for each in threading.enumerate() if each.is_alive()}
    assert "switch-retries" not in names
