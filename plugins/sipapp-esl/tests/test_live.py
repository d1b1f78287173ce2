"""What the subscription knows, told by a switch that says what FreeSWITCH was recorded to say."""

import json
import threading
import time
from pathlib import Path

import pytest

from sipapp.api import SwitchContext, SwitchRefused
from sipapp.testing.fake_freeswitch import Account, FakeEventSocket
from sipapp.testing.listed_view import ListedView
from sipapp.testing.live_status import status_of
from sipapp.testing.waiting import eventually
from sipapp_esl import subscription
from sipapp_esl.plugin import make_strategy

PASSWORD = "event-socket-s3cret"
RECORDED = Path(__file__).with_name("recorded")
REGISTRATIONS = "sofia xmlstatus profile internal reg"
CHANNELS = "show channels as json"


def recorded(name):
    lines = (RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def switch():
    with FakeEventSocket(password=PASSWORD) as switch:
        yield switch


@pytest.fixture
def make(switch, monkeypatch):
    # Events are not lost on a machine that takes longer to subscribe.
    monkeypatch.setattr(subscription, "FIRST_SNAPSHOT_WAIT_S", 60.0)
    made = []

    def make(**options):
        given = {"host": switch.host, "port": switch.port, "user": "", "password": PASSWORD}
        made.append(make_strategy(**given | options, password_file=None, timeout=5.0))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def strategy(make):
    return make()


@pytest.fixture
def hasty(monkeypatch):
    """Everything that takes its time takes a twentieth of it."""
    for name in "ANSWER_TIMEOUT_S", "PROBE_AFTER_S", "SNAPSHOT_DELAY_S":
        monkeypatch.setattr(subscription, name, getattr(subscription, name) / 20)
    monkeypatch.setattr(subscription, "RECONNECT_PAUSES_S", (0.02, 0.1))


@pytest.fixture
def snapshot(switch):
    """FreeSWITCH has the recorded registrations, 1000 and 1001, and the recorded call."""
    switch.answers[REGISTRATIONS] = (RECORDED / "xmlstatus_reg.xml").read_text()
    switch.answers[CHANNELS] = (RECORDED / "show_channels.json").read_text()


def look(strategy):
    """All that the strategy tells now."""
    return status_of(strategy.live())


def registered(strategy):
    return sorted(each.extension for each in look(strategy).registrations or ())


def publish(switch, events):
    for event in events:
        switch.publish(event)


# The snapshot


def test_it_subscribes_before_it_takes_the_snapshot(switch, strategy):
    assert switch.logins == []  # nobody looked
    assert look(strategy).fresh
    assert switch.commands == [
        (
            "event json CHANNEL_CREATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_BRIDGE "
            "CHANNEL_UNBRIDGE CHANNEL_HANGUP_COMPLETE "
            "CUSTOM sofia::register sofia::unregister sofia::expire"
        ),
        f"api {REGISTRATIONS}",
        f"api {CHANNELS}",
    ]


def test_a_snapshot_has_phones_and_calls(switch, snapshot, strategy):
    before = time.time()
    status = look(strategy)
    first, second = status.registrations
    assert (first.extension, first.domain) == ("1000", "127.0.0.2")
    assert (first.address, first.transport) == ("127.0.0.1:47950", "WS")
    assert first.user_agent == "JsSIP 3.13.8"
    assert first.since is None
    assert before + 177 <= first.expires <= time.time() + 177
    assert second.extension == "1001"
    (call,) = status.calls
    assert (call.caller, call.callee, call.state) == ("1000", "1001", "active")
    assert (call.since, call.codec) == (1795406654, "opus")
    assert call.extensions == ("1000", "1001")


def test_a_hundred_viewers_cost_no_command_and_no_thread(switch, snapshot, strategy):
    status = look(strategy)
    commands, threads = list(switch.commands), threading.active_count()
    assert all(look(strategy) == status for _ in range(100))
    assert switch.commands == commands
    assert threading.active_count() == threads


# Events


def test_a_phone_registers_registers_again_and_goes(switch, strategy):
    look(strategy)
    event = recorded("register")[0]
    switch.publish(event)
    eventually(lambda: registered(strategy))
    (registration,) = look(strategy).registrations
    at = int(event["Event-Date-Timestamp"]) / 1e6
    assert registration.since == at
    assert registration.expires == at + int(event["expires"]) + 60

    refresh = recorded("refresh")
    publish(switch, refresh)
    eventually(
        lambda: any(each.expires > registration.expires for each in look(strategy).registrations)
    )
    (again,) = [each for each in look(strategy).registrations if each.id == registration.id]
    assert again.since == at

    publish(switch, [{**recorded("socket_closed")[0], "call-id": event["call-id"]}])
    eventually(lambda: not registered(strategy))


def test_what_events_change_is_found_by_id_in_its_domain(switch, strategy, snapshot):
    strategy.start(SwitchContext("phone.test", ListedView(list), domains=("", "branch.example")))
    look(strategy)
    new = {**recorded("register")[0], "call-id": "another", "from-host": "branch.example"}
    publish(switch, [new])
    eventually(lambda: len(registered(strategy)) == 3)
    view = strategy.live()
    (found,) = view.registrations_of(["1000@branch.example"])["1000@branch.example"]
    assert found.call_id == "another"
    assert len(view.registrations_of(["1000"])["1000"]) == 1
    publish(switch, [{**new, "user-agent": "Yealink"}])
    eventually(lambda: strategy.live().registration(found.id).user_agent == "Yealink")
    assert view.registration(found.id).user_agent == "JsSIP 3.13.8"  # as it was given
    publish(switch, [{**recorded("socket_closed")[0], "call-id": "another"}])
    eventually(lambda: registered(strategy) == ["1000", "1001"])


def test_a_snapshot_that_tells_nothing_new_leaves_the_version(switch, strategy, snapshot, hasty):
    switch.answers[REGISTRATIONS] = switch.answers[REGISTRATIONS].replace(" expsecs(177)", "")
    version = strategy.live().version
    publish(switch, [{**recorded("unregister")[0], "call-id": "never seen"}])  # asks for one
    eventually(lambda: switch.commands.count(f"api {REGISTRATIONS}") == 2)
    eventually(lambda: switch.commands.count(f"api {CHANNELS}") == 2)
    assert strategy.live().version == version
    publish(switch, [{**recorded("register")[0], "call-id": "new"}])
    eventually(lambda: strategy.live().version != version)


@pytest.mark.parametrize("how", ["unregister", "socket_closed", "flush", "natural_expiry"])
def test_every_way_to_go_is_known(switch, strategy, how):
    (gone,) = recorded(how)
    look(strategy)
    publish(switch, [{**recorded("register")[0], "call-id": gone["call-id"]}])
    eventually(lambda: registered(strategy))
    publish(switch, [gone])
    eventually(lambda: not registered(strategy))
    assert switch.commands.count(f"api {REGISTRATIONS}") == 1  # the event was enough


def test_another_profile_is_not_ours(switch, strategy):
    look(strategy)
    publish(switch, [{**recorded("register")[0], "profile-name": "external"}])
    publish(switch, recorded("call")[:1])
    eventually(lambda: look(strategy).calls)
    assert registered(strategy) == []


def test_a_second_phone_in_the_place_of_the_first_is_found_by_a_snapshot(
    switch, strategy, snapshot, hasty
):
    # No event tells that the first is gone when multiple-registrations is off.
    look(strategy)
    new = {**recorded("register")[0], "call-id": "another", "from-user": "1001"}
    publish(switch, [new])
    rows = (RECORDED / "xmlstatus_reg.xml").read_text()
    head, _, rest = rows.partition("    <registration>\n")
    first, _, _ = rest.partition("    <registration>\n")
    switch.answers[REGISTRATIONS] = (
        f"{head}    <registration>\n{first}  </registrations>\n</profile>\n"
    )
    eventually(lambda: [each.call_id for each in look(strategy).registrations][1:] == ["another"])
    assert registered(strategy) == ["1000", "1001"]


def test_a_snapshot_that_lags_behind_does_not_bring_back_who_has_gone(
    switch, strategy, snapshot, hasty
):
    look(strategy)
    (first, _) = look(strategy).registrations
    gone = {**recorded("socket_closed")[0], "call-id": first.call_id}
    unknown = {**recorded("unregister")[0], "call-id": "never seen"}  # asks for a snapshot
    publish(switch, [gone, unknown])
    eventually(lambda: switch.commands.count(f"api {REGISTRATIONS}") == 2)
    eventually(lambda: switch.commands.count(f"api {CHANNELS}") == 2)
    assert registered(strategy) == ["1001"]


@pytest.mark.parametrize(
    ("name", "upto", "expected"),
    [
        ("call", 1, [("1000", "1001", "dialing")]),
        ("call", 4, [("1000", "1001", "ringing")]),
        ("call", 10, [("1000", "1001", "active")]),
        ("call", 11, [("1000", "1001", "held")]),
        ("call", 13, [("1000", "1001", "active")]),
        ("call", 18, []),
        ("declined", 11, []),
        ("cancelled", 9, []),
        ("transfer", 5, [("1000", "1001", "active")]),
        ("transfer", 10, [("1001", "1002", "active")]),
        ("transfer", 13, []),
    ],
)
def test_calls_as_they_were_recorded(switch, strategy, name, upto, expected):
    look(strategy)
    publish(switch, recorded(name)[:upto])

    def told():
        return [(call.caller, call.callee, call.state) for call in look(strategy).calls]

    publish(switch, recorded("register"))  # what is told after it has been taken
    eventually(lambda: registered(strategy))
    assert told() == expected


def test_a_call_has_its_codec_and_who_takes_part(switch, strategy):
    look(strategy)
    publish(switch, recorded("call")[:10])
    eventually(lambda: look(strategy).calls and look(strategy).calls[0].state == "active")
    (call,) = look(strategy).calls
    assert (call.since, call.codec) == (1795406415, "opus")
    assert call.extensions == ("1000", "1001")


def test_without_manage_presence_who_calls_is_known_by_the_channel(switch, strategy):
    look(strategy)
    events = [
        {**each, "Channel-Presence-ID": "", "Channel-Name": "sofia/internal/1000@127.0.0.2"}
        for each in recorded("call")[:10]
        if each["Call-Direction"] == "inbound"
    ]
    publish(switch, events)
    eventually(lambda: look(strategy).calls and look(strategy).calls[0].state == "active")
    assert look(strategy).calls[0].extensions == ("1000",)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "[" * 30_000,
        "{}",
        '{"Event-Name": 5}',
        '{"Event-Name": "CHANNEL_CREATE"}',
        '{"Event-Name": "CHANNEL_CREATE", "Unique-ID": "<b>"}',
        '{"Event-Name": "CUSTOM", "Event-Subclass": "sofia::register"}',
        '{"Event-Name": "CUSTOM", "Event-Subclass": ["a"], "call-id": {"a": 1}}',
    ],
)
def test_garbage_costs_itself_alone(switch, strategy, garbage):
    look(strategy)
    switch.publish(garbage)
    publish(switch, recorded("register"))
    eventually(lambda: registered(strategy))
    assert look(strategy).fresh
    assert look(strategy).calls == ()


