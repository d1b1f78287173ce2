"""Numbers as people paste and link them: what is dialled, and the tones that follow."""

import re

from playwright.sync_api import expect
from tests.browser.phone import SILENCE, expect_silence

PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text', text);
  const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


def spelt(number):
    """A number as a chat program gives it: marks of direction, other digits, dashes, spaces."""
    others = number.translate({ord("0") + value: 0x0660 + value for value in range(10)})
    return f"\u202a{others[:2]}\u00a0{others[2:4]}\u2011{others[4:]}\u202c"


def test_a_pasted_number_is_seen_before_the_call_and_called(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    caller.number.blur()

    caller.page.evaluate(PASTE, spelt(other))

    expect(caller.page.get_by_text(f"Calls {other}", exact=True)).to_be_visible()
    caller.button("Call").click()
    expect(callee.button("Answer")).to_be_visible()
    expect(caller.page.get_by_role("heading", name=other)).to_be_visible()


def test_an_extension_is_sent_as_tones_that_the_other_side_hears(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    caller.number.fill(f"{other},,,,,,4#w56*")
    expect(caller.page.get_by_text(f"Calls {other}, then sends 4# … 56*")).to_be_visible()
    caller.button("Call").click()
    expect(caller.page.get_by_text("Then sends 4# … 56*")).to_be_visible()
    callee.button("Answer").click()
    # Nothing but the tones will sound.
    caller.button("Mute").click()
    expect(caller.button("Unmute")).to_be_visible()
    expect_silence(callee)
    before = callee.audio()

    caller.page.wait_for_function("() => sipappTest.digits.join('').endsWith('4#')")
    callee.wait_until(lambda: callee.audio().energy > before.energy + SILENCE)
    expect(caller.page.get_by_role("log", name="Digits sent")).to_have_text("4#")
    caller.button("Send 56*").click()
    caller.page.wait_for_function("() => sipappTest.digits.join('').endsWith('4#56*')")
    expect(caller.button("Send 56*")).to_have_count(0)


def test_digits_of_any_script_are_tones(registered_phone):
    _, caller = registered_phone()
    other, callee = registered_phone()
    caller.call(other)
    callee.button("Answer").click()
    caller.expect_in_call()

    caller.page.evaluate(PASTE, "٣۴५６")

    caller.page.wait_for_function("() => sipappTest.digits.join('') === '3456'")
    expect(caller.page.get_by_role("log", name="Digits sent")).to_have_text("3456")


def test_a_colleague_is_shown_by_name_in_the_call_and_in_the_history(registered_phone):
    other, callee = registered_phone(caller_id_name="Bob Example")
    _, caller = registered_phone(caller_id_name="Ann Example")

    caller.call(other)

    expect(callee.button("Answer")).to_be_visible()
    expect(caller.page.get_by_role("heading", name="Bob Example")).to_be_visible()
    caller.button("Hang up").click()
    caller.expect_idle()
    again = caller.page.get_by_role("button", name=re.compile("^Call Bob Example again"))
    expect(again.first).to_be_visible()


def test_several_numbers_are_not_called(registered_phone):
    _, caller = registered_phone()
    caller.number.fill("030 1234567 / 030 7654321")
    expect(caller.page.get_by_text("Several numbers: leave one of them.")).to_be_visible()
    caller.button("Call").click()
    caller.expect_idle()
    expect(caller.number).to_have_value("030 1234567 / 030 7654321")
