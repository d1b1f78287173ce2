"""Calls between two browsers, over a real switch, with their sound measured."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.phone import SILENCE, connect, expect_silence, expect_sound, expect_talk


def test_a_call_carries_sound_both_ways(registered_phone):
    number, caller = registered_phone()
    other, callee = registered_phone(caller_id_name="Bob Example")

    connect(caller, callee, other)

    expect_talk(caller, callee)
    # The other direction too: who called before is called now.
    caller.button("Hang up").click()
    callee.expect_idle()
    connect(callee, caller, number)
    expect_talk(caller, callee)


def test_an_incoming_call_says_who_calls(registered_phone):
    number, caller = registered_phone()
    other, callee = registered_phone()

    caller.call(other)

    expect(callee.button("Answer")).to_be_visible()
    expect(callee.button("Decline")).to_be_visible()
    expect(callee.page.get_by_role("heading", name=number)).to_be_visible()
    expect(caller.page.get_by_role("heading", name=other)).to_be_visible()


def test_the_timer_runs_from_the_answer_on(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    caller.call(other)
    expect(callee.button("Answer")).to_be_visible()
    expect(caller.page.get_by_role("timer")).to_have_count(0)

    callee.button("Answer").click()

    for phone in (caller, callee):
        expect(phone.page.get_by_role("timer")).to_have_text(re.compile(r"^0?0:0[1-9]$"))


def test_either_side_hangs_up(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    for who in (caller, callee):
        connect(caller, callee, other)
        who.button("Hang up").click()
        caller.expect_idle()
        callee.expect_idle()
        for phone in (caller, callee):
            phone.expect_no_media()


def test_a_declined_call_says_so(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    caller.call(other)

    callee.button("Decline").click()

    caller.expect_idle()
    callee.expect_idle()
    expect(caller.page.get_by_text(re.compile("declined", re.IGNORECASE)).first).to_be_visible()


def test_hanging_up_before_the_answer_ends_the_ringing(registered_phone):
    number, caller = registered_phone()
    other, callee = registered_phone()
    caller.call(other)
    expect(callee.button("Answer")).to_be_visible()

    caller.button("Hang up").click()

    callee.expect_idle()
    caller.expect_idle()
    expect(callee.page.get_by_text(re.compile(rf"^Missed call from .*{number}"))).to_be_visible()


def test_a_second_call_that_is_declined_does_not_disturb_the_first(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    _, third = registered_phone()
    connect(caller, callee, other)

    third.call(other)
    callee.button("Decline").click()

    third.expect_idle()
    expect(third.page.get_by_text(re.compile("declined", re.IGNORECASE)).first).to_be_visible()
    # The call that is up does not suffer.
    caller.expect_in_call()
    callee.expect_in_call()
    expect_talk(caller, callee)


def test_an_unknown_number_is_reported_in_plain_words(registered_phone):
    _, caller = registered_phone()

    caller.call("9999")

    caller.expect_idle()
    report = caller.page.get_by_role("alert")
    expect(report).to_contain_text("9999")
    expect(report).not_to_contain_text("404")


def test_digits_go_out_as_rfc_2833_tones(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    connect(caller, callee, other)

    # Nothing but the digits will sound.
    caller.button("Mute").click()
    expect(caller.button("Unmute")).to_be_visible()
    expect_silence(callee)
    before = callee.audio()

    # Faster than tones are: none may be lost.
    for digit in "159*0#":
        caller.button(digit).click()

    caller.page.wait_for_function("() => sipappTest.digits.join('') === '159*0#'")
    # Chromium makes tones of the telephone events that it receives.
    callee.wait_until(lambda: callee.audio().energy > before.energy + SILENCE)


def test_mute_is_really_silent(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    connect(caller, callee, other)
    expect_talk(caller, callee)

    caller.button("Mute").click()
    expect(caller.button("Unmute")).to_be_visible()

    expect_silence(callee)
    expect_sound(caller)  # The muted one still hears.
    caller.button("Unmute").click()
    expect_talk(caller, callee)


def test_a_double_click_on_call_makes_one_call(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    caller.number.fill(other)

    caller.button("Call").dblclick()

    callee.button("Answer").click()
    caller.expect_in_call()
    caller.button("Hang up").click()
    caller.expect_idle()
    callee.expect_idle()


@pytest.mark.only_browser("chromium")  # Elsewhere no program may fill the clipboard.
def test_pasted_digits_go_out_one_after_the_other(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    connect(caller, callee, other)
    caller.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    caller.page.evaluate("navigator.clipboard.writeText('12 34-5#')")

    caller.page.keyboard.press("Control+V")

    expect(caller.page.get_by_role("log", name="Digits sent")).to_have_text("12345#")
    caller.page.wait_for_function("() => sipappTest.digits.join('') === '12345#'")


def test_who_does_not_want_to_be_disturbed_is_busy(registered_phone):
    number, caller = registered_phone()
    other, callee = registered_phone()
    callee.button("Do not disturb").click()

    caller.call(other)

    expect(caller.page.get_by_role("alert")).to_contain_text("Busy")
    caller.expect_idle()
    expect(callee.page.get_by_text(re.compile(rf"^Missed call from .*{number}"))).to_be_visible()
    callee.button("Do not disturb").click()
    connect(caller, callee, other)
