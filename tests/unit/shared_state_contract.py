"""What every implementation of the shared state must do."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sipapp.state.shared import BacklogItem, Busy, ClaimSet, CounterSet, Failures

FAILED = CounterSet("failed log-ins", lifetime_s=60.0, capacity=3)
USED = ClaimSet("used", lifetime_s=60.0, capacity=3)
ROOMS = ClaimSet("rooms", lifetime_s=60.0, capacity=4, max_per_owner=2, drops_oldest=True)
LEASES = ClaimSet("leases", lifetime_s=60.0, capacity=2, renewable=True)

ITEM = BacklogItem("1000", "process", 1)
ALL = BacklogItem(None, "process")

TEXTS = ["", " ", "'; --", "%", "_", "a\0b", "\ud800", "é", "e\u0301", "x" * 10_000, "A", "a"]
"""Names and keys that are all different."""
THREADS = 8
WAIT_S = 60.0
"""Seconds that pass only if something is broken."""


class SharedStateContract:
    """Derive from it, with the fixture ``state``; ``clock.now`` is what time it is there."""

    @pytest.fixture
    def state(self, clock):
        """The implementation, whose counters and claims have the time of the clock."""
        raise NotImplementedError

    @pytest.fixture
    def other(self, state):
        """The state as another process has it, if there can be one."""
        return state

    @pytest.fixture
    def pool(self):
        with ThreadPoolExecutor(THREADS) as pool:
            yield pool

    # Locks

    def test_a_lock_is_held_by_one_at_a_time(self, state, other):
        with state.lock(["a", "b"], wait_s=0):
            for names in (["a"], ["b"], ["c", "b"]):
                with pytest.raises(Busy), other.lock(names, wait_s=0):
                    pytest.fail("It was not free.")
        with other.lock(["a", "b"], wait_s=0):
            pass

    def test_other_names_are_free(self, state, other):
        with (
            state.lock(["a"], wait_s=0),
            other.lock(["b"], wait_s=0),
            state.lock([], wait_s=0),
            other.lock([], wait_s=0),
        ):
            pass

    def test_of_several_names_all_are_locked_or_none(self, state, other):
        with state.lock(["b"], wait_s=0):
            with pytest.raises(Busy), other.lock(["a", "b", "c"], wait_s=0):
                pytest.fail("It was not free.")
            with other.lock(["c", "a"], wait_s=0):
                pass

    def test_a_name_that_is_given_twice_is_one(self, state):
        with state.lock(["a", "a"], wait_s=0):
            pass

    def test_a_lock_is_free_after_a_failure_inside(self, state, other):
        with pytest.raises(ZeroDivisionError), state.lock(["a"], wait_s=0):
            raise ZeroDivisionError
        with other.lock(["a"], wait_s=0):
            pass

    def test_a_thread_waits_for_a_lock(self, state, other, pool):
        events, begins = [], Event()

        def wait():
            begins.set()
            with other.lock(["a"], wait_s=WAIT_S):
                events.append("locked")

        with state.lock(["a"], wait_s=0):
            waiting = pool.submit(wait)
            assert begins.wait(WAIT_S)
            events.append("unlocked")
        waiting.result(WAIT_S)
        assert events == ["unlocked", "locked"]

    def test_of_many_threads_one_is_inside(self, state, pool):
        inside, seen = [], []

        def enter(number):
            # In another order each time, which must not lead to a deadlock.
            names = ["a", "b", "c"][:: 1 if number % 2 else -1]
            with state.lock(names, wait_s=WAIT_S):
                inside.append(number)
                seen.append(list(inside))
                inside.remove(number)

        list(pool.map(enter, range(100)))
        assert sorted(seen) == [[number] for number in range(100)]

    # Failures

    def test_failures_are_counted(self, state, other, clock):
        assert state.failures(FAILED, "a") == Failures()
        assert state.add_failure(FAILED, "a") == Failures(1)
        clock.now += 5
        assert other.failures(FAILED, "a") == Failures(1, 5)
        assert other.add_failure(FAILED, "a") == Failures(2)
        assert state.failures(FAILED, "a") == Failures(2)
        assert state.failures(FAILED, "b") == Failures()

    def test_failures_are_taken_back(self, state, clock):
        for _ in range(3):
            state.add_failure(FAILED, "a")
        clock.now += 5
        state.remove_failures(FAILED, "a", 1)
        assert state.failures(FAILED, "a") == Failures(2, 5)
        state.remove_failures(FAILED, "a")
        assert state.failures(FAILED, "a") == Failures()
        state.add_failure(FAILED, "a")
        state.remove_failures(FAILED, "a", 5)
        state.remove_failures(FAILED, "a", 1)
        assert state.add_failure(FAILED, "a") == Failures(1)

    def test_failures_expire_after_the_last_one(self, state, clock):
        for _ in range(2):
            clock.now += 40
            state.add_failure(FAILED, "a")
        clock.now += 60
        assert state.failures(FAILED, "a") == Failures(2, 60)
        clock.now += 1
        assert state.failures(FAILED, "a") == Failures()
        assert state.add_failure(FAILED, "a") == Failures(1)

    def test_beyond_the_capacity_the_oldest_failures_are_dropped(self, state, clock):
        for key in ("a", "b", "c", "a", "d"):
            state.add_failure(FAILED, key)
            clock.now += 1
        assert [state.failures(FAILED, key).count for key in "abcd"] == [2, 0, 1, 1]

    def test_sets_of_counters_are_apart(self, state):
        another = CounterSet("others", lifetime_s=60.0, capacity=3)
        state.add_failure(FAILED, "a")
        assert state.add_failure(another, "a") == Failures(1)
        state.remove_failures(another, "a")
        assert state.failures(FAILED, "a") == Failures(1)

    def test_each_of_many_threads_counts(self, state, pool):
        counted = pool.map(lambda _: state.add_failure(FAILED, "a").count, range(200))
        assert sorted(counted) == list(range(1, 201))

    # Claims

    def test_a_name_is_claimed_once(self, state, other):
        assert state.claim(USED, ["a"]) == "a"
        assert other.claim(USED, ["a"]) is None
        assert state.claim(USED, ["a"]) is None
        assert other.claim(USED, ["a"], owner="another") is None

    def test_the_first_name_that_is_free_is_claimed(self, state, other):
        assert state.claim(USED, ["b", "a"]) == "b"
        assert other.claim(USED, ["b", "a"]) == "a"
        assert state.claim(USED, ["b", "a"]) is None
        assert state.claim(USED, []) is None

    def test_a_claim_expires(self, state, clock):
        state.claim(USED, ["a"])
        clock.now += 59
        assert state.claim(USED, ["a"]) is None
        clock.now += 1
        assert state.claim(USED, ["a"]) == "a"

    def test_at_the_capacity_a_claim_is_refused_until_one_expires(self, state, clock):
        for name in "abc":
            assert state.claim(USED, [name]) == name
            clock.now += 1
        assert state.claim(USED, ["d"]) is None
        clock.now += 57
        assert state.claim(USED, ["d"]) == "d"
        assert state.claim(USED, ["e"]) is None

    def test_at_the_capacity_a_claim_takes_the_place_of_the_oldest(self, state, clock):
        for number in range(5):
            state.claim(ROOMS, [str(number)], owner=str(number))
            clock.now += 1
        assert state.claim(ROOMS, ["4"], owner="a") is None
        assert state.claim(ROOMS, ["0"], owner="b") == "0"

    def test_beyond_its_share_an_owner_loses_its_oldest_claim(self, state, clock):
        for name in "abc":
            assert state.claim(ROOMS, [name], owner="one") == name
            clock.now += 1
        assert state.claim(ROOMS, ["b", "c"], owner="another") is None
        assert state.claim(ROOMS, ["a"], owner="another") == "a"

    def test_an_expired_claim_is_none_of_an_owners(self, state, clock):
        state.claim(ROOMS, ["a"], owner="one")
        clock.now += 30
        state.claim(ROOMS, ["b"], owner="one")
        clock.now += 30
        state.claim(ROOMS, ["c"], owner="one")
        assert state.claim(ROOMS, ["b", "c"], owner="another") is None

    def test_a_lease_is_renewed_by_its_owner_alone(self, state, other, clock):
        for _ in range(3):
            assert state.claim(LEASES, ["leader"], owner="one") == "leader"
            assert other.claim(LEASES, ["leader"], owner="another") is None
            clock.now += 59
        clock.now += 1
        assert other.claim(LEASES, ["leader"], owner="another") == "leader"
        assert state.claim(LEASES, ["leader"], owner="one") is None

    def test_a_lease_is_renewed_at_the_capacity_too(self, state):
        for name in "ab":
            state.claim(LEASES, [name], owner=name)
        assert state.claim(LEASES, ["c"], owner="c") is None
        assert state.claim(LEASES, ["a"], owner="a") == "a"

    def test_an_own_lease_goes_before_a_free_one(self, state):
        state.claim(LEASES, ["b"], owner="one")
        assert state.claim(LEASES, ["a", "b"], owner="one") == "b"
        assert state.claim(LEASES, ["a"], owner="another") == "a"

    def test_sets_of_claims_are_apart(self, state):
        state.claim(USED, ["a"])
        assert state.claim(LEASES, ["a"]) == "a"

    def test_of_many_threads_one_claims_a_name(self, state, pool):
        claimed = list(pool.map(lambda _: state.claim(USED, ["a"]), range(200)))
        assert sorted(filter(None, claimed)) == ["a"]

    def test_many_threads_claim_different_names(self, state, pool):
        claims = ClaimSet("many", lifetime_s=60.0, capacity=150)
        names = [str(number) for number in range(200)]
        claimed = [each for each in pool.map(lambda _: state.claim(claims, names), names) if each]
        assert len(claimed) == len(set(claimed)) == 150

    # Backlogs

    def test_a_backlog_holds_what_was_added_until_it_is_settled(self, state, other):
        state.add_to_backlog("switch", [ITEM, ALL])
        assert other.backlog("switch") == [ITEM, ALL]
        assert other.backlog("switch") == [ITEM, ALL]
        other.settle_backlog("switch", [ITEM])
        assert state.backlog("switch") == [ALL]
        state.settle_backlog("switch", [ITEM, ALL])
        assert state.backlog("switch") == []

    def test_an_item_that_was_added_anew_is_not_settled(self, state, other):
        state.add_to_backlog("switch", [ITEM])
        taken = state.backlog("switch")
        newer = BacklogItem("1000", "another process", 1)
        other.add_to_backlog("switch", [newer])
        state.settle_backlog("switch", taken)
        assert state.backlog("switch") == [newer]

    def test_an_extension_is_in_a_backlog_once_where_it_was_added_first(self, state):
        second = BacklogItem("1001", "process", 1)
        newer = BacklogItem("1000", "process", 2)
        state.add_to_backlog("switch", [ITEM, second])
        state.add_to_backlog("switch", [newer])
        assert state.backlog("switch") == [newer, second]

    def test_what_has_to_be_dropped_stays_so(self, state):
        state.add_to_backlog("switch", [BacklogItem("1000", "process", 1, forget=True)])
        state.add_to_backlog("switch", [BacklogItem("1000", "process", 2)])
        assert state.backlog("switch") == [BacklogItem("1000", "process", 2, forget=True)]

    def test_backlogs_of_switches_are_apart(self, state):
        state.add_to_backlog("switch", [ITEM])
        assert state.backlog("another") == []
        state.settle_backlog("another", [ITEM])
        assert state.backlog("switch") == [ITEM]

    def test_no_item_of_many_threads_is_lost(self, state, pool):
        items = [BacklogItem(str(number), "process", number) for number in range(200)]
        list(pool.map(lambda item: state.add_to_backlog("switch", [item]), items))
        assert sorted(state.backlog("switch"), key=lambda item: item.ticket) == items
        list(pool.map(lambda item: state.settle_backlog("switch", [item]), items))
        assert state.backlog("switch") == []

    # Names

    def test_any_text_is_a_name(self, state):
        with state.lock(TEXTS[1:], wait_s=0), state.lock(TEXTS[:1], wait_s=0):
            pass
        failed = CounterSet("texts", lifetime_s=60.0, capacity=100)
        assert [state.add_failure(failed, text).count for text in TEXTS] == [1] * len(TEXTS)
        claims = ClaimSet("texts", lifetime_s=60.0, capacity=100)
        assert [state.claim(claims, [text], owner=text) for text in TEXTS] == TEXTS
        items = [BacklogItem(text, "process") for text in TEXTS]
        state.add_to_backlog("\ud800", items)
        assert state.backlog("\ud800") == items
