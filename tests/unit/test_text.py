"""Texts of others, as one line; and the order of texts with numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipapp.model.text import natural_key, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ann", "Ann"),
        ("", ""),
        (" two\n  lines\t", "two lines"),
        ("\x1b[2Jx", "[2Jx"),
        ("left\u202eright", "left right"),
        ("bad\udcff", "bad\\udcff"),
        ("123456", "123456"),
        ("1234567", "123456…"),
        ("123456\x00\udcff", "123456…"),
    ],
)
def test_one_line(text, line):
    assert one_line(text, 6 if text.startswith("1") else 120) == line


@given(st.text(), st.integers(1, 50))
def test_every_text_becomes_a_line_that_can_be_sent(text, limit):
    line = one_line(text, limit)
    assert line.isprintable()
    assert line.encode("utf-8").decode("utf-8") == line
    assert len(line) <= limit + 1


def test_numbers_sort_as_numbers():
    names = ["x10", "x9", "1000", "X", "007", "", "8", "x", "x09"]
    assert sorted(names, key=natural_key) == ["", "007", "8", "1000", "X", "x", "x9", "x09", "x10"]
