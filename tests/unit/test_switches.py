"""Several switches at once: what came of it is told for each, and none stops the others."""

import logging
import threading
import time

import pytest

from sipapp.concurrency.background_check import refresh
from sipapp.model.errors import SwitchRefused, SwitchTimeout, SwitchUnreachable
from sipapp.switches.fleet import Switches
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.tracker import PING_LIMIT
from sipapp.switches.verification import Wanted

CONTEXT = SwitchContext("phone.test", list)


class Switch(ReloadStrategy):
    """Does what it is told: a text is returned, an error raised, a function called."""

    def __init__(self, *, reload="+OK [Success]", ping="here", knows=(), timeout=5.0, life=None):
        self.timeout = timeout
        self._reload = reload
        self._ping = ping
        self._knows = knows
        self._life = life
        self.lived = []
        self.limits = []

    def start(self, context):
        self.lived.append("start")
        _do(self._life)

    def stop(self):
        self.lived.append("stop")
        _do(self._life)

    def reload(self, *, timeout):
        self.limits.append(timeout)
        return _do(self._reload)

    def knows(self, extension_id, *, timeout):
        self.limits.append(timeout)
        return None if self._knows is None else extension_id in self._knows

    def ping(self, *, timeout):
        self.limits.append(timeout)
        return _do(self._ping)


def _do(what):
    if isinstance(what, Exception):
        raise what
    return what() if callable(what) else what


@pytest.fixture
def make():
    made = []

    def make(**strategies):
        made.append(Switches(strategies))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def change(switches, *, present=(), absent=()):
    with switches.change() as change:
        return change.apply(Wanted(present=present, absent=absent))


def outcomes(apply):
    return [(each.name, each.outcome, each.detail) for each in apply.switches]


def test_without_switches_a_change_is_applied(make):
    assert make().apply().state == "applied"
    assert make().probes() == {}


def test_each_switch_has_its_own_outcome_in_the_inis_order(make):
    apply = make(
        good=Switch(),
        broken=Switch(reload=SwitchRefused("error near line 3")),
        away=Switch(reload=SwitchUnreachable("Nothing listens.")),
    ).apply()
    assert outcomes(apply) == [
        ("good", "applied", "+OK [Success]"),
        ("broken", "refused", "error near line 3"),
        ("away", "pending", "Nothing listens."),
    ]
    assert apply.state == "refused"
    assert all(0 <= each.seconds < 30 for each in apply.switches)


def test_a_switch_that_is_away_makes_it_pending(make):
    assert make(a=Switch(), b=Switch(reload=SwitchTimeout("slow"))).apply().state == "pending"


def test_they_work_at_the_same_time(make):
    meeting = threading.Barrier(3, timeout=5)

    def meet():
        meeting.wait()
        return "met"

    apply = make(a=Switch(reload=meet), b=Switch(reload=meet), c=Switch(reload=meet)).apply()
    assert [each.detail for each in apply.switches] == ["met"] * 3


@pytest.mark.parametrize(
    ("knows", "present", "absent", "outcome"),
    [
        ({"1000"}, ["1000"], [], "applied"),
        ({}, ["1000"], [], "refused"),
        ({}, [], ["1000"], "applied"),
        ({"1000"}, [], ["1000"], "refused"),
        ({"2000"}, ["2000"], ["1000"], "applied"),
        (None, ["1000"], ["2000"], "applied"),
        ({"1", "2"}, ["1", "1000", "2"], [], "refused"),
    ],
)
def test_success_is_verified(make, knows, present, absent, outcome):
    (switch,) = change(make(fs=Switch(knows=knows)), present=present, absent=absent).switches
    assert switch.outcome == outcome
    if outcome == "refused":
        assert "extension 1000" in switch.detail
        assert "directory" in switch.detail


def test_of_many_some_are_asked_for_and_how_many_is_told(make):
    ids = [str(each) for each in range(2000, 2100)]
    (switch,) = change(make(fs=Switch(knows=set(ids))), present=ids).switches
    assert (switch.outcome, switch.detail) == (
        "applied",
        "+OK [Success]. It was asked for 20 of 100 extensions.",
    )
    (switch,) = change(make(fs=Switch(knows=set(ids[:-1]))), present=ids).switches
    assert switch.outcome == "refused"
    assert "does not know extension 2099" in switch.detail


def test_several_that_it_does_not_know_are_named(make):
    ids = [str(each) for each in range(2000, 2010)]
    (switch,) = change(make(fs=Switch()), present=ids).switches
    assert "extensions 2000, 2001, 2002, 2003, 2004 and 5 more" in switch.detail


def test_verification_gets_what_is_left_of_the_time(make):
    def slow():
        time.sleep(0.1)
        return "ok"

    switch = Switch(reload=slow, knows={"1000"}, timeout=60.0)
    assert change(make(fs=switch), present=["1000"]).state == "applied"
    assert 30 < switch.limits[0] <= 60
    assert 0 < switch.limits[1] <= switch.limits[0] - 0.1


