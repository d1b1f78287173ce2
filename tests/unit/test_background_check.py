"""Checks that may hang: nobody but who asked waits, and no second thread hangs."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sipapp.concurrency.background_check import Probe, refresh
from sipapp.testing.waiting import eventually

AGES = 1000.0


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Check:
    """Counts its runs; hangs from ``hang`` until ``release``."""

    def __init__(self):
        self.runs = 0
        self.well = True
        self._free = Event()
        self._free.set()

    def __call__(self):
        self.runs += 1
        assert self._free.wait(30)
        if isinstance(self.well, Exception):
            raise self.well
        return self.well

    def hang(self):
        self._free.clear()

    def release(self):
        self._free.set()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def check():
    made = Check()
    yield made
    made.release()


@pytest.fixture
def probe(check, clock):
    return Probe("The check", check, limit=5.0, clock=clock)


def ask(probe, *, keep=2.0, patience=30.0):
    refresh([probe], keep=keep, deadline=time.monotonic() + patience)
    return probe.state


@pytest.mark.parametrize(
    ("well", "state"), [(True, "ok"), (False, "fault"), (RuntimeError("a bug"), "fault")]
)
def test_who_asks_first_hears_the_answer(probe, check, caplog, well, state):
    check.well = well
    assert probe.state == "asking"
    assert ask(probe) == state
    assert ("The check failed." in caplog.text) is isinstance(well, Exception)


def test_an_answer_is_kept_for_a_while(probe, check, clock):
    for _ in range(3):
        assert ask(probe) == "ok"
    assert check.runs == 1
    clock.now += 1.9
    ask(probe)
    assert check.runs == 1
    check.well = False
    clock.now += 0.2
    assert ask(probe) == "fault"
    assert check.runs == 2


def test_the_others_come_at_once_while_the_first_waits(probe, check):
    check.hang()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, probe)
        eventually(lambda: check.runs)
        assert [ask(probe) for _ in range(5)] == ["asking"] * 5
        assert not first.done()
        check.release()
        assert first.result(30) == "ok"


def test_who_waits_is_let_go_in_time(probe, check):
    check.hang()
    assert ask(probe, patience=0.01) == "asking"


def test_meanwhile_the_last_answer_counts_and_then_it_is_a_fault(probe, check, clock, caplog):
    assert ask(probe) == "ok"
    check.hang()
    clock.now += 10
    assert ask(probe, patience=0.01) == "ok"
    clock.now += 5
    assert [ask(probe), ask(probe)] == ["fault", "fault"]
    assert caplog.text.count("The check has not answered for 5 s.") == 1


def test_one_that_hangs_is_never_begun_again(probe, check, clock):
    check.hang()
    ask(probe, patience=0.01)
    for _ in range(20):
        clock.now += AGES
        assert ask(probe) == "fault"
    assert check.runs == 1
    check.release()
    probe.wait(30)
    clock.now += AGES
    assert ask(probe) == "ok"
    assert check.runs == 2


def test_one_that_took_too_long_is_a_fault_and_not_now_and_then(probe, check, clock):
    check.hang()
    ask(probe, patience=0.01)
    clock.now += 6
    check.release()
    probe.wait(30)
    assert probe.state == "fault"
