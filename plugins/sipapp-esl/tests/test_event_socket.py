"""What an administrator sees of ``esl`` when FreeSWITCH does not do as it should."""

import logging
import socket
from contextlib import ExitStack, suppress

import pytest

from sipapp.api import (
    SwitchAccessDenied,
    SwitchConnectionRefused,
    SwitchContext,
    SwitchProtocolError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnreachable,
    SwitchWrongPassword,
)
from sipapp.testing.fake_freeswitch import HUGE, Account, FakeEventSocket
from sipapp.testing.listed_view import ListedView
from sipapp.testing.waiting import eventually
from sipapp_esl.client import Login
from sipapp_esl.plugin import EventSocket
from sipapp_esl.plugin import make_strategy as make

PASSWORD = "event-socket-s3cret"


@pytest.fixture
def switch():
    with FakeEventSocket(password=PASSWORD) as switch:
        yield switch


@pytest.fixture
def transport(switch):
    return EventSocket(Login(switch.host, switch.port, PASSWORD))


def strategy(switch, **options):
    given = {
        "host": switch.host,
        "port": switch.port,
        "user": "",
        "password": PASSWORD,
        "password_file": None,
        "timeout": 5.0,
    }
    return make(**given | options)


def test_only_the_expected_commands_reach_freeswitch(switch):
    switch.users = {"1000"}
    under_test = strategy(switch)
    under_test.start(SwitchContext("", ListedView(list)))
    assert under_test.reload(timeout=5) == "+OK [Success]"
    assert under_test.knows("1000", timeout=5) is True
    assert under_test.ping(timeout=5) == "FreeSWITCH 1.10.12-release"
    assert switch.logins == [f"auth {PASSWORD}"] * 5
    assert switch.commands == [
        "api reloadxml",
        "api global_getvar domain",
        "api user_exists id 1000 phone.test",
        "api user_data 1000@phone.test attr type",
        "api version short",
    ]


def test_a_wrong_password_is_reported_without_the_password(switch):
    switch.password = "changed"
    with pytest.raises(SwitchWrongPassword, match=r"event_socket\.conf\.xml") as caught:
        strategy(switch).reload(timeout=5)
    assert PASSWORD not in str(caught.value)
    assert switch.commands == []


def test_a_wrong_password_of_a_user_names_the_user(switch):
    switch.accounts["sipapp@phone.test"] = Account("changed")
    with pytest.raises(SwitchWrongPassword, match=r"sipapp@phone\.test.*esl-password"):
        strategy(switch, user="sipapp@phone.test").reload(timeout=5)


def test_the_access_list_is_reported(switch):
    switch.mode = "rude"
    with pytest.raises(SwitchAccessDenied, match="apply-inbound-acl"):
        strategy(switch).ping(timeout=5)


def test_nothing_listens(switch):
    with switch.off(), pytest.raises(SwitchConnectionRefused, match="mod_event_socket"):
        strategy(switch).ping(timeout=5)


@pytest.mark.parametrize("mode", ["silent", "stalled"])
def test_silence_ends_at_the_deadline(switch, mode):
    switch.mode = mode
    # It would be silent for ever.
    with pytest.raises(SwitchTimeout):
        strategy(switch).reload(timeout=0.3)


def test_an_answer_that_drips_does_not_move_the_deadline(switch):
    switch.mode = "slow"
    # The whole answer would come, after seconds.
    switch.pause = 0.05
    with pytest.raises(SwitchTimeout):
        strategy(switch).reload(timeout=0.3)


def test_a_slow_answer_within_the_limit_is_an_answer(switch):
    switch.mode = "slow"
    switch.pause = 0.001
    assert strategy(switch).reload(timeout=5) == "+OK [Success]"


@pytest.mark.parametrize("mode", ["cut", "garbage", "shutdown"])
def test_nonsense_is_never_success(switch, mode):
    switch.mode = mode
    with pytest.raises(SwitchProtocolError):
        strategy(switch).reload(timeout=5)


def test_a_huge_answer_arrives_whole(switch, transport):
    switch.mode = "huge"
    assert len(transport.command("reloadxml", timeout=5)) == HUGE
    with pytest.raises(SwitchProtocolError, match="unknown answer") as caught:
        strategy(switch).reload(timeout=5)
    assert len(str(caught.value)) < 1000


