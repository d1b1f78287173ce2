"""Checks that may hang: only the caller that started one waits, and one thread at most hangs."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sipapp.concurrency.background_check import BackgroundCheck, refresh
from sipapp.testing.waiting import eventually

LONG_S = 1000.0


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
def background(check, clock):
    return BackgroundCheck("The check", check, limit=5.0, clock=clock)


def ask(background, *, keep=2.0, limit=30.0):
    refresh([background], keep=keep, deadline=time.monotonic() + limit)
    return background.state


@pytest.mark.parametrize(
    ("well", "state"), [(True, "ok"), (False, "fault"), (RuntimeError("a bug"), "fault")]
)
def test_the_caller_that_starts_a_check_gets_its_result(background, check, caplog, well, state):
    check.well = well
    assert background.state == "asking"
    assert ask(background) == state
    assert ("The check failed." in caplog.text) is isinstance(well, Exception)


def test_a_result_is_kept_for_a_while(background, check, clock):
    for _ in range(3):
        assert ask(background) == "ok"
    assert check.runs == 1
    clock.now += 1.9
    ask(background)
    assert check.runs == 1
    check.well = False
    clock.now += 0.2
    assert ask(background) == "fault"
    assert check.runs == 2


def test_other_callers_do_not_wait(background, check):
    check.hang()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, background)
        eventually(lambda: check.runs)
        assert [ask(background) for _ in range(5)] == ["asking"] * 5
        assert not first.done()
        check.release()
        assert first.result(30) == "ok"


def test_the_wait_has_a_limit(background, check):
    check.hang()
    assert ask(background, limit=0.01) == "asking"


def test_the_last_result_counts_until_the_running_check_is_too_slow(
    background, check, clock, caplog
):
    assert ask(background) == "ok"
    check.hang()
    clock.now += 10
    assert ask(background, limit=0.01) == "ok"
    clock.now += 5
    assert [ask(background), ask(background)] == ["fault", "fault"]
    assert caplog.text.count("The check has not answered for 5 s.") == 1


def test_a_check_that_hangs_is_not_started_again(background, check, clock):
    check.hang()
    ask(background, limit=0.01)
    for _ in range(20):
        clock.now += LONG_S
        assert ask(background) == "fault"
    assert check.runs == 1
    check.release()
    background.wait(30)
    clock.now += LONG_S
    assert ask(background) == "ok"
    assert check.runs == 2


def test_a_check_that_passed_too_late_is_a_fault(background, check, clock):
    check.hang()
    ask(background, limit=0.01)
    clock.now += 6
    check.release()
    background.wait(30)
    assert background.state == "fault"
