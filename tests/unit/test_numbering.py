"""The rules by which numbers are dialled in each country."""

import re
from pathlib import Path

import pytest

from sipapp.settings.numbering import NUMBERING, Numbering

PHONE = Path(__file__).parents[2] / "src/web/phone/model/numbers/country-codes.ts"


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


def test_the_phone_reads_the_code_of_each_country():
    code_of = of_phone(r"const CODE =\s*/(.+)/;")
    for rules in NUMBERING.values():
        assert re.match(code_of, f"{rules.code}0123456789").group() == rules.code


def test_the_phone_knows_the_trunk_prefixes_of_all_countries():
    others = dict(re.findall(r"(\d+): '(\d+)'", of_phone(r"(?s)const OTHER_TRUNKS.+?\{(.+?)\};")))
    # A trunk prefix of 1 is not written behind the code. That of Lithuania was 8 before.
    assert others == {"370": "8"} | {
        rules.code: rules.trunk for rules in NUMBERING.values() if rules.trunk not in {"", "0", "1"}
    }


def test_the_phone_keeps_a_leading_zero_only_where_it_is_no_trunk_prefix():
    leading_zero = of_phone(r"const LEADING_ZERO = /(.+)/;")
    codes = {each.code for each in NUMBERING.values() if re.match(leading_zero, each.code)}
    assert {"39", "225"} <= codes
    # Gabon has numbers of both kinds: older ones begin with 0, newer ones have a trunk prefix.
    assert {each.code for each in NUMBERING.values() if each.code in codes and each.trunk} == {
        "241"
    }


def of_phone(pattern):
    """What a pattern finds in the phone's table of country codes."""
    return re.search(pattern, PHONE.read_text(encoding="utf-8")).group(1)