def test_bytes_are_counted_not_characters(switch, transport):
    switch.answers["version short"] = "Zoë €\n"
    assert transport.command("version short", timeout=5) == "Zoë €\n"


def test_an_empty_output_is_what_freeswitch_makes_of_it(switch, transport):
    switch.answers["global_getvar domain"] = ""
    assert transport.command("global_getvar domain", timeout=5) == "-ERR no reply\n"


def test_a_limited_account_that_may_not_reload_is_refused(switch):
    switch.accounts["sipapp@phone.test"] = Account(PASSWORD, frozenset({"version"}))
    limited = strategy(switch, user="sipapp@phone.test")
    assert limited.ping(timeout=5) == "FreeSWITCH 1.10.12-release"
    with pytest.raises(SwitchRefused, match="-ERR permission denied"):
        limited.reload(timeout=5)


def test_a_limited_account_that_may_not_verify_says_so_in_the_log(switch, caplog):
    switch.accounts["sipapp@phone.test"] = Account(PASSWORD, frozenset({"reloadxml"}))
    limited = strategy(switch, user="sipapp@phone.test")
    limited.start(SwitchContext("phone.test", ListedView(list)))
    assert limited.reload(timeout=5) == "+OK [Success]"
    with caplog.at_level(logging.WARNING):
        assert limited.knows("1000", timeout=5) is None
    assert "cannot be verified" in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("bad", ["\n", "\r", "\0", "\r\n\r\napi shutdown"])
def test_line_ends_never_reach_freeswitch(switch, transport, bad):
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        transport.command(f"user_exists id 1000{bad} phone.test", timeout=5)
    assert switch.logins == []


def test_ipv6_works_and_is_named_in_brackets():
    with FakeEventSocket(password=PASSWORD, host="::1") as switch:
        assert strategy(switch).reload(timeout=5) == "+OK [Success]"
    with pytest.raises(SwitchConnectionRefused, match=rf"\[::1\]:{switch.port}"):
        strategy(switch).reload(timeout=5)


def test_every_address_of_a_name_is_tried(switch):
    # localhost is ::1 too, where nothing listens on this port.
    assert strategy(switch, host="localhost").reload(timeout=5) == "+OK [Success]"


def test_a_name_that_does_not_resolve_is_reported(switch):
    with pytest.raises(SwitchUnreachable, match=r"'freeswitch\.invalid' cannot be resolved"):
        strategy(switch, host="freeswitch.invalid").reload(timeout=5)


def test_a_host_without_a_way_to_it_is_reported(switch):
    # A broadcast address: connect() fails at once, and not because of a refusal.
    with pytest.raises(SwitchUnreachable, match="cannot be reached") as caught:
        strategy(switch, host="255.255.255.255").reload(timeout=1)
    assert type(caught.value) is SwitchUnreachable


@pytest.fixture
def swallowing():
    """An address that answers no connection, not even by refusing it: its queue is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address


def test_an_address_that_swallows_connections_times_out(swallowing):
    with pytest.raises(SwitchTimeout, match="does not answer at all"):
        EventSocket(Login(*swallowing, PASSWORD)).command("reloadxml", timeout=0.3)


def test_an_address_that_swallows_connections_leaves_time_for_the_next(
    switch, swallowing, monkeypatch
):
    addresses = [swallowing, (switch.host, switch.port)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert strategy(switch, host="pbx.example.org").reload(timeout=1) == "+OK [Success]"


def test_no_connection_stays_open(switch):
    for mode in "normal", "cut", "shutdown", "garbage":
        switch.mode = mode
        for _ in range(3):
            with suppress(SwitchProtocolError):
                strategy(switch).ping(timeout=5)
    switch.mode = "stalled"
    with pytest.raises(SwitchTimeout):
        strategy(switch).ping(timeout=0.1)
    eventually(lambda: switch.connections == 0)


def test_many_extensions_are_asked_for_on_few_connections(switch):
    switch.users = {str(each) for each in range(2000, 2300)}
    under_test = strategy(switch)
    under_test.start(SwitchContext("phone.test", ListedView(list)))
    under_test.reload(timeout=5)
    switch.logins.clear()
    wanted = [str(each) for each in range(2000, 2301)]
    found = under_test.knows_each(wanted, timeout=20)
    assert found == {**dict.fromkeys(wanted, True), "2300": False}
    assert len(switch.logins) == 2
