"""Values of parameters as FreeSWITCH takes them."""

import pytest

from sipapp.freeswitch.api import is_true


@pytest.mark.parametrize(
    "value", ["yes", "ON", "true", "t", "enabled", "active", "allow", "1", "2.5"]
)
def test_true(value):
    assert is_true(value)


@pytest.mark.parametrize("value", ["", "no", "off", "false", "enable", "0", "0.9", "-0", "y", "."])
def test_not_true(value):
    assert not is_true(value)
