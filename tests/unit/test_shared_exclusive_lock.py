"""Changes go side by side; one that goes alone has nobody beside it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.concurrency.shared_exclusive_lock import Busy, Lane


@pytest.fixture
def lane():
    return Lane()


def test_who_has_company_knows_even_if_it_comes_and_goes(lane):
    with lane.beside_others(1) as first:
        assert not first.crowded
        with lane.beside_others(1) as second:
            assert second.crowded
    assert first.crowded
    with lane.beside_others(1) as third:
        assert not third.crowded


def test_alone_is_alone(lane):
    inside, most = [], []
    lock = threading.Lock()

    def enter(weight):
        with lock:
            inside.append(weight)
            most.append(sum(inside))

    def leave(weight):
        with lock:
            inside.remove(weight)

    def work(number):
        way, weight = (lane.alone, 100) if number % 5 == 0 else (lane.beside_others, 1)
        with way(10):
            enter(weight)
            leave(weight)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(200)))
    assert not any(each > 100 for each in most)


def test_nobody_waits_for_ever(lane):
    with lane.beside_others(1), pytest.raises(Busy), lane.alone(0.01):
        pass
    with lane.alone(1):
        for way in lane.beside_others, lane.alone:
            with pytest.raises(Busy), way(0.01):
                pass
    with lane.alone(1):
        pass


def test_who_comes_later_waits_for_the_one_who_waits_to_be_alone(lane):
    order = []

    def alone():
        with lane.alone(5):
            order.append("alone")

    def beside():
        with lane.beside_others(5):
            order.append("beside")

    with ThreadPoolExecutor(2) as pool:
        with lane.beside_others(1):
            waiting = pool.submit(alone)
            while not lane._waiting:
                threading.Event().wait(0.001)
            later = pool.submit(beside)
        waiting.result(5)
        later.result(5)
    assert order == ["alone", "beside"]