def test_a_reload_that_used_all_the_time_is_not_called_verified(make):
    def slow():
        time.sleep(0.06)
        return "+OK [Success]"

    (switch,) = change(make(fs=Switch(reload=slow, timeout=0.05)), present=["1000"]).switches
    assert switch.outcome == "pending"
    assert "no time was left to verify extension 1000" in switch.detail


def test_nobody_waits_for_a_plugin_that_ignores_its_limit(make):
    release = threading.Event()

    def hang():
        release.wait(60)
        return "late"

    began = time.monotonic()
    apply = make(stuck=Switch(reload=hang, timeout=0.1), good=Switch()).apply()
    took = time.monotonic() - began
    release.set()
    assert outcomes(apply) == [
        ("stuck", "pending", "No answer within the time limit."),
        ("good", "applied", "+OK [Success]"),
    ]
    assert took < 30


def test_a_plugins_fault_goes_to_the_log_and_not_to_the_page(make, caplog):
    faulty = Switch(reload=RuntimeError("password is s3cret"))
    with caplog.at_level(logging.ERROR):
        (switch,) = make(fs=faulty).apply().switches
    assert switch.outcome == "pending"
    assert "s3cret" not in switch.detail
    assert "log" in switch.detail
    assert "Switch fs" in caplog.text


def test_a_sign_of_life(make, caplog):
    probes = make(
        a=Switch(ping="FreeSWITCH 1.10.12"),
        b=Switch(ping=SwitchTimeout("slow")),
        c=Switch(ping=RuntimeError("a bug")),
        d=Switch(ping=None),
    ).probes()
    refresh(probes.values(), keep=0.0, deadline=time.monotonic() + 30)
    assert [(name, each.state) for name, each in probes.items()] == [
        ("a", "ok"),
        ("b", "fault"),
        ("c", "fault"),
        ("d", "fault"),
    ]
    assert "switch c failed" in caplog.text
    assert "test_switches.Switch gave NoneType for ping(), not str." in caplog.text


@pytest.mark.parametrize(("timeout", "limit"), [(5.0, PING_LIMIT), (0.5, 0.5)])
def test_a_sign_of_life_has_little_time(make, timeout, limit):
    switch = Switch(timeout=timeout)
    refresh(make(fs=switch).probes().values(), keep=0.0, deadline=time.monotonic() + 30)
    assert switch.limits == [limit]


def test_nothing_is_asked_any_more_when_all_has_stopped(make):
    begun, ended = threading.Event(), threading.Event()

    def answer_late():
        begun.set()
        time.sleep(0.2)
        ended.set()
        return "here"

    switches = make(fs=Switch(ping=answer_late))
    refresh(switches.probes().values(), keep=0.0, deadline=0.0)
    assert begun.wait(30)
    switches.stop()
    assert ended.is_set()


@pytest.mark.parametrize("said", [None, 5, b"+OK"])
def test_a_reload_that_says_no_text_is_the_plugins_fault(make, caplog, said):
    (switch,) = make(fs=Switch(reload=said)).apply().switches
    assert switch.outcome == "pending"
    assert switch.detail == "Its reload plugin failed; the server's log has the details."
    assert f"test_switches.Switch gave {type(said).__name__} for reload()" in caplog.text


@pytest.mark.parametrize("method", ["forget", "end_calls"])
def test_other_words_that_are_none_are_the_plugins_fault_too(make, caplog, method):
    strategy = Switch()
    setattr(strategy, method, lambda extension_id, *, timeout: None)
    with make(fs=strategy).change() as change:
        apply = change.apply(Wanted(forget=["1000"], end_calls=method == "end_calls"))
    (switch,) = apply.switches
    assert "reload plugin failed" in switch.detail
    assert f"gave NoneType for {method}()" in caplog.text


def test_one_that_does_not_start_or_stop_does_not_keep_the_others_from_it(make, caplog):
    bad, good = Switch(life=RuntimeError("no")), Switch()
    switches = make(bad=bad, good=good)
    switches.start(CONTEXT)
    switches.stop()
    assert good.lived == bad.lived == ["start", "stop"]
    assert "Switch bad did not start" in caplog.text
    assert "Switch bad did not stop" in caplog.text


def test_each_outcome_has_the_time_of_its_own_switch():
    # The first takes longer than the second, whose refusal is there before it is asked for.
    refused = threading.Event()

    def answer_late():
        refused.wait(5)
        time.sleep(0.2)
        return "+OK [Success]"

    def refuse():
        refused.set()
        raise SwitchRefused("no")

    switches = Switches({"slow": Switch(reload=answer_late), "quick": Switch(reload=refuse)})
    try:
        slow, quick = switches.apply().switches
    finally:
        switches.stop()
    assert (slow.outcome, quick.outcome) == ("applied", "refused")
    assert quick.seconds < slow.seconds
