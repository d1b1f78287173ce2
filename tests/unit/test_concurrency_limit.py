"""A limit of concurrency: its waiters have a timeout, and do not wait where the holders hang."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import islice
from threading import Event

import pytest

from sipapp.concurrency.limit import ConcurrencyLimit


class Refused(Exception):
    pass


def enter(limit):
    with limit.slot():
        return "in"


def test_free_slots_are_given_at_once():
    limit = ConcurrencyLimit(2, Refused, timeout=0.0)
    with limit.slot(), limit.slot():
        pass
    assert enter(limit) == "in"


def test_a_thread_waits_for_a_slot():
    limit = ConcurrencyLimit(1, Refused, timeout=30.0)
    with ThreadPoolExecutor(1) as pool:
        with limit.slot():
            waiting = pool.submit(enter, limit)
            assert not waiting.done()
        assert waiting.result(30) == "in"


def test_the_wait_has_a_limit():
    limit = ConcurrencyLimit(1, Refused, timeout=0.01, clock=lambda: 0.0)
    with limit.slot(), pytest.raises(Refused):
        enter(limit)
    assert enter(limit) == "in"


def test_the_number_of_waiting_threads_has_a_limit():
    limit = ConcurrencyLimit(1, Refused, timeout=30.0, max_waiting=2)
    inside, free = Event(), Event()

    def occupy():
        with limit.slot():
            inside.set()
            free.wait(30)

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(occupy)
        inside.wait(30)
        others = [pool.submit(enter, limit) for _ in range(7)]
        refused = list(islice(as_completed(others, timeout=30), 5))
        assert all(isinstance(each.exception(), Refused) for each in refused)
        free.set()
        first.result(30)
        assert [each.result(30) for each in others if each not in refused] == ["in"] * 2


def test_threads_do_not_wait_for_holders_that_hang():
    now = [0.0]
    # A wait would last for half a minute, which the time limit below shows.
    limit = ConcurrencyLimit(2, Refused, timeout=30.0, clock=lambda: now[0])
    with ExitStack() as stack:
        stack.enter_context(limit.slot())
        now[0] += 20
        stack.enter_context(limit.slot())
        now[0] += 30
        with ThreadPoolExecutor(1) as pool, pytest.raises(Refused):
            pool.submit(enter, limit).result(20)
    assert enter(limit) == "in"


def test_a_slot_is_free_again_after_an_error():
    limit = ConcurrencyLimit(1, Refused, timeout=0.0)
    with pytest.raises(ZeroDivisionError), limit.slot():
        raise ZeroDivisionError
    assert enter(limit) == "in"
