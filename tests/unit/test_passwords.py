import math

from sipapp.model.passwords import generate_password, generate_pin


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
