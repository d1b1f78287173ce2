"""Conference rooms that nobody else uses."""

import re

import pytest

from sipapp.phone.rooms import MAX_ROOMS_PER_EXTENSION, ROOM_RESERVATION_S, Rooms


def test_two_digits_follow_a_prefix_of_digits(clock):
    assert re.fullmatch("30[0-9]{2}", Rooms("30", clock).reserve("1000", ()))


@pytest.mark.parametrize("prefix", ["room-", "*30", "conf"])
def test_letters_and_digits_follow_another(clock, prefix):
    rooms = Rooms(prefix, clock)
    given = {rooms.reserve(str(each), ()) for each in range(50)}
    assert len(given) == 50
    assert all(re.fullmatch(re.escape(prefix) + "[a-z0-9]{8}", room) for room in given)


def test_neither_a_room_in_use_nor_one_given_lately(clock):
    rooms = Rooms("30", clock)
    in_use = {f"30{each:02}" for each in range(90)}
    given = [rooms.reserve(str(each), in_use) for each in range(11)]
    assert set(given[:10]) == {f"30{each}" for each in range(90, 100)}
    assert given[10] is None
    clock.now += ROOM_RESERVATION_S
    assert rooms.reserve("1000", in_use) in given


def test_one_extension_does_not_get_all(clock):
    rooms = Rooms("30", clock)
    for _ in range(300):
        assert rooms.reserve("1000", ()) is not None
    assert len(rooms) == MAX_ROOMS_PER_EXTENSION
    assert rooms.reserve("1001", ()) is not None


def test_an_expired_reservation_does_not_count(clock):
    rooms = Rooms("30", clock)
    for _ in range(MAX_ROOMS_PER_EXTENSION):
        rooms.reserve("1000", ())
    clock.now += ROOM_RESERVATION_S
    rooms.reserve("1001", ())
    assert len(rooms) == 1
    rooms.reserve("1000", ())
    assert len(rooms) == 2


def test_reservations_are_bounded(clock):
    rooms = Rooms("30", clock, capacity=5)
    given = [rooms.reserve(str(each), ()) for each in range(8)]
    assert len(rooms) == 5
    in_use = {f"30{each:02}" for each in range(100)} - {given[0], given[-1]}
    assert rooms.reserve("1000", in_use) == given[0]
