"""Reading what FreeSWITCH prints, whatever phones have put into it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipapp.freeswitch.parsing import (
    calls_of,
    contact_transport,
    network_address,
    read_channels,
    read_registrations,
    registrations_command,
)
from sipapp.model.errors import SwitchError, SwitchProtocolError, SwitchRefused
from sipapp.model.text import one_line


def reply(*rows):
    return "<profile>\n  <registrations>\n" + "".join(rows) + "  </registrations>\n</profile>\n"


def row(call_id="c1", user="1000@phone.test", agent="a phone", more=""):
    return (
        f"    <registration>\n        <call-id>{call_id}</call-id>\n"
        f"        <user>{user}</user>\n        <agent>{agent}</agent>\n{more}"
        "    </registration>\n"
    )


def channel(uuid, /, **values):
    given = {
        "uuid": uuid,
        "direction": "inbound",
        "created_epoch": "100",
        "cid_name": "Alice",
        "cid_num": "1000",
        "dest": "1001",
        "callstate": "ACTIVE",
        "presence_id": "1000@phone.test",
        "call_uuid": uuid,
        "read_codec": "opus",
    }
    return given | values


def calls(*rows, profiles=()):
    said = json.dumps({"row_count": len(rows), "rows": rows})
    return calls_of(read_channels(said, profiles).values())


def test_a_call_id_that_looks_like_elements_forges_no_row():
    bad = "x</call-id></registration><registration><user>1001@phone.test</user>"
    (found,) = read_registrations(reply(row(call_id=bad)), now=0).values()
    assert found.extension == "1000"
    assert found.call_id == bad


def test_control_characters_and_entities_of_an_agent_cost_nothing():
    found = read_registrations(reply(row(agent="&lt;b&gt;\x01\x00 &amp;amp;"), row("c2")), now=0)
    assert [each.user_agent for each in found.values()] == ["<b> &amp;", "a phone"]


@pytest.mark.parametrize("bad", ["", "no at", "a@b@c"])
def test_a_row_without_sense_costs_itself_alone(bad):
    assert list(read_registrations(reply(row(user=bad), row("c2")), now=0)) == ["c2"]


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ('"" <sip:a@1.2.3.4:5060>', "UDP"),
        ("<sip:a@1.2.3.4;transport=tcp>", "TCP"),
        ("<sips:a@1.2.3.4>", "TLS"),
        ("<sip:a@b.invalid;transport=ws;fs_path=sip%3Aa%40b%3Btransport%3Dwss>", "WSS"),
        ("", "UDP"),
        ("transport=" + "x" * 100_000, "UDP"),
    ],
)
def test_the_transport_of_a_contact(contact, expected):
    assert contact_transport(contact) == expected


def test_addresses():
    assert network_address("10.0.0.1", "5060") == "10.0.0.1:5060"
    assert network_address("2001:db8::1", "5060") == "[2001:db8::1]:5060"
    assert network_address("10.0.0.1", "") == "10.0.0.1"


@pytest.mark.parametrize("said", ["Invalid Profile!\n", "-ERR permission denied\n"])
def test_a_switch_that_does_not_tell(said):
    with pytest.raises(SwitchRefused):
        read_registrations(said, now=0)


@pytest.mark.parametrize("said", ["{", "[]", '{"rows": 5}', '"}', "x}", "[" * 20_000 + "}"])
def test_a_list_of_channels_that_is_none(said):
    with pytest.raises(SwitchProtocolError):
        read_channels(said)


def test_channels_without_rows_are_none():
    assert read_channels('{"row_count": 0}\n\n') == {}


@pytest.mark.parametrize("profile", ["", "a b", "internal reg\napi shutdown", "x;;y"])
def test_a_profile_that_is_no_name_is_refused(profile):
    with pytest.raises(ValueError, match="SIP profile"):
        registrations_command(profile)


def test_a_call_to_an_application_has_one_leg():
    (call,) = calls(channel("a", dest="9196"))
    assert (call.caller, call.caller_name, call.callee) == ("1000", "Alice", "9196")


def test_a_call_that_the_switch_makes_goes_to_the_extension():
    (call,) = calls(channel("a", direction="outbound", cid_num="0000000000", dest="x7k2"))
    assert (call.caller, call.callee) == ("0000000000", "1000")


def test_held_by_either_is_held():
    (call,) = calls(
        channel("a"), channel("b", direction="outbound", call_uuid="a", callstate="HELD")
    )
    assert call.state == "held"


def test_two_calls_are_two_and_the_oldest_is_first():
    first, second = calls(channel("b", created_epoch="200"), channel("a", read_codec="PCMU"))
    assert (first.id, second.id) == ("a", "b")


@pytest.mark.parametrize(
    "bad",
    [
        {"uuid": "<b>"},
        {"uuid": 5},
        {"created_epoch": "never"},
        {"callstate": "HANGUP"},
        {"cid_num": None, "presence_id": None},
        {"dest": "x" * 10_000 + "\x00"},
    ],
)
def test_odd_rows_are_no_error(bad):
    for call in calls(channel("a", **bad)):
        assert call.callee.isprintable()
        assert len(call.callee) <= 121


@given(st.text())
def test_a_plain_text_is_one_short_line(text):
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 121


@given(st.text(max_size=300))
def test_any_answer_is_read_or_a_typed_error(text):
    for read in (read_channels, lambda said: read_registrations(said, now=0)):
        for said in (text, f"<profile>{text}</profile>", f'{{"rows": [{text}]}}'):
            with suppress(SwitchError):
                read(said)


# Without manage-presence


@pytest.mark.parametrize(
    ("name", "direction", "extensions"),
    [
        ("sofia/internal/1000@phone.test", "inbound", ("1000@phone.test",)),
        # A provider's number may look like an extension.
        ("sofia/external/1000@provider.example", "inbound", ()),
        # What FreeSWITCH calls is a contact.
        ("sofia/internal/1000@phone.test", "outbound", ()),
        ("loopback/1000-a", "inbound", ()),
        ("", "inbound", ()),
    ],
)
def test_who_calls_is_known_by_the_name_of_the_channel(name, direction, extensions):
    row = channel("a-1", name=name, direction=direction, presence_id="")
    (found,) = calls(row, profiles=("internal",))
    assert found.extensions == extensions


def test_a_presence_id_says_more_than_the_name_of_the_channel():
    row = channel("a-1", name="sofia/internal/1001@phone.test")
    (found,) = calls(row, profiles=("internal",))
    assert found.extensions == ("1000@phone.test",)
