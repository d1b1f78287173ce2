"""Whether FreeSWITCH has taken over a value: what it says, and what that may not betray."""

import logging
import time

import pytest

from sipapp.freeswitch.client import FreeSwitch
from sipapp.freeswitch.transport import Transport
from sipapp.freeswitch.values import PLACES
from sipapp.model.apply import Values
from sipapp.model.errors import SwitchUnreachable
from sipapp.model.extension import FIELD_NAMES, Extension
from sipapp.testing.fake_freeswitch import FakeFreeSwitch

SECRET = "S3cret-value"
DENIED = "-ERR permission denied"


class Direct(Transport):
    """Asks a fake FreeSWITCH without anything between, and records what was asked."""

    def __init__(self):
        self.switch = FakeFreeSwitch()
        self.asked = []
        self.pause = 0.0

    def command(self, command, *, timeout):
        self.asked.append(command)
        time.sleep(self.pause)
        return self.switch.answer(command) or "-ERR no reply\n"


@pytest.fixture
def transport():
    return Direct()


@pytest.fixture
def has(transport):
    """Make FreeSWITCH have 1000 with these values."""

    def has(**values):
        transport.switch.extensions = lambda: [Extension("1000", **values)]
        transport.switch.answer("reloadxml")

    has(password=SECRET, caller_id_name="Old")
    return has


def differ(transport, now=None, before=None, *, user="1000", domain="phone.test", timeout=5):
    values = {user: Values(now or {}, before or {})}
    found = FreeSwitch(transport).differences([user], domain, values, timeout=timeout)
    return {each: None if names is None else tuple(names) for each, names in found.items()}[user]


def test_every_field_has_a_place():
    assert PLACES.keys() == set(FIELD_NAMES)


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_each_field_is_compared(has, transport, name):
    has(**{name: "1234"})
    assert differ(transport, {name: "1234"}) == ()
    assert differ(transport, {name: "5678"}) == (name,)


def test_no_command_has_a_value(has, transport):
    differ(transport, {"password": SECRET, "caller_id_name": "New"}, {"password": "Old"})
    assert transport.asked[:4] == [
        "user_data 1000@phone.test attr type",
        "user_data 1000@phone.test attr id",
        "user_data 1000@phone.test param password",
        "user_data 1000@phone.test var effective_caller_id_name",
    ]
    for command in transport.asked:
        assert SECRET not in command
        assert "New" not in command


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("a  b", "a b"),
        ("a\tb\n", "a b "),
        (" padded ", "padded"),
        ("-ERR no reply", "-ERR no reply"),
        ("-ERR permission denied", "-ERR permission denied"),
        ("true", "true"),
        ("Zoë", "Zo"),
        ("Zoë", "Zoë"),
        ("\ud800", "?"),
        ("a,b[c]{d}", "a,b[c]{d}"),
        ("written $${by} hand", "written by hand"),
        ("a\u200bb", "ab"),
    ],
    ids=ascii,
)
def test_what_freeswitch_makes_of_a_value_is_no_false_alarm(has, transport, stored, told):
    transport.switch.answers["user_data 1000@phone.test var effective_caller_id_name"] = told
    assert differ(transport, {"caller_id_name": stored}, {"caller_id_name": "Old"}) == ()


@pytest.mark.parametrize("new", ["", "Zoë", "$${name}"])
def test_where_the_new_value_cannot_be_said_the_old_one_must_be_gone(has, transport, new):
    now = {"caller_id_name": new} if new else {}
    assert differ(transport, now, {"caller_id_name": "Old"}) == ("caller_id_name",)
    has(password=SECRET, caller_id_name="Other")
    assert differ(transport, now, {"caller_id_name": "Old"}) == ()
    has(password=SECRET)
    assert differ(transport, now, {"caller_id_name": "Old"}) == ()


def test_an_empty_value_may_be_answered_by_the_domains(has, transport):
    has(password=SECRET)
    transport.switch.domain_values["var", "toll_allow"] = "local"
    assert differ(transport, {}, {"toll_allow": "local"}) == ()


def test_a_value_that_was_emptied_and_is_not_the_domains_is_not_taken_over(has, transport):
    has(toll_allow="local")
    transport.switch.domain_values["var", "toll_allow"] = "international"
    assert differ(transport, {}, {"toll_allow": "local"}) == ("toll_allow",)


def test_what_it_keeps_in_its_cache_is_dropped_and_asked_for_again(has, transport):
    transport.switch.cached.add("1000")
    assert differ(transport, {"caller_id_name": "Old"}) == ()
    has(caller_id_name="New")
    assert differ(transport, {"caller_id_name": "New"}) == ()
    assert "xml_flush_cache id 1000 phone.test" in transport.asked


def test_a_user_who_answers_for_another_is_not_that_one(has, transport):
    # Such as by its number-alias.
    transport.switch.answers["user_data 1000@phone.test attr id"] = "1041"
    assert differ(transport, {"caller_id_name": "Old"}) == ("id",)


@pytest.mark.parametrize("denied", [DENIED, "-ERR user_data Command not found!\n"])
def test_what_it_does_not_tell_is_not_known(has, transport, denied, caplog):
    for what in ("attr type", "attr id", "var effective_caller_id_name"):
        transport.switch.answers[f"user_data 1000@phone.test {what}"] = denied
    with caplog.at_level(logging.WARNING):
        assert differ(transport, {"caller_id_name": "New"}) is None
    assert "Changes cannot be verified" in caplog.text


def test_an_account_that_may_not_read_data_finds_at_least_that_a_user_is_missing(transport):
    for what in ("attr type", "attr id"):
        transport.switch.answers[f"user_data 4711@phone.test {what}"] = DENIED
    assert differ(transport, user="4711") == ("id",)


def test_answers_get_into_no_log(has, transport, caplog):
    with caplog.at_level(logging.DEBUG):
        differ(transport, {"password": "Another-secret"}, {"password": SECRET})
    assert SECRET not in caplog.text
    assert "Another-secret" not in caplog.text


@pytest.mark.parametrize("user", ["", "1000;;version", "10 00"])
def test_an_odd_user_is_not_asked_for(has, transport, user):
    transport.asked.clear()
    with pytest.raises(ValueError, match="not a user and a domain"):
        differ(transport, user=user)
    assert transport.asked == []


def test_those_that_there_was_no_time_for_are_left_out(has, transport):
    transport.pause = 0.02
    users = [str(each) for each in range(1000, 1050)]
    found = FreeSwitch(transport).differences(users, "phone.test", {}, timeout=0.2)
    assert 0 < len(found) < len(users)
    transport.pause = 0.2
    with pytest.raises(SwitchUnreachable):
        FreeSwitch(transport).differences(users, "phone.test", {}, timeout=0.0)
