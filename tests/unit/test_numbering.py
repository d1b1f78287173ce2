"""The rules by which numbers are dialled in each country."""

import re

import pytest

from sipapp.settings.numbering import NUMBERING, Numbering


@pytest.mark.parametrize(
    ("country", "rules"),
    [
        ("DE", ("49", "0", "00", 5, 13)),
        ("GB", ("44", "0", "00", 5, 13)),
        ("US", ("1", "1", "011", 10, 10)),
        ("CA", ("1", "1", "011", 10, 10)),
        ("FR", ("33", "0", "00", 5, 13)),
        ("IT", ("39", "", "00", 6, 11)),
        ("ES", ("34", "", "00", 9, 9)),
        ("AU", ("61", "0", "0011", 5, 13)),
        ("JP", ("81", "0", "010", 5, 13)),
        ("RU", ("7", "8", "810", 10, 10)),
        ("HU", ("36", "06", "00", 8, 9)),
        ("HK", ("852", "", "001", 8, 8)),
    ],
)
def test_a_country(country, rules):
    assert NUMBERING[country] == Numbering(*rules)


def test_all_countries_have_rules_that_fit_together():
    assert len(NUMBERING) >= 200
    codes = {rules.code for rules in NUMBERING.values()}
    for country, rules in NUMBERING.items():
        assert re.fullmatch("[A-Z]{2}", country)
        assert re.fullmatch(r"[1-9]\d{0,2}", rules.code)
        assert re.fullmatch(r"|0|06|1|8", rules.trunk)
        assert re.fullmatch(r"0\d{0,3}|810|119", rules.international)
        assert 5 <= rules.shortest <= rules.longest <= 15 - len(rules.code)
        # No code is the beginning of another one.
        assert not [code for code in codes if code != rules.code and code.startswith(rules.code)]