def test_what_a_phone_sends_is_one_plain_line(switch, strategy):
    look(strategy)
    bad = "evil\r\n\x00\x1b[31m\u202e<script>alert(1)</script>" + "x" * 5000
    event = recorded("register")[0] | {"user-agent": bad, "contact": bad, "network-ip": bad}
    switch.publish(event)
    eventually(lambda: registered(strategy))
    (registration,) = look(strategy).registrations
    assert registration.user_agent.isprintable()
    assert len(registration.user_agent) <= 121
    assert registration.address.isprintable()
    assert registration.transport == "UDP"


# The switch goes away


def test_a_switch_that_is_down_is_reported_at_once(make, switch):
    switch.stop()
    before = time.time()
    status = look(make())
    assert not status.fresh
    assert "Nothing listens" in status.fault
    assert before - 1 <= status.since <= time.time()
    assert status.registrations is None


def test_nothing_stale_is_returned_and_all_recovers_by_itself(switch, strategy, snapshot, hasty):
    assert registered(strategy) == ["1000", "1001"]
    with switch.off():
        eventually(lambda: not look(strategy).fresh)
        lost = look(strategy)
        assert (lost.registrations, lost.calls) == (None, None)
        switch.answers[REGISTRATIONS] = switch.answers[REGISTRATIONS].replace("1001", "1003")
        assert look(strategy).since == lost.since
    eventually(lambda: look(strategy).fresh)
    assert registered(strategy) == ["1000", "1003"]


