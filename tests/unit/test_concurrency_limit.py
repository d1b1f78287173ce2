"""A few at a time; who waits too long, or in vain, is sent away."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import islice
from threading import Event

import pytest

from sipapp.concurrency.limit import Gate


class Refused(Exception):
    pass


def enter(gate):
    with gate.entered():
        return "in"


def test_who_comes_while_there_is_a_place_gets_it():
    gate = Gate(2, Refused, patience=0.0)
    with gate.entered(), gate.entered():
        pass
    assert enter(gate) == "in"


def test_who_comes_too_late_waits_for_a_place():
    gate = Gate(1, Refused, patience=30.0)
    with ThreadPoolExecutor(1) as pool:
        with gate.entered():
            waiting = pool.submit(enter, gate)
            assert not waiting.done()
        assert waiting.result(30) == "in"


def test_nobody_waits_for_ever():
    gate = Gate(1, Refused, patience=0.01, clock=lambda: 0.0)
    with gate.entered(), pytest.raises(Refused):
        enter(gate)
    assert enter(gate) == "in"


def test_no_more_than_a_few_wait():
    gate = Gate(1, Refused, patience=30.0, waiting=2)
    inside, free = Event(), Event()

    def occupy():
        with gate.entered():
            inside.set()
            free.wait(30)

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(occupy)
        inside.wait(30)
        others = [pool.submit(enter, gate) for _ in range(7)]
        refused = list(islice(as_completed(others, timeout=30), 5))
        assert all(isinstance(each.exception(), Refused) for each in refused)
        free.set()
        first.result(30)
        assert [each.result(30) for each in others if each not in refused] == ["in"] * 2


def test_where_nobody_comes_or_goes_any_more_nobody_waits():
    now = [0.0]
    # Whoever waits here waits for half a minute, and the test notices.
    gate = Gate(2, Refused, patience=30.0, clock=lambda: now[0])
    with ExitStack() as stack:
        stack.enter_context(gate.entered())
        now[0] += 20
        stack.enter_context(gate.entered())
        now[0] += 30
        with ThreadPoolExecutor(1) as pool, pytest.raises(Refused):
            pool.submit(enter, gate).result(20)
    assert enter(gate) == "in"


def test_a_place_is_free_again_after_a_failure():
    gate = Gate(1, Refused, patience=0.0)
    with pytest.raises(ZeroDivisionError), gate.entered():
        raise ZeroDivisionError
    assert enter(gate) == "in"
