from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sipapp.concurrency.single_flight import SingleFlight


class Busy(Exception):
    pass


def test_each_key_and_each_time_has_its_own_result():
    flight = SingleFlight[int](Busy, timeout=60.0, max_waiting=8)
    assert flight.run("a", lambda: 1) == 1
    assert flight.run("a", lambda: flight.run("b", lambda: 2)) == 2


def test_what_the_work_raises_is_raised_for_all_and_once():
    flight = SingleFlight[int](Busy, timeout=60.0, max_waiting=8)
    begun, free = Event(), Event()

    def fail():
        begun.set()
        assert free.wait(60)
        raise LookupError("nothing there")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(flight.run, "a", fail)
        assert begun.wait(60)
        free.set()
        with pytest.raises(LookupError):
            flight.run("a", fail)
        with pytest.raises(LookupError):
            first.result()
    assert flight.run("a", lambda: 3) == 3


def test_who_waits_too_long_gets_the_error():
    flight = SingleFlight[int](Busy, timeout=0.01, max_waiting=8)
    begun, free = Event(), Event()

    def hang():
        begun.set()
        assert free.wait(60)
        return 1

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(flight.run, "a", hang)
        assert begun.wait(60)
        with pytest.raises(Busy):
            flight.run("a", hang)
        free.set()
        assert first.result() == 1
