"""Texts of others, as one line; and the order of texts with numbers."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipapp.model.text import INVISIBLE, invisible_error, natural_key, one_line

PHONE = Path(__file__).parents[2] / "src/web/phone/model/text.ts"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ann", "Ann"),
        ("", ""),
        (" two\n  lines\t", "two lines"),
        ("\x1b[2Jx", "[2Jx"),
        ("left\u202eright", "left\\u202eright"),
        ("a\u3164b\U000e0041", "a\\u3164b\\U000e0041"),
        ("a\u00adb", "a\\xadb"),
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
    assert not INVISIBLE.search(line)
    assert line.encode("utf-8").decode("utf-8") == line
    assert len(line) <= limit + 1


def test_the_phone_removes_the_same_characters():
    source = PHONE.read_text(encoding="utf-8")
    (given,) = re.findall(r"/\[\\p\{Cc\}(.*)\]/gu", source)
    as_python = re.sub(r"\\u\{([0-9A-F]+)\}", lambda each: rf"\U{each[1]:>08}", given)
    phone = re.compile(f"[{as_python}]")
    everything = "".join(chr(code) for code in range(0x110000))
    line_ends = {"\u2028", "\u2029"}
    assert set(phone.findall(everything)) == {*INVISIBLE.findall(everything), *line_ends}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë क्\u200dष \u0639\u200c\u0631 👩\u200d🚀", None),
        ("Ann\u202eknaB", "U+202E (right-to-left override) behind “Ann”"),
        ("\ufeffAnn", "U+FEFF (zero width no-break space) at the beginning"),
        (f"{'x' * 100}\U000e0041", f"(tag latin capital letter a) behind “{'x' * 20}”"),
        ("a\u2065", "U+2065 (no name) behind “a”"),
    ],
)
def test_an_invisible_character_is_named_with_its_place(text, words):
    error = invisible_error(text)
    assert (error is None) is (words is None)
    assert words is None or words in error


def test_numbers_sort_as_numbers():
    names = ["x10", "x9", "1000", "X", "007", "", "8", "x", "x09"]
    assert sorted(names, key=natural_key) == ["", "007", "8", "1000", "X", "x", "x9", "x09", "x10"]
