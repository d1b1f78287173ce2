"""tests/browser/test_diagnosis.py on a real FreeSWITCH, and what only it can mend."""

import re

from playwright.sync_api import expect
from tests.browser.phone import connect, expect_talk
from tests.browser.test_diagnosis import *  # noqa: F403

# Its calls send nothing until they are told to.
DUMB = """() => {
  const { addTrack } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addTrack = function (...given) {
    const sender = addTrack.apply(this, given);
    let { track } = sender;
    void sender.replaceTrack(null);
    // What the phone wants to send meanwhile.
    sender.replaceTrack = (wanted) => {
      track = wanted;
      return Promise.resolve();
    };
    window.speak = () => {
      delete sender.replaceTrack;
      return sender.replaceTrack(track);
    };
    return sender;
  };
}"""


def test_a_call_of_which_nothing_arrives_is_set_up_again_and_goes_on(registered_phone):
    _, phone = registered_phone()
    number, far = registered_phone()
    far.page.evaluate(DUMB)
    connect(phone, far, number)

    expect(phone.page.get_by_text("Nothing has arrived")).to_be_visible()
    expect(phone.page.get_by_text("Setting the call up again")).to_be_visible()
    far.page.evaluate("speak()")

    expect(phone.page.get_by_text("The other side can be heard")).to_be_visible()
    expect_talk(phone, far)
    far.button("Hang up").click()
    phone.expect_idle()


def test_a_hold_without_music_is_no_reason_to_harm_the_call(registered_phone):
    _, phone = registered_phone()
    number, far = registered_phone()
    connect(phone, far, number)
    expect_talk(phone, far)
    # Before sound has come for some seconds, it counts as never received.
    expect(phone.page.get_by_role("timer")).to_have_text(re.compile(r"00:(0[5-9]|[1-5]\d)"))
    far.button("Hold").click()
    expect(phone.page.get_by_text("It may have put you on hold")).to_be_visible(timeout=30_000)
    far.button("Resume").click()

    expect(phone.page.get_by_text("can be heard again")).to_be_visible()
    expect_talk(phone, far)
    phone.button("Hang up").click()
    far.expect_idle()


def test_the_test_of_the_phone_finds_all_well_and_is_reported(registered_phone, open_admin):
    own, phone = registered_phone()
    phone.button("Settings").click()
    phone.button("Test this phone").click()

    rows = phone.page.get_by_role("dialog", name="Test of this phone").get_by_role("listitem")
    expect(rows.filter(has_text="Sound goes there and back: round trip")).to_be_visible(
        timeout=30_000
    )
    expect(rows.locator(".test-name")).to_have_text([re.compile(r"OK\s*$")] * 8)

    phone.button("Send to administrator").click()
    expect(phone.page.get_by_text("Sent to your administrator.")).to_be_visible()
    page = open_admin("/reports")
    page.get_by_role("listitem").filter(has_text=own).get_by_role("link").first.click()
    expect(page.get_by_text("Sound goes there and back")).to_be_visible()
