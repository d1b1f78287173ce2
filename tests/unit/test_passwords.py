import math

import pytest

from sipapp.model.passwords import (
    generate_password,
    generate_pin,
    password_weakness,
    pin_weakness,
)


def test_passwords_are_long_different_and_easy_to_type():
    made = [generate_password() for _ in range(500)]
    assert len(set(made)) == len(made)
    assert {len(each) for each in made} == {20}
    characters = set("".join(made))
    assert all(each.isascii() and each.isalnum() for each in characters)
    assert not characters & set("0O1lI")
    assert 20 * math.log2(len(characters)) > 112


def test_pins_are_six_digits_with_leading_zeros():
    made = [generate_pin() for _ in range(500)]
    assert all(len(each) == 6 and each.isdigit() for each in made)
    assert any(each.startswith("0") for each in made)
    assert len(set(made)) > 450


@pytest.mark.parametrize(
    ("password", "user", "reason"),
    [
        ("simple", "1000", "fewer than 8 characters"),
        ("1000", "1000", "the extension itself"),
        ("Front-Desk", "front-desk", "the extension itself"),
        ("1234567", "1000", "fewer than 8 characters"),
        ("horsecart", "1000", "letters only"),
        ("aaaaaaaa1111", "1000", "repeats a few characters"),
        ("1000pass1000", "1000", "little more than the extension itself"),
        ("135792468013", "1000", "digits only"),
        ("Password2024!", "1000", "one of the first that are tried"),
        ("freeswitch-1234", "1000", "one of the first that are tried"),
        ("kR7-fgWq9", "1000", ""),
        ("correct horse battery staple", "1000", ""),
        ("13579246801357924680", "1000", ""),
    ],
)
def test_a_weak_password_is_told(password, user, reason):
    said = password_weakness(password, user)
    assert reason in said
    assert bool(said) is bool(reason)
    assert not said or said.startswith("Weak password: it ")
    assert password not in said


def test_what_the_server_makes_is_not_weak():
    assert not any(password_weakness(generate_password(), "1000") for _ in range(200))


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("1", "fewer than 4 digits"),
        ("1000", "the extension itself"),
        ("7777", "one of the first"),
        ("123456", "one of the first"),
        ("4321", "one of the first"),
        ("4711", ""),
    ],
)
def test_a_weak_pin_is_told(pin, reason):
    said = pin_weakness(pin, "1000")
    assert reason in said
    assert bool(said) is bool(reason)