@pytest.mark.parametrize(
    "mode", ["silent", "stalled", "cut", "garbage", "rude", "shutdown", "slow"]
)
def test_a_switch_that_misbehaves_is_never_live(switch, make, hasty, mode):
    switch.pause = 0.05
    switch.mode = mode
    strategy = make()
    assert not look(strategy).fresh
    assert look(strategy).fault
    switch.mode = "normal"
    eventually(lambda: look(strategy).fresh)


def test_a_switch_that_falls_silent_is_not_live_for_long(switch, strategy, hasty):
    assert look(strategy).fresh
    switch.mode = "stalled"
    eventually(lambda: not look(strategy).fresh)


def test_a_goodbye_is_the_end(switch, strategy, hasty):
    look(strategy)
    switch.mode = "rude"
    switch.say_goodbye()
    eventually(lambda: not look(strategy).fresh)
    assert "turns this machine away" in look(strategy).fault or "goodbye" in look(strategy).fault


def test_a_wrong_password_is_reported_without_it(make, switch):
    status = look(make(password="wrong-s3cret"))
    assert not status.fresh
    assert "does not accept our password" in status.fault
    assert "wrong-s3cret" not in repr(status)


def test_a_denied_command_of_an_account_is_reported(make, switch):
    switch.accounts["sipapp@phone.test"] = Account(PASSWORD, frozenset({"show"}))
    status = look(make(user="sipapp@phone.test"))
    assert status.fresh
    assert status.registrations is None
    assert status.calls == ()
    assert status.notes == ("FreeSWITCH says '-ERR permission denied' to sofia xmlstatus.",)


