"""Log-ins are throttled by address and name, and an account cannot be locked out."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.state.memory import MemoryState
from sipapp.state.throttle import (
    CAPACITY,
    FORGET_AFTER_S,
    MAX_DELAY_S,
    LoginThrottle,
    Throttle,
    network_of,
)


@pytest.fixture
def throttle(clock):
    return LoginThrottle(MemoryState(clock), "test", by_name=3, by_address=6)


def fail(throttle, times, address="192.0.2.1", name="1000"):
    for _ in range(times):
        throttle.failed(address, name)


def test_a_few_failures_cost_nothing(throttle):
    fail(throttle, 2)
    assert throttle.delay("192.0.2.1", "1000") == 0


def test_each_further_failure_doubles_the_delay_up_to_a_limit(throttle, clock):
    waits = []
    for _ in range(16):
        fail(throttle, 1)
        waits.append(throttle.delay("192.0.2.1", "1000"))
        clock.now += waits[-1]
        assert throttle.delay("192.0.2.1", "1000") == 0
    assert waits[:6] == [0, 0, 1, 2, 4, 8]
    assert waits[-1] == MAX_DELAY_S


def test_the_delay_of_very_many_failures_does_not_overflow(clock):
    throttle = Throttle(MemoryState(clock), "test", 1)
    for _ in range(1100):
        throttle.failed("x")
    assert throttle.delay("x") == MAX_DELAY_S


def test_other_names_of_the_address_are_not_slowed_until_there_are_many(throttle):
    fail(throttle, 3)
    assert throttle.delay("192.0.2.1", "1001") == 0
    fail(throttle, 3, name="1001")
    assert throttle.delay("192.0.2.1", "1002") > 0


def test_an_address_does_not_lock_out_another_one(throttle):
    fail(throttle, 50)
    assert throttle.delay("192.0.2.2", "1000") == 0


def test_case_makes_no_other_name(throttle):
    fail(throttle, 3, name="Zoe")
    assert throttle.delay("192.0.2.1", "zOE") > 0


def test_a_name_of_any_length_costs_little(throttle):
    fail(throttle, 3, name="x" * 10**6)
    assert throttle.delay("192.0.2.1", "x" * 10**6) > 0
    # Only its beginning is remembered.
    assert throttle.delay("192.0.2.1", "x" * 1000) > 0


def test_success_clears_the_name_and_not_the_address(throttle):
    fail(throttle, 5, name="1001")
    fail(throttle, 1)
    throttle.succeeded("192.0.2.1", "1000")
    assert throttle.delay("192.0.2.1", "1000") == 0
    fail(throttle, 1, name="1002")
    assert throttle.delay("192.0.2.1", "1000") > 0


def test_an_attempt_that_was_right_leaves_nothing(throttle, clock):
    for _ in range(100):
        fail(throttle, 1)
        throttle.succeeded("192.0.2.1", "1000")
    for number in range(5):
        fail(throttle, 1, name=f"200{number}")
    assert throttle.delay("192.0.2.1", "1000") == 0
    fail(throttle, 1, name="2005")
    assert throttle.delay("192.0.2.1", "1000") > 0


def test_all_failures_expire(throttle, clock):
    fail(throttle, 10)
    clock.now += FORGET_AFTER_S + 1
    assert throttle.delay("192.0.2.1", "1000") == 0
    fail(throttle, 1)
    assert throttle.delay("192.0.2.1", "1000") == 0


def test_throttles_of_one_name_share_their_failures(clock):
    state = MemoryState(clock)
    Throttle(state, "test", 1).failed("x")
    assert Throttle(state, "test", 1).delay("x") == 1
    assert Throttle(state, "another", 1).delay("x") == 0


def test_so_many_keys_are_remembered_and_the_newest_stay(clock):
    throttle = Throttle(MemoryState(clock), "test", 1)
    for each in range(CAPACITY + 1):
        throttle.failed(str(each))
    assert throttle.delay(str(CAPACITY)) > 0
    assert throttle.delay("1") > 0
    assert throttle.delay("0") == 0


def test_no_failure_is_lost_between_threads(clock):
    throttle = Throttle(MemoryState(clock), "test", 400)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: throttle.failed("x"), range(399)))
    assert throttle.delay("x") == 0
    throttle.failed("x")
    assert throttle.delay("x") > 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("localhost", "localhost"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_network_of_an_address(address, network):
    assert network_of(address) == network
