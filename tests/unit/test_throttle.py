"""Log-ins are throttled by network and name, and guesses lock out neither a name nor a network."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sipapp.model.errors import TooManyAttempts
from sipapp.state.failed_networks import MANY_NETWORKS, MAX_WARNINGS, PERIOD_S, FailedNetworks
from sipapp.state.memory import MemoryState
from sipapp.state.throttle import (
    CAPACITY,
    FORGET_AFTER_S,
    KNOWN_NETWORK_LIFETIME_S,
    MAX_DELAY_S,
    MAX_KNOWN_NETWORKS_PER_NAME,
    LoginThrottle,
    Throttle,
)
from sipapp.testing.waiting import eventually

OFFICE = "192.0.2.1"


@pytest.fixture
def state(clock):
    return MemoryState(clock)


@pytest.fixture
def throttle(state):
    return LoginThrottle(state, "test")


def attempt(throttle, address=OFFICE, name="1000", *, right=False):
    """Make an attempt; returns its delay, 0 if it was looked at."""
    try:
        with throttle.attempt(address, name) as made:
            made.right = right
    except TooManyAttempts as error:
        return error.seconds
    return 0


def fail(throttle, times, address=OFFICE, name="1000"):
    return [attempt(throttle, address, name) for _ in range(times)]


def succeed(throttle, address=OFFICE, name="1000"):
    return attempt(throttle, address, name, right=True)


def fill(throttle, address=OFFICE):
    """Fail with names that there are not, until the network has to wait."""
    number = 0
    while not attempt(throttle, address, f"nobody-{number}"):
        number += 1
    return number


def test_after_five_failures_each_further_one_doubles_the_delay_up_to_a_limit(throttle, clock):
    assert fail(throttle, 5) == [0] * 5
    delays = []
    for _ in range(12):
        delays.append(attempt(throttle))
        clock.now += delays[-1]
        assert attempt(throttle) == 0
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, MAX_DELAY_S, MAX_DELAY_S]


def test_after_a_long_delay_one_attempt_may_be_made_and_not_many(throttle, clock):
    for _ in range(20):
        clock.now += MAX_DELAY_S
        attempt(throttle)
    clock.now += MAX_DELAY_S
    assert fail(throttle, 3) == [0, MAX_DELAY_S, MAX_DELAY_S]


def test_of_many_attempts_at_the_same_time_five_are_looked_at(throttle):
    go_on = Event()

    def guess(_):
        try:
            with throttle.attempt(OFFICE, "1000"):
                assert go_on.wait(60)
        except TooManyAttempts:
            return "too many"
        return "wrong"

    with ThreadPoolExecutor(40) as pool:
        guesses = [pool.submit(guess, each) for each in range(40)]
        eventually(lambda: sum(each.done() for each in guesses) == 35)
        go_on.set()
        assert sorted(each.result(60) for each in guesses) == ["too many"] * 35 + ["wrong"] * 5


def test_other_names_of_the_address_are_not_slowed_until_there_are_many(throttle):
    assert fail(throttle, 5) == [0] * 5
    assert fill(throttle) == 15
    assert attempt(throttle, name="1001") == 1


def test_an_address_does_not_lock_out_another_one(throttle):
    fill(throttle)
    assert attempt(throttle, "192.0.2.2") == 0


def test_case_makes_no_other_name(throttle):
    fail(throttle, 5, name="Zoe")
    assert attempt(throttle, name="zOE") == 1


def test_a_name_of_any_length_costs_little(throttle):
    fail(throttle, 5, name="x" * 10**6)
    assert attempt(throttle, name="x" * 10**6) == 1
    # Only its beginning is remembered.
    assert attempt(throttle, name="x" * 1000) == 1


def test_an_attempt_that_was_right_leaves_nothing(throttle):
    for each in range(100):
        assert succeed(throttle, name=f"user-{each}") == 0
    assert fill(throttle) == 20


def test_success_forgets_the_failures_of_the_name_and_not_those_of_the_network(throttle):
    fail(throttle, 4, name="1000")
    assert succeed(throttle) == 0
    assert fail(throttle, 5) == [0] * 5
    # Four of before count, and those of a known name do not.
    assert fill(throttle) == 16


def test_an_attempt_that_was_not_judged_leaves_nothing(throttle, clock):
    def busy():
        with pytest.raises(ZeroDivisionError), throttle.attempt(OFFICE, "1000"):
            raise ZeroDivisionError

    for _ in range(100):
        busy()
    fail(throttle, 5)
    clock.now += 1
    busy()
    # No further delay began, neither of the name nor of the network.
    assert fail(throttle, 2) == [0, 2]
    assert fill(throttle) == 14


def test_all_failures_expire(throttle, clock):
    fill(throttle)
    fail(throttle, 10, "192.0.2.2")
    clock.now += FORGET_AFTER_S + 1
    assert fail(throttle, 5) == [0] * 5
    assert fail(throttle, 5, "192.0.2.2") == [0] * 5


# Names that are known in a network


def test_who_was_right_from_a_network_before_is_not_locked_out_by_others_there(throttle):
    assert succeed(throttle, name="Ann") == 0
    fill(throttle)
    for _ in range(30):
        assert succeed(throttle, name="ann") == 0
    assert attempt(throttle, name="bob") == 1
    # And not known elsewhere.
    fill(throttle, "192.0.2.2")
    assert attempt(throttle, "192.0.2.2", "ann") == 1


def test_a_known_name_that_is_wrong_again_and_again_locks_out_nobody_else(throttle, clock):
    succeed(throttle, name="1000")
    for _ in range(100):
        attempt(throttle, name="1000")
        clock.now += 600
    assert fill(throttle) == 20


def test_a_known_name_can_be_guessed_no_faster_than_others(throttle):
    succeed(throttle)
    assert fail(throttle, 7) == [0] * 5 + [1, 1]


def test_an_own_account_gives_no_free_guesses_at_others(throttle):
    succeed(throttle, name="mallory")
    guessed = 0
    while attempt(throttle, name=f"victim-{guessed}") == 0:
        assert succeed(throttle, name="mallory") == 0
        guessed += 1
    assert guessed == 20
    # Nor many at one of them.
    assert fail(throttle, 6, "192.0.2.2", "victim") == [0] * 5 + [1]
    succeed(throttle, "192.0.2.2", "mallory")
    assert attempt(throttle, "192.0.2.2", "victim") == 1


def test_a_known_name_is_forgotten_a_month_after_it_was_right_last(throttle, clock):
    for _ in range(3):
        succeed(throttle)
        clock.now += KNOWN_NETWORK_LIFETIME_S - 1
    fill(throttle)
    assert succeed(throttle) == 0
    clock.now += KNOWN_NETWORK_LIFETIME_S
    fill(throttle)
    assert succeed(throttle) == 1


def test_an_account_is_known_in_so_many_networks_and_takes_the_place_of_no_other(throttle):
    succeed(throttle, name="ann")
    for each in range(MAX_KNOWN_NETWORKS_PER_NAME + 1):
        succeed(throttle, f"198.51.100.{each}", "mallory")
    for address, name, delay in (
        (OFFICE, "ann", 0),
        ("198.51.100.1", "mallory", 0),
        ("198.51.100.0", "mallory", 1),
    ):
        fill(throttle, address)
        assert succeed(throttle, address, name) == delay


def test_a_name_that_is_remembered_otherwise_is_known_too(throttle):
    throttle.remember(OFFICE, "Ann")
    fill(throttle)
    assert succeed(throttle, name="ann") == 0


# Networks


@pytest.mark.parametrize(
    ("form", "free"),
    [
        ("2001:db8:1:2::{:x}", 20),
        ("2001:db8:1:20{:02x}::1", 40),
        ("2001:db8:1:{:x}00::1", 80),
        ("2001:db8:{:x}::1", 200),
        ("192.0.2.{}", 200),
        ("::ffff:192.0.2.{}", 200),
        ("fe80::1%eth{}", 20),
    ],
)
def test_networks_of_ipv6_are_counted_by_three_prefixes(throttle, form, free):
    looked_at = sum(attempt(throttle, form.format(each), f"{each}") == 0 for each in range(200))
    assert looked_at == free


def test_a_customer_of_ipv6_does_not_lock_out_another_one(throttle):
    for each in range(200):
        attempt(throttle, f"2001:db8:1:{each:x}00::1", "admin")
    assert attempt(throttle, "2001:db8:2::1", "admin") == 0


def test_clients_without_an_address_are_one_network_and_known_ones_are_not_locked_out(throttle):
    succeed(throttle, None, "ann")
    assert (
        sum(attempt(throttle, each, "bob") == 0 for each in (None, "", "localhost", "-") * 5) == 5
    )
    fill(throttle, None)
    assert attempt(throttle, "unknown", "carol") == 1
    assert succeed(throttle, "", "ann") == 0


# Names that are guessed from many networks


def distributed(throttle, count, name="admin", right=False):
    for each in range(count):
        assert attempt(throttle, f"198.51.{each // 250}.{each % 250}", name, right=right) == 0


def test_failures_from_many_networks_are_told_once_and_lock_out_nobody(
    throttle, state, caplog, clock
):
    distributed(throttle, MANY_NETWORKS - 1)
    assert list(FailedNetworks(state, "test").names()) == []
    distributed(throttle, 3 * MANY_NETWORKS)
    assert list(FailedNetworks(state, "test").names()) == ["admin"]
    assert caplog.messages == ["Many failed log-ins (test) for 'admin' from many addresses."]
    assert succeed(throttle, name="admin") == 0
    clock.now += PERIOD_S
    assert list(FailedNetworks(state, "test").names()) == []
    distributed(throttle, MANY_NETWORKS)
    assert len(caplog.messages) == 2


def test_one_network_is_never_many(throttle, state, clock, caplog):
    caplog.set_level(logging.WARNING)
    for _ in range(100):
        clock.now += MAX_DELAY_S
        attempt(throttle)
        attempt(throttle, f"2001:db8:1:2::{clock.now % 1000:.0f}")
    distributed(throttle, 3 * MANY_NETWORKS, right=True)
    assert caplog.messages == []


def test_so_many_names_are_warned_of_and_the_newest_stay(state):
    failed = FailedNetworks(state, "test")
    for each in range(MAX_WARNINGS + 1):
        for network in range(MANY_NETWORKS):
            failed.add(f"198.51.100.{network}", f"name-{each}")
    assert list(failed.names()) == [f"name-{each}" for each in range(1, MAX_WARNINGS + 1)]


# Counters of one key


def test_throttles_of_one_name_share_their_attempts(state):
    assert Throttle(state, "test", 1).attempt("x") == 0
    assert Throttle(state, "test", 1).attempt("x") == 1
    assert Throttle(state, "another", 1).attempt("x") == 0


def test_so_many_keys_are_remembered_and_the_newest_stay(state):
    throttle = Throttle(state, "test", 1)
    for each in range(CAPACITY + 1):
        throttle.attempt(str(each))
    assert [throttle.attempt(each) for each in (str(CAPACITY), "1", "0")] == [1, 1, 0]