def test_an_account_without_events_is_reported_with_what_it_needs(make, switch):
    switch.accounts["sipapp@phone.test"] = Account(PASSWORD, events=False)
    status = look(make(user="sipapp@phone.test"))
    assert not status.fresh
    assert "-ERR permission denied" in status.fault
    assert "esl-allowed-events" in status.fault


def test_it_ends_with_the_application(switch, strategy):
    look(strategy)
    strategy.stop()
    assert not any(each.name == "esl-live" for each in threading.enumerate())
    eventually(lambda: switch.connections == 0)


# What one can do


def test_a_call_is_ended_by_its_id(switch, strategy):
    uuid = "d9d7c98a-399e-4e61-8b5b-0b0593aa30c4"
    with pytest.raises(SwitchRefused, match="No such channel"):
        strategy.end_call(uuid, timeout=5)
    with switch.saying(f"uuid_kill {uuid}", "+OK\n"):
        assert strategy.end_call(uuid, timeout=5) == "+OK"


@pytest.mark.parametrize(
    ("call_id", "target"),
    [
        ("crvgm2b7okjr6ldgcqu86c", "crvgm2b7okjr6ldgcqu86c"),
        ("reboot", "1000@127.0.0.2"),
        ("127.0.0.2", "1000@127.0.0.2"),
        ("1001@127.0.0.2", "1000@127.0.0.2"),
        ("a@b c;;shutdown\n", "1000@127.0.0.2"),
    ],
)
def test_a_registration_is_dropped_and_never_another_one(switch, strategy, call_id, target):
    look(strategy)
    switch.publish(recorded("register")[0] | {"call-id": call_id})
    eventually(lambda: registered(strategy))
    (registration,) = look(strategy).registrations
    strategy.drop_registration(registration, timeout=5)
    assert switch.commands[-1] == f"api sofia profile internal flush_inbound_reg {target}"


@pytest.mark.parametrize("domain", ["branch-of-the-company", "Domain-of-the-ini1"])
def test_a_registration_whose_call_id_is_a_domain_does_not_take_the_domain_along(
    switch, strategy, domain
):
    """FreeSWITCH would flush everybody there (sofia_reg.c:784)."""
    strategy.start(SwitchContext("domain-of-the-ini1", ListedView(list)))
    strategy.live()
    phone = recorded("register")[0]
    switch.publish({**phone, "from-user": "1001", "from-host": "branch-of-the-company"})
    switch.publish({**phone, "call-id": domain})
    eventually(lambda: registered(strategy) == ["1000", "1001"])
    dropped = next(each for each in look(strategy).registrations if each.extension == "1000")
    strategy.drop_registration(dropped, timeout=5)
    sent = "api sofia profile internal flush_inbound_reg 1000@127.0.0.2"
    assert switch.commands[-1] == sent


def test_a_registration_that_no_command_can_name_is_not_dropped(switch, strategy):
    look(strategy)
    switch.publish(recorded("register")[0] | {"call-id": "x", "from-user": "1000 reboot"})
    eventually(lambda: registered(strategy))
    with pytest.raises(SwitchRefused, match="cannot be part of a command"):
        strategy.drop_registration(look(strategy).registrations[0], timeout=5)


def test_several_profiles_are_followed(make, switch):
    strategy = make(profile=("internal", "tls"))
    switch.answers["sofia xmlstatus profile tls reg"] = (
        (RECORDED / "xmlstatus_reg.xml").read_text().replace("call-id>", "call-id>x", 1)
    )
    eventually(lambda: look(strategy).fresh)
    assert registered(strategy) == ["1000", "1001"]
    publish(switch, [{**each, "profile-name": "tls"} for each in recorded("unregister")])
    assert look(strategy).fresh


def test_a_profile_that_does_not_run_costs_only_itself(make, switch, snapshot):
    switch.answers["sofia xmlstatus profile tls reg"] = "Invalid Profile!\n"
    strategy = make(profile=("internal", "tls"))
    eventually(lambda: look(strategy).fresh)
    assert registered(strategy) == ["1000", "1001"]
    assert "Invalid Profile!" in look(strategy).notes[0]
