"""The state of a switch: its transitions, and when the next try is due."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sipapp.switches.sync_state import State, SyncState
from sipapp.switches.timing import Timing

TIMING = Timing(first_retry_s=100.0, max_retry_s=600.0, max_tries=3)


class Mean(Random):
    """Jitter that changes nothing."""

    def uniform(self, a, b):
        return (a + b) / 2


@pytest.fixture
def sync(clock):
    return SyncState(TIMING, clock, Mean())


def fail(sync):
    sync.retry_started()
    return sync.retry_ended(failure="silence")


def test_it_begins_up_to_date(sync):
    assert (sync.state, sync.due, sync.behind) == (State.UP_TO_DATE, None, None)


def test_a_failed_reload_makes_it_behind(sync, clock):
    before = datetime.now(UTC)
    assert sync.reload_failed("silence")
    assert (sync.state, sync.due) == (State.BEHIND, clock.now + 100)
    behind = sync.behind
    assert before <= behind.since <= datetime.now(UTC)
    assert behind.why == "silence"
    assert behind.next_try >= before + timedelta(seconds=100)


def test_the_next_failed_reload_is_no_news(sync):
    sync.reload_failed("silence")
    since, due = sync.behind.since, sync.due
    assert not sync.reload_failed("noise")
    assert (sync.behind.since, sync.behind.why, sync.due) == (since, "noise", due)


def test_pauses_double_up_to_the_longest(clock):
    sync = SyncState(Timing(first_retry_s=100.0, max_retry_s=600.0), clock, Mean())
    sync.reload_failed("silence")
    pauses = []
    for _ in range(6):
        pauses.append(sync.due - clock.now)
        fail(sync)
    assert pauses == [100, 200, 400, 600, 600, 600]


def test_pauses_are_spread_by_a_quarter(clock):
    def pause(seed):
        sync = SyncState(TIMING, clock, Random(seed))  # noqa: S311  (no secret)
        sync.reload_failed("silence")
        return sync.due - clock.now

    pauses = [pause(seed) for seed in range(200)]
    assert 75 <= min(pauses) < 80
    assert 120 < max(pauses) <= 125


def test_without_a_generator_they_are_spread_too(clock):
    def pause():
        sync = SyncState(TIMING, clock)
        sync.reload_failed("silence")
        return sync.due

    assert len({pause() for _ in range(20)}) > 1


def test_it_is_given_up_after_the_last_try(sync):
    sync.reload_failed("silence")
    assert [fail(sync) for _ in range(3)] == [False, False, True]
    assert (sync.state, sync.due) == (State.GIVEN_UP, None)
    assert (sync.behind.given_up, sync.behind.next_try) == (True, None)


def test_another_change_that_fails_begins_anew(sync, clock):
    sync.reload_failed("silence")
    since = sync.behind.since
    for _ in range(3):
        fail(sync)
    assert not sync.reload_failed("silence")
    assert (sync.state, sync.due) == (State.BEHIND, clock.now + 100)
    assert (sync.behind.since, sync.behind.given_up) == (since, False)


def test_while_a_retry_is_under_way_no_other_is_due(sync):
    sync.reload_failed("silence")
    sync.retry_started()
    assert (sync.state, sync.due) == (State.RETRYING, None)
    assert (sync.behind.next_try, sync.behind.given_up) == (None, False)
    sync.reload_failed("noise")
    assert sync.state is State.RETRYING


def test_a_success_ends_it(sync):
    sync.reload_failed("silence")
    sync.retry_started()
    assert sync.reloaded(verified=True)
    assert not sync.retry_ended(failure=None)
    assert (sync.state, sync.due, sync.behind) == (State.UP_TO_DATE, None, None)
    assert not sync.reloaded(verified=True)


def test_what_is_not_verified_is_tried_at_once(sync, clock):
    sync.reload_failed("silence")
    assert not sync.reloaded(verified=False)
    assert (sync.state, sync.due) == (State.BEHIND, clock.now)


def test_a_refused_reload_alone_does_not_make_it_behind(sync):
    sync.reload_refused("line 3")
    assert (sync.state, sync.behind) == (State.UP_TO_DATE, None)
    sync.reload_failed("silence")
    sync.reload_refused("line 3")
    assert sync.behind.why == "line 3"


def test_a_failed_retry_is_no_news_after_another_change_succeeded(sync):
    sync.reload_failed("silence")
    sync.retry_started()
    sync.reloaded(verified=True)
    assert not sync.retry_ended(failure="silence")
    assert sync.state is State.UP_TO_DATE


def test_a_retry_that_ends_well_after_another_change_failed_is_not_the_last(sync, clock):
    sync.reload_failed("silence")
    sync.retry_started()
    sync.reload_failed("noise")
    assert not sync.retry_ended(failure=None)
    assert (sync.state, sync.due) == (State.BEHIND, clock.now + 200)


def test_a_confirmation_is_due_after_a_pause_and_unknown_before(sync, clock):
    sync.confirmation_needed(2.0)
    assert (sync.state, sync.due, sync.behind) == (State.UNCONFIRMED, clock.now + 2, None)
    sync.retry_started()
    assert sync.behind is None
    sync.retry_ended(failure="line 3")
    assert (sync.state, sync.behind.why) == (State.BEHIND, "line 3")


def test_a_confirmation_changes_no_retry(sync):
    sync.reload_failed("silence")
    due = sync.due
    sync.confirmation_needed(2.0)
    assert (sync.state, sync.due) == (State.BEHIND, due)
