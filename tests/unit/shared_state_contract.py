"""What every implementation of the shared state must do."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sipapp.state.shared import BacklogItem, Busy, ClaimSet, CounterSet

FAILED = CounterSet("failed log-ins", lifetime_s=60.0, capacity=3, free=2, max_delay_s=16.0)
ALLOWED = CounterSet("others", lifetime_s=60.0, capacity=100, free=50, max_delay_s=16.0)
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

    # Attempts

    def test_after_the_free_attempts_each_further_one_doubles_the_delay(self, state, other, clock):
        assert [each.attempt([(FAILED, "a")]) for each in (state, other)] == [0, 0]
        delays = []
        for _ in range(7):
            delays.append(other.attempt([(FAILED, "a")]))
            clock.now += delays[-1]
            assert state.attempt([(FAILED, "a")]) == 0
        assert delays == [1, 2, 4, 8, 16, 16, 16]
        assert state.attempt([(FAILED, "b")]) == 0

    def test_an_attempt_that_came_too_early_is_not_counted(self, state, clock):
        for _ in range(2):
            state.attempt([(FAILED, "a")])
        for _ in range(10):
            assert state.attempt([(FAILED, "a")]) == 1
        clock.now += 0.75
        assert state.attempt([(FAILED, "a")]) == 0.25
        clock.now += 0.25
        assert state.attempt([(FAILED, "a")]) == 0

    def test_very_many_attempts_do_not_overflow(self, state, clock):
        for _ in range(1100):
            clock.now += 16
            assert state.attempt([(FAILED, "a")]) == 0
        assert state.attempt([(FAILED, "a")]) == 16

    def test_an_attempt_counts_in_all_its_counters_or_in_none(self, state, other):
        for _ in range(2):
            assert state.attempt([(FAILED, "a"), (ALLOWED, "b")]) == 0
        for _ in range(100):
            assert other.attempt([(ALLOWED, "b"), (FAILED, "a")]) == 1
        # 48 of 50 are left.
        assert [state.attempt([(ALLOWED, "b")]) for _ in range(49)] == [0] * 48 + [1]

    def test_the_longest_delay_counts(self, state, clock):
        for key, attempts in (("a", 2), ("b", 3)):
            for _ in range(attempts):
                clock.now += 16
                assert state.attempt([(FAILED, key)]) == 0
        assert state.attempt([(FAILED, "a"), (FAILED, "b")]) == 2

    def test_without_a_counter_nothing_delays(self, state):
        assert state.attempt([]) == 0

    def test_attempts_expire_after_the_last_one(self, state, clock):
        for _ in range(2):
            state.attempt([(FAILED, "a")])
        clock.now += 60
        assert state.attempt([(FAILED, "a")]) == 0
        assert state.attempt([(FAILED, "a")]) == 2
        clock.now += 61
        assert [state.attempt([(FAILED, "a")]) for _ in range(3)] == [0, 0, 1]

    def test_an_attempt_that_is_taken_back_leaves_nothing(self, state, other, clock):
        for _ in range(10):
            assert state.attempt([(FAILED, "a"), (ALLOWED, "a")]) == 0
            other.take_back([(FAILED, "a"), (ALLOWED, "a")])
        assert [state.attempt([(FAILED, "a")]) for _ in range(3)] == [0, 0, 1]
        assert [state.attempt([(ALLOWED, "a")]) for _ in range(51)] == [0] * 50 + [1]

    def test_after_an_attempt_that_is_taken_back_no_further_delay_begins(self, state, clock):
        for delay in (0, 0, 1, 2, 4):
            clock.now += delay
            assert state.attempt([(FAILED, "a")]) == 0
        clock.now += 8
        for _ in range(3):
            assert state.attempt([(FAILED, "a")]) == 0
            state.take_back([(FAILED, "a")])
        clock.now += 53
        # Expired: an attempt that was taken back does not prolong it either.
        assert [state.attempt([(FAILED, "a")]) for _ in range(3)] == [0, 0, 1]

    def test_what_was_not_counted_is_not_taken_back(self, state):
        state.take_back([(FAILED, "a"), (FAILED, "b")])
        assert [state.attempt([(FAILED, "a")]) for _ in range(3)] == [0, 0, 1]

    def test_a_counter_is_reset(self, state, other):
        for key in "aab":
            state.attempt([(FAILED, key)])
        for key in "ac":
            other.reset((FAILED, key))
        assert [state.attempt([(FAILED, "a")]) for _ in range(3)] == [0, 0, 1]
        assert [state.attempt([(FAILED, "b")]) for _ in range(2)] == [0, 1]

    def test_beyond_the_capacity_the_oldest_counters_are_dropped(self, state, clock):
        for key in "aabcad":
            clock.now += 16
            assert state.attempt([(FAILED, key)]) == 0
        assert [state.attempt([(FAILED, key)]) for key in "ac"] == [0, 0]
        assert [state.attempt([(FAILED, key)]) for key in "ac"] == [4, 1]
        # As if it had never been tried.
        assert [state.attempt([(FAILED, "b")]) for _ in range(3)] == [0, 0, 1]

    def test_sets_of_counters_are_apart(self, state):
        for _ in range(2):
            state.attempt([(FAILED, "a")])
        assert state.attempt([(ALLOWED, "a")]) == 0
        state.reset((ALLOWED, "a"))
        assert state.attempt([(FAILED, "a")]) == 1

    def test_of_many_attempts_at_once_only_the_free_ones_are_counted(self, state, pool):
        delays = pool.map(lambda _: state.attempt([(FAILED, "a"), (ALLOWED, "a")]), range(200))
        assert sorted(delays) == [0] * 2 + [1] * 198
        delays = pool.map(lambda _: state.attempt([(ALLOWED, "a")]), range(200))
        assert sorted(delays) == [0] * 48 + [1] * 152

    def test_many_threads_take_back_what_they_counted(self, state, pool):
        def attempt(_):
            delay = state.attempt([(ALLOWED, "a")])
            state.take_back([(ALLOWED, "a")])
            return delay

        assert set(pool.map(attempt, range(200))) == {0}
        assert [state.attempt([(ALLOWED, "a")]) for _ in range(51)] == [0] * 50 + [1]

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

    def test_the_claims_of_an_owner_are_listed_the_oldest_first(self, state, other, clock):
        assert state.claimed(USED, "one") == []
        for name, owner in (("b", "one"), ("a", "one"), ("c", "")):
            state.claim(USED, [name], owner=owner)
            clock.now += 1
        assert other.claimed(USED, "one") == ["b", "a"]
        assert other.claimed(USED) == ["c"]
        assert other.claimed(LEASES, "one") == []
        clock.now += 57
        assert state.claimed(USED, "one") == ["a"]

    def test_a_renewed_lease_is_the_newest(self, state):
        for name in "aba":
            state.claim(LEASES, [name], owner="one")
        assert state.claimed(LEASES, "one") == ["b", "a"]

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
        state.add_to_backlog("switch", [BacklogItem("1000", "process", 3, new_pin=True)])
        both = BacklogItem("1000", "process", 4, forget=True, new_pin=True)
        state.add_to_backlog("switch", [BacklogItem("1000", "process", 4)])
        assert state.backlog("switch") == [both]

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
        failed = CounterSet("texts", lifetime_s=60.0, capacity=100, free=1, max_delay_s=16.0)
        for delay in (0, 1):
            assert [state.attempt([(failed, text)]) for text in TEXTS] == [delay] * len(TEXTS)
        claims = ClaimSet("texts", lifetime_s=60.0, capacity=100)
        assert [state.claim(claims, [text], owner=text) for text in TEXTS] == TEXTS
        assert [state.claimed(claims, text) for text in TEXTS] == [[text] for text in TEXTS]
        items = [BacklogItem(text, "process") for text in TEXTS]
        state.add_to_backlog("\ud800", items)
        assert state.backlog("\ud800") == items
