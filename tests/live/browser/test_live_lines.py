"""Several calls on a real FreeSWITCH: it hands over, has rooms and boxes."""

import re
import wave

import pytest
from playwright.sync_api import expect
from tests.browser.phone import connect
from tests.browser.test_lines import (  # noqa: F401
    add_call,
    hand_over,
    test_a_held_call_is_silent_both_ways_and_goes_on_when_resumed,
    test_a_second_call_is_answered_beside_the_first_or_in_its_place,
    test_of_two_calls_only_the_open_one_is_heard,
)
from tests.browser.tones import ANN, BOB, CAROL, expect_hears


def expect_handed_over(phone, who, to):
    """The phone that gave its call away is idle, and does not claim that anybody answered."""
    phone.expect_idle()
    report = phone.page.locator(".report")
    expect(report).to_have_text(
        re.compile(rf"^\s*Call with \S* ?{who} handed over\s+To \S* ?{to}\.\s*$")
    )
    phone.expect_no_media()


def test_a_blind_transfer_leaves_the_other_two_talking(speaking_phone):
    ann_number, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    other, carol = speaking_phone(CAROL)
    # As the caller, then as the one that was called.
    for caller, callee, called in ((ann, bob, number), (bob, ann, ann_number)):
        connect(caller, callee, called)
        hand_over(ann, other)
        ann.button("Transfer now").click()

        carol.button("Answer").click()

        expect_handed_over(ann, number, other)
        expect_hears(bob, carol)
        expect_hears(carol, bob)
        carol.button("Hang up").click()
        bob.expect_idle()
        carol.expect_idle()


def test_an_attended_transfer_asks_first(speaking_phone):
    _, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    other, carol = speaking_phone(CAROL)
    connect(ann, bob, number)
    hand_over(ann, other)
    ann.button("Ask first").click()
    carol.button("Answer").click()
    expect_hears(ann, carol)
    expect_hears(bob)

    # Carol does not want to; Bob is told so.
    ann.button("Cancel transfer").click()
    carol.expect_idle()
    expect_hears(ann, bob)
    expect_hears(bob, ann)

    hand_over(ann, other)
    ann.button("Ask first").click()
    carol.button("Answer").click()
    ann.button("Complete transfer").click()

    expect_handed_over(ann, number, other)
    expect_hears(bob, carol)
    expect_hears(carol, bob)
    bob.button("Hang up").click()
    carol.expect_idle()
    bob.expect_idle()


def test_merged_calls_are_a_conference_of_all(speaking_phone, freeswitch):
    _, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    other, carol = speaking_phone(CAROL)
    connect(ann, bob, number)
    add_call(ann, other)
    carol.button("Answer").click()
    carol.expect_in_call()

    ann.button("Merge").click()

    expect(ann.page.get_by_role("heading", name=re.compile(r"^Conference 30\d\d$"))).to_be_visible()
    expect(ann.page.get_by_role("list", name="Other calls")).to_have_count(0)
    expect_hears(ann, bob, carol)
    expect_hears(bob, ann, carol)
    expect_hears(carol, ann, bob)

    # Who made it leaves; the others go on.
    ann.button("Hang up").click()
    ann.expect_idle()
    ann.expect_no_media()
    expect_hears(bob, carol)
    expect_hears(carol, bob)
    bob.button("Hang up").click()
    carol.button("Hang up").click()
    bob.expect_idle()
    carol.expect_idle()
    assert freeswitch.command("conference list count") == "+OK No active conferences."


@pytest.fixture
def message(tmp_path):
    """A recording of a second."""
    file = tmp_path / "message.wav"
    with wave.open(str(file), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(bytes(16000))
    return file


def test_messages_that_wait_are_counted(open_phone, make_extension, freeswitch, message):
    number, password = make_extension()
    phone = open_phone()
    phone.register(number, password)
    voicemail = phone.page.get_by_role("button", name="Voicemail", exact=True)
    expect(voicemail).to_have_text("Voicemail")

    for count in (1, 2):
        said = freeswitch.command(f"vm_inject {number}@{freeswitch.domain} {message} 1001 Alice")
        assert said.startswith("+OK"), said
        expect(voicemail).to_have_attribute("aria-description", f"{count} new")

    # A page that is opened anew is told by FreeSWITCH when it registers, and asks for nothing.
    phone.page.reload()
    phone.register(number, password)
    expect(voicemail).to_have_attribute("aria-description", "2 new")


def test_a_contact_is_available_in_a_call_and_offline(registered_phone):
    number, contact = registered_phone()
    _, third = registered_phone()
    # The last one, so that the server's directory has told it of the others.
    _, phone = registered_phone()
    phone.button("Add contact").click()
    phone.field("Name").fill("Grace")
    phone.field("Number").fill(number)
    phone.button("Save contact").click()
    row = phone.page.get_by_role("listitem").filter(has_text="Grace")
    expect(row).to_contain_text("Available")

    third.call(number)
    expect(row).to_contain_text("Ringing")
    contact.button("Answer").click()
    expect(row).to_contain_text("In a call")
    contact.button("Hold").click()
    expect(contact.button("Resume")).to_be_enabled()
    expect(row).to_contain_text("In a call")
    contact.button("Hang up").click()
    expect(row).to_contain_text("Available")

    contact.button("Unregister").click()
    expect(row).to_contain_text("Offline")
