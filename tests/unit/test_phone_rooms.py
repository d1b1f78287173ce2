"""Conference rooms that nobody else uses."""

import re

import pytest

from sipapp.phone.rooms import MAX_ROOMS, MAX_ROOMS_PER_EXTENSION, ROOM_RESERVATION_S, Rooms
from sipapp.state.memory import MemoryState


def test_two_digits_follow_a_prefix_of_digits(clock):
    assert re.fullmatch("30[0-9]{2}", Rooms("30", MemoryState(clock)).reserve("1000", ()))


@pytest.mark.parametrize("prefix", ["room-", "*30", "conf"])
def test_letters_and_digits_follow_another(clock, prefix):
    rooms = Rooms(prefix, MemoryState(clock))
    given = {rooms.reserve(str(each), ()) for each in range(50)}
    assert len(given) == 50
    assert all(re.fullmatch(re.escape(prefix) + "[a-z0-9]{8}", room) for room in given)


def test_neither_a_room_in_use_nor_one_given_lately(clock):
    rooms = Rooms("30", MemoryState(clock))
    in_use = {f"30{each:02}" for each in range(90)}
    given = [rooms.reserve(str(each), in_use) for each in range(11)]
    assert set(given[:10]) == {f"30{each}" for each in range(90, 100)}
    assert given[10] is None
    clock.now += ROOM_RESERVATION_S
    assert rooms.reserve("1000", in_use) in given


def test_one_extension_does_not_get_all(clock):
    rooms = Rooms("30", MemoryState(clock))
    in_use = {f"30{each:02}" for each in range(100 - MAX_ROOMS_PER_EXTENSION - 1)}
    for _ in range(300):
        assert rooms.reserve("1000", in_use) is not None
    assert rooms.reserve("1001", in_use) is not None
    assert rooms.reserve("1002", in_use) is None


def test_beyond_its_share_an_extension_loses_its_oldest_room(clock):
    rooms = Rooms("30", MemoryState(clock))
    given = [rooms.reserve("abc", ()) for _ in range(MAX_ROOMS_PER_EXTENSION + 1)]
    others = {f"30{each:02}" for each in range(100)}
    assert rooms.reserve("1001", others - {given[1]}) is None
    assert rooms.reserve("1001", others - {given[0]}) == given[0]
    assert rooms.reserve("ABC", others - {given[1]}) == given[1]


def test_a_reservation_expires(clock):
    rooms = Rooms("30", MemoryState(clock))
    first = rooms.reserve("1000", ())
    others = {f"30{each:02}" for each in range(100)} - {first}
    clock.now += ROOM_RESERVATION_S - 1
    assert rooms.reserve("1001", others) is None
    clock.now += 1
    assert rooms.reserve("1001", others) == first


def test_beyond_so_many_reservations_the_oldest_is_dropped(clock):
    state = MemoryState(clock)
    first = Rooms("30", state).reserve("1000", ())
    others = {f"30{each:02}" for each in range(100)} - {first}
    rooms = Rooms("room-", state)
    for each in range(MAX_ROOMS - 1):
        rooms.reserve(str(each), ())
    assert Rooms("30", state).reserve("1001", others) == first
    assert Rooms("30", state).reserve("1002", others) is None
