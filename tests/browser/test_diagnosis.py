"""A phone that finds its own faults: it says what is wrong, mends it, and says that too."""

import re

from playwright.sync_api import expect
from tests.browser.phone import NOTHING_ARRIVES, connect, expect_sound, expect_talk

SENDER = "sipappTest.peers.at(-1).getSenders()[0]"


def test_a_microphone_that_stops_is_replaced_and_the_call_reported(registered_phone, open_admin):
    own, phone = registered_phone()
    number, far = registered_phone()
    connect(phone, far, number)
    expect_talk(phone, far)
    expect(phone.page.get_by_text("does not hear you")).to_have_count(0)

    phone.page.evaluate(f"{SENDER}.track.stop()")

    expect(phone.page.get_by_text("The other side can hear you again")).to_be_visible()
    expect(phone.page.get_by_text("What helped: Attaching the microphone again.")).to_be_visible()
    expect_sound(far)

    phone.page.get_by_role("button", name=re.compile("^Quality")).click()
    phone.button("Report this call").click()
    phone.button("Send report").click()
    expect(phone.page.get_by_text("Sent.")).to_be_visible()
    page = open_admin("/reports")
    page.get_by_role("listitem").filter(has_text=own).get_by_role("link").first.click()
    expect(page.get_by_text("What helped: Attaching the microphone again.")).to_be_visible()
    assert number not in page.content()
    phone.button("Close").click()
    phone.button("Hang up").click()


def test_it_says_that_nothing_arrives_and_that_it_is_over(registered_phone):
    _, phone = registered_phone()
    number, far = registered_phone()
    connect(phone, far, number)
    expect_talk(phone, far)
    # What the far phone tries with its microphone helps nobody.
    far.page.evaluate(
        f"""() => {{
          const sender = {SENDER};
          const silenced = sender.replaceTrack(null);
          sender.replaceTrack = () => Promise.resolve();
          return silenced;
        }}"""
    )

    expect(phone.page.get_by_text(re.compile(NOTHING_ARRIVES))).to_be_visible()
    expect(phone.page.get_by_text(re.compile("ICE restart|can be heard"))).to_be_visible()
    phone.button("Hang up").click()
