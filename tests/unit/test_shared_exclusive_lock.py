"""Holders of the shared side run at the same time; the holder of the exclusive side runs alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.concurrency.shared_exclusive_lock import LockTimeout, SharedExclusiveLock
from sipapp.testing.waiting import eventually


@pytest.fixture
def lock():
    return SharedExclusiveLock()


def test_a_shared_hold_knows_of_every_overlap(lock):
    with lock.shared(1) as first:
        assert not first.overlapped
        with lock.shared(1) as second:
            assert second.overlapped
    assert first.overlapped
    with lock.shared(1) as third:
        assert not third.overlapped


def test_shared_holders_run_at_the_same_time(lock):
    meeting = threading.Barrier(3, timeout=30)

    def hold():
        with lock.shared(30):
            meeting.wait()

    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(hold) for _ in range(3)]:
            each.result(30)


def test_the_exclusive_holder_runs_alone(lock):
    inside, most = [], []
    guard = threading.Lock()

    def enter(weight):
        with guard:
            inside.append(weight)
            most.append(sum(inside))

    def leave(weight):
        with guard:
            inside.remove(weight)

    def work(number):
        side, weight = (lock.exclusive, 100) if number % 5 == 0 else (lock.shared, 1)
        with side(30):
            enter(weight)
            leave(weight)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(200)))
    assert not any(each > 100 for each in most)


def test_every_wait_has_a_limit(lock):
    with lock.shared(1), pytest.raises(LockTimeout), lock.exclusive(0.01):
        pass
    with lock.exclusive(1):
        for side in lock.shared, lock.exclusive:
            with pytest.raises(LockTimeout), side(0.01):
                pass
    with lock.exclusive(1):
        pass


def refuses_shared(lock):
    try:
        with lock.shared(0.01):
            return False
    except LockTimeout:
        return True


def test_a_waiting_exclusive_holder_goes_before_later_shared_ones(lock):
    order = []

    def exclusive():
        with lock.exclusive(30):
            order.append("exclusive")

    def shared():
        with lock.shared(30):
            order.append("shared")

    with ThreadPoolExecutor(2) as pool:
        with lock.shared(1):
            first = pool.submit(exclusive)
            eventually(lambda: refuses_shared(lock), "the waiting thread has no preference")
            second = pool.submit(shared)
        first.result(30)
        second.result(30)
    assert order == ["exclusive", "shared"]
