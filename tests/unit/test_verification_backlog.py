"""What a switch that was unreachable is asked for later, by one process or another."""

import time

import pytest
from tests.computed_storage import ComputedStorage

from sipapp.model.apply import Values
from sipapp.model.extension import Extension
from sipapp.state.memory import MemoryState
from sipapp.switches.backlog import VerificationBacklog, expectation_of
from sipapp.switches.strategy import ReloadStrategy
from sipapp.switches.verification import Expectation, changed_values, verify
from sipapp.testing.listed_view import ListedView

OLD = Extension("1000", password="a", caller_id_name="Alice", toll_allow="local")


class Knowing(ReloadStrategy):
    """Has everything that it is asked for."""

    def reload(self, *, timeout):
        return "+OK"

    def ping(self, *, timeout):
        return "+OK"

    def differences(self, extensions, values, *, timeout):
        return dict.fromkeys(extensions, ())


@pytest.fixture
def state():
    return MemoryState()


@pytest.fixture
def backlog(state):
    backlog = VerificationBacklog(state, "switch")
    backlog.add(Expectation(present=["1000"]), 1)
    return backlog


def expected(backlog, stored):
    return expectation_of(backlog.items(), ListedView(lambda: stored), 20)


def test_the_values_are_those_that_are_stored_then(backlog):
    assert expected(backlog, [OLD]).values == {"1000": changed_values(None, OLD)}


def test_what_others_wrote_is_not_compared(backlog):
    odd = Extension("1000", password="a", read_only="It has two users.")
    assert expected(backlog, [odd]).values == {"1000": Values()}


def test_of_all_the_first_and_the_last_are_verified_and_the_rest_is_counted(backlog):
    backlog.add_all()
    expectation = expected(backlog, [Extension(str(number)) for number in range(1000, 6000)])
    assert len(expectation.present) == 21
    assert expectation.present[:2] == ["1000", "1001"]
    assert expectation.present[-1] == "5999"
    assert expectation.left_out == 5000 - 21
    said = verify(Knowing(), expectation, "+OK", deadline=time.monotonic() + 60)
    assert said == "It was asked for 21 of 5000 extensions."


def test_of_more_than_are_counted_it_is_not_said_how_many_are_left_out(backlog):
    backlog.add_all()
    expectation = expectation_of(backlog.items(), ComputedStorage(1_000_000), 20)
    said = verify(Knowing(), expectation, "+OK", deadline=time.monotonic() + 60)
    assert said == "It was asked for 21 of more than 10,000 extensions."


def test_what_needs_no_verification_is_not_in_the_sample(state):
    backlog = VerificationBacklog(state, "switch")
    backlog.add_all()
    stored = [OLD, Extension("1001", enabled=False), Extension("odd", read_only="odd")]
    expectation = expected(backlog, stored)
    assert (expectation.present, expectation.left_out) == (["1000"], 0)


def test_of_few_all_are_verified(state):
    backlog = VerificationBacklog(state, "switch")
    backlog.add_all()
    expectation = expected(backlog, [OLD, Extension("1001")])
    assert (expectation.present, expectation.left_out) == (["1000", "1001"], 0)


def test_what_was_verified_is_settled(backlog):
    backlog.add_all()
    backlog.add(Expectation(absent=["1001"], forget=["1001"]), 2)
    expectation = expected(backlog, [OLD])
    assert (expectation.absent, expectation.forget) == (["1001"], ["1001"])
    backlog.settle(expectation)
    assert not backlog


def test_what_is_newer_than_the_reload_stays(backlog):
    expectation = expected(backlog, [OLD])
    backlog.add(Expectation(present=["1000"]), 2)
    backlog.settle(expectation)
    assert backlog
    assert not backlog.can_be_verified_after(1)
    assert backlog.can_be_verified_after(2)


def test_a_process_verifies_what_another_one_has_left(state, backlog):
    another = VerificationBacklog(state, "switch")
    # Which of its own reloads took that over is not known.
    assert not another.can_be_verified_after(9)
    another.settle(expected(another, [OLD]))
    assert not backlog


def test_each_switch_has_its_own(state, backlog):
    assert not VerificationBacklog(state, "another switch")
