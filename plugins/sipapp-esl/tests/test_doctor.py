"""What the doctor hears of a login at Event Socket."""

import pytest

from sipapp.testing.fake_freeswitch import Account, FakeEventSocket
from sipapp_esl.client import Login
from sipapp_esl.plugin import EventSocket

PASSWORD = "event-socket-s3cret"


@pytest.fixture
def switch():
    with FakeEventSocket(password=PASSWORD) as switch:
        yield switch


def lines(login):
    found = list(EventSocket(login).diagnose(timeout=2))
    assert PASSWORD not in repr(found)
    return {line.check: line for line in found}


def test_the_own_password_may_do_anything(switch):
    found = lines(Login(switch.host, switch.port, PASSWORD))
    assert {line.level for line in found.values()} == {"ok"}
    assert "may do anything" in found["switch.account"].found
    assert "on this machine" in found["switch.event-socket"].found


@pytest.mark.parametrize(
    ("allowed", "level"), [(None, "warning"), (frozenset({"reloadxml"}), "ok")]
)
def test_an_account_and_what_it_may_do(switch, allowed, level):
    switch.accounts["sipapp@phone.test"] = Account(PASSWORD, allowed)
    line = lines(Login(switch.host, switch.port, PASSWORD, "sipapp@phone.test"))["switch.account"]
    assert line.level == level
    assert "sendmsg" in line.found + line.remedy
    assert ("esl-allowed-api" in line.remedy) is (level == "warning")


def test_an_account_that_cannot_be_asked(switch):
    with switch.off():
        found = lines(Login(switch.host, switch.port, PASSWORD, "sipapp@phone.test"))
    assert list(found) == ["switch.event-socket"]


@pytest.mark.parametrize("host", ["10.0.0.5", "pbx.test", "fd00::5"])
def test_a_password_that_crosses_the_network(host):
    line = lines(Login(host, 8021, PASSWORD))["switch.event-socket"]
    assert line.level == "warning"
    assert host in line.found
