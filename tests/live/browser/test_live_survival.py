"""tests/browser/test_survival.py on a real FreeSWITCH, and what only such a one does."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import WEBSOCKET, forgive
from tests.browser.phone import connect, expect_sound
from tests.browser.test_survival import *  # noqa: F403
from tests.browser.test_survival import (
    AGAIN,
    BROKEN,
    cut,
    test_a_call_that_cannot_be_taken_over_says_so_and_can_be_called_again,
)
from tests.browser.tones import ANN, BOB, expect_hears

# FreeSWITCH keeps the other side's leg while its page is away: that call can be taken over.
del test_a_call_that_cannot_be_taken_over_says_so_and_can_be_called_again

# It is ready after 3 to 5 s, and phones try again later and later.
START = 60_000
LOST = re.compile("ended: The server lost the call")


@pytest.fixture
def music(freeswitch):
    """Vanilla's catch-all answers every number with music, as where sounds are installed."""
    file = freeswitch.configuration / "vars.xml"
    before = file.read_text(encoding="utf-8")
    tone = "hold_music=tone_stream://%(500,500,1700);loops=-1"
    after = re.sub(r"hold_music=[^\"]*", tone, before)
    assert after != before
    file.write_text(after, encoding="utf-8")
    assert freeswitch.command("reloadxml") == "+OK [Success]"
    yield
    file.write_text(before, encoding="utf-8")
    assert freeswitch.command("reloadxml") == "+OK [Success]"


def expect_lost(*phones):
    for phone in phones:
        expect(phone.page.get_by_text(LOST)).to_be_visible(timeout=START)
        phone.expect_idle()
        phone.expect_no_media()


def call_again(caller, callee):
    caller.button("Call again").click()
    callee.button("Answer").click()
    expect_hears(caller, callee)
    expect_hears(callee, caller)
    callee.button("Hang up").click()
    caller.expect_idle()


def test_a_freeswitch_that_was_killed_in_a_call_has_lost_it(
    freeswitch, speaking_phone, music, faults
):
    _, ann = speaking_phone(ANN)
    number, bob = speaking_phone(BOB)
    connect(ann, bob, number)
    expect_hears(ann, bob)
    said = [phone.record_words() for phone in (ann, bob)]

    with freeswitch.off():
        for phone in (ann, bob):
            expect(phone.page.get_by_text("No sound arrives, and the server")).to_be_visible()
            phone.page.wait_for_timeout(1_500)

    expect_lost(ann, bob)
    for words in said:
        assert "The call goes on" not in words(), words()
    call_again(ann, bob)
    forgive(faults, *WEBSOCKET)


def test_music_that_answers_is_not_taken_for_the_call(
    broken_phone, registered_phone, music, way, freeswitch
):
    _, phone = broken_phone()
    number, far = registered_phone()
    connect(phone, far, number)
    way.refuse(on=True)
    try:
        way.cut()
        expect(phone.page.get_by_text("The call goes on")).to_be_visible()
        far.button("Hang up").click()
        far.expect_idle()
    finally:
        way.refuse(on=False)

    phone.expect_idle()
    expect(phone.page.get_by_text("This phone was not connected")).to_be_visible()
    phone.expect_no_media()
    assert freeswitch.command("show calls count").strip().startswith("0 total")


def test_everybody_in_a_conference_stays_there_when_all_are_cut_at_once(broken_phone, way):
    phones = [broken_phone()[1] for _ in range(3)]
    for phone in phones:
        phone.call("3010")
        phone.expect_in_call()
    cut(way, *phones)
    for phone in phones:
        phone.expect_in_call()
        expect_sound(phone)
        expect(phone.page.get_by_text(BROKEN)).to_have_count(0)
        expect(phone.status(AGAIN)).to_be_visible()
    for phone in phones:
        phone.button("Hang up").click()
        phone.expect_idle()
