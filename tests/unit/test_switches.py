"""Several switches at once: each has its own outcome, and none stops the others."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.concurrency.background_check import refresh
from sipapp.model.errors import SwitchRefused, SwitchTimeout, SwitchUnreachable
from sipapp.state.memory import MemoryState
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.timing import Timing
from sipapp.switches.tracker import MAX_VERIFICATIONS
from sipapp.switches.verification import Expectation
from sipapp.testing.listed_view import ListedView

CONTEXT = SwitchContext("phone.test", ListedView(list))


class Scripted(ReloadStrategy):
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
        knows = _do(self._knows)
        return None if knows is None else extension_id in knows

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

    def make(timing=None, **strategies):
        made.append(SwitchFleet(strategies, MemoryState(), timing))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def change(switches, *, present=(), absent=()):
    with switches.change() as change:
        return change.apply(Expectation(present=present, absent=absent))


def outcomes(apply):
    return [(each.name, each.outcome, each.detail) for each in apply.switches]


def test_without_switches_a_change_is_applied(make):
    assert make().apply().state == "applied"
    assert make().ping_checks() == {}


def test_each_switch_has_its_own_outcome_in_the_inis_order(make):
    apply = make(
        good=Scripted(),
        broken=Scripted(reload=SwitchRefused("error near line 3")),
        away=Scripted(reload=SwitchUnreachable("Nothing listens.")),
    ).apply()
    assert outcomes(apply) == [
        ("good", "applied", "+OK [Success]"),
        ("broken", "refused", "error near line 3"),
        ("away", "pending", "Nothing listens."),
    ]
    assert apply.state == "refused"


def test_a_switch_that_is_away_makes_it_pending(make):
    assert make(a=Scripted(), b=Scripted(reload=SwitchTimeout("slow"))).apply().state == "pending"


def test_they_work_at_the_same_time(make):
    meeting = threading.Barrier(3, timeout=5)

    def meet():
        meeting.wait()
        return "met"

    apply = make(
        a=Scripted(reload=meet),
        b=Scripted(reload=meet),
        c=Scripted(reload=meet),
    ).apply()
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
    (switch,) = change(make(fs=Scripted(knows=knows)), present=present, absent=absent).switches
    assert switch.outcome == outcome
    if outcome == "refused":
        assert "extension 1000" in switch.detail
        assert "directory" in switch.detail


def test_of_many_some_are_verified_and_their_number_is_reported(make):
    ids = [str(each) for each in range(2000, 2100)]
    (switch,) = change(make(fs=Scripted(knows=set(ids))), present=ids).switches
    assert (switch.outcome, switch.detail) == (
        "applied",
        "+OK [Success]. It was asked for 20 of 100 extensions.",
    )
    (switch,) = change(make(fs=Scripted(knows=set(ids[:-1]))), present=ids).switches
    assert switch.outcome == "refused"
    assert "does not know extension 2099" in switch.detail


def test_several_that_it_does_not_know_are_named(make):
    ids = [str(each) for each in range(2000, 2010)]
    (switch,) = change(make(fs=Scripted()), present=ids).switches
    assert "extensions 2000, 2001, 2002, 2003, 2004 and 5 more" in switch.detail


def test_verification_gets_what_is_left_of_the_time(make):
    def slow():
        time.sleep(0.1)
        return "ok"

    switch = Scripted(reload=slow, knows={"1000"}, timeout=60.0)
    assert change(make(fs=switch), present=["1000"]).state == "applied"
    for_reload, for_verification = switch.limits
    assert for_reload <= 60.0
    assert 0 < for_verification < 60.0


def test_a_reload_that_takes_too_long_is_pending(make):
    def slow():
        time.sleep(0.5)  # the caller's limit begins a little after the reload on a slow machine
        return "+OK [Success]"

    made = make(Timing(overrun_s=60.0), fs=Scripted(reload=slow, timeout=0.05))
    (switch,) = change(made, present=["1000"]).switches
    assert switch.outcome == "pending"
    assert "time limit" in switch.detail


@pytest.mark.parametrize("where", ["reload", "knows"])
def test_the_caller_does_not_wait_for_a_plugin_that_ignores_its_limit(make, where):
    release = threading.Event()

    def hang():
        assert release.wait(60)
        return "late"

    # It hangs in the reload, which a worker runs, or while it is asked.
    stuck = {"reload": hang} if where == "reload" else {"knows": hang}
    timing = Timing(overrun_s=0.1)
    made = make(timing, stuck=Scripted(**stuck, timeout=0.1), good=Scripted(knows={"1000"}))
    apply = change(made, present=["1000"])
    assert not release.is_set()
    release.set()
    assert outcomes(apply) == [
        ("stuck", "pending", "No answer within the time limit."),
        ("good", "applied", "+OK [Success]"),
    ]


def test_a_plugins_fault_goes_to_the_log_and_not_to_the_page(make, caplog):
    faulty = Scripted(reload=RuntimeError("password is s3cret"))
    with caplog.at_level(logging.ERROR):
        (switch,) = make(fs=faulty).apply().switches
    assert switch.outcome == "pending"
    assert "s3cret" not in switch.detail
    assert "log" in switch.detail
    assert "Switch fs" in caplog.text


def test_a_sign_of_life(make, caplog):
    probes = make(
        a=Scripted(ping="FreeSWITCH 1.10.12"),
        b=Scripted(ping=SwitchTimeout("slow")),
        c=Scripted(ping=RuntimeError("a bug")),
        d=Scripted(ping=None),
    ).ping_checks()
    refresh(probes.values(), keep=0.0, deadline=time.monotonic() + 30)
    assert [(name, each.state) for name, each in probes.items()] == [
        ("a", "ok"),
        ("b", "fault"),
        ("c", "fault"),
        ("d", "fault"),
    ]
    assert "switch c failed" in caplog.text
    assert "test_switches.Scripted gave NoneType for ping(), not str." in caplog.text


@pytest.mark.parametrize(("timeout", "limit"), [(5.0, 1.0), (0.5, 0.5)])
def test_a_sign_of_life_has_little_time(make, timeout, limit):
    switch = Scripted(timeout=timeout)
    refresh(make(fs=switch).ping_checks().values(), keep=0.0, deadline=time.monotonic() + 30)
    assert switch.limits == [limit]


def test_stop_waits_for_pings_that_are_under_way(make):
    begun, ended = threading.Event(), threading.Event()

    def answer_late():
        begun.set()
        time.sleep(0.2)
        ended.set()
        return "here"

    switches = make(fs=Scripted(ping=answer_late))
    refresh(switches.ping_checks().values(), keep=0.0, deadline=0.0)
    assert begun.wait(30)
    switches.stop()
    assert ended.is_set()


@pytest.mark.parametrize("said", [None, 5, b"+OK"])
def test_a_reload_that_says_no_text_is_the_plugins_fault(make, caplog, said):
    (switch,) = make(fs=Scripted(reload=said)).apply().switches
    assert switch.outcome == "pending"
    assert switch.detail == "Its reload plugin failed; the server's log has the details."
    assert f"test_switches.Scripted gave {type(said).__name__} for its reload" in caplog.text


@pytest.mark.parametrize("method", ["forget", "end_calls"])
def test_other_words_that_are_none_are_the_plugins_fault_too(make, caplog, method):
    strategy = Scripted()
    setattr(strategy, method, lambda extension_id, *, timeout: None)
    ended = ["1000"] if method == "end_calls" else ()
    with make(fs=strategy).change() as change:
        apply = change.apply(Expectation(forget=["1000"], end_calls=ended))
    (switch,) = apply.switches
    assert "reload plugin failed" in switch.detail
    assert f"gave NoneType for {method}()" in caplog.text


def test_one_that_does_not_start_or_stop_does_not_keep_the_others_from_it(make, caplog):
    bad, good = Scripted(life=RuntimeError("no")), Scripted()
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

    switches = SwitchFleet(
        {"slow": Scripted(reload=answer_late), "quick": Scripted(reload=refuse)}, MemoryState()
    )
    try:
        slow, quick = switches.apply().switches
    finally:
        switches.stop()
    assert (slow.outcome, quick.outcome) == ("applied", "refused")
    assert quick.seconds < slow.seconds


def test_one_switch_can_be_reloaded_by_itself(make):
    one, other = Scripted(), Scripted()
    (outcome,) = make(one=one, other=other).apply("other").switches
    assert (outcome.name, outcome.outcome) == ("other", "applied")
    assert (len(one.limits), len(other.limits)) == (0, 1)


def test_few_verifications_of_a_switch_run_at_the_same_time(make):
    guard = threading.Lock()
    inside, most = 0, 0
    # Two of them meet, so that the test fails if they run one after the other.
    meeting = threading.Barrier(2, timeout=30)

    def knows():
        nonlocal inside, most
        with guard:
            inside += 1
            most = max(most, inside)
        meeting.wait()
        with guard:
            inside -= 1
        return {"1000"}

    made = make(fs=Scripted(knows=knows, timeout=60.0))
    with ThreadPoolExecutor(20) as pool:
        for each in [pool.submit(change, made, present=["1000"]) for _ in range(20)]:
            assert each.result(60).state == "applied"
    assert 1 < most <= MAX_VERIFICATIONS


def test_a_change_that_gets_no_verification_in_time_is_pending(make):
    release = threading.Event()
    hanging = threading.Semaphore(0)

    def knows():
        hanging.release()
        assert release.wait(60)
        return {"1000"}

    strategy = Scripted(knows=knows, timeout=60.0)
    made = make(fs=strategy)
    with ThreadPoolExecutor(MAX_VERIFICATIONS) as pool:
        for _ in range(MAX_VERIFICATIONS):
            pool.submit(change, made, present=["1000"])
        for _ in range(MAX_VERIFICATIONS):
            assert hanging.acquire(timeout=30)
        strategy.timeout = 0.1
        (outcome,) = change(made, present=["1000"]).switches
        release.set()
    assert outcome.outcome == "pending"
    assert "too busy" in outcome.detail
