"""Devices, in calls with real sound."""

import pytest
from playwright.sync_api import expect
from tests.browser.phone import connect, expect_talk

# Takes the device out of the browser's list, as pulling its plug does.
UNPLUG = """(label) => {
  const devices = navigator.mediaDevices;
  const list = devices.enumerateDevices.bind(devices);
  devices.enumerateDevices = async () => (await list()).filter((one) => one.label !== label);
  devices.dispatchEvent(new Event('devicechange'));
}"""


@pytest.mark.only_browser("chromium")  # By the names of its fake microphones.
def test_the_microphone_changes_in_the_call_and_falls_back_when_it_is_unplugged(registered_phone):
    _, caller = registered_phone()
    number, callee = registered_phone()
    connect(caller, callee, number)
    caller.button("Sound").click()
    microphone = caller.page.get_by_label("Microphone", exact=True)

    microphone.select_option("Fake Audio Input 2")

    expect(microphone.locator("option:checked")).to_have_text("Fake Audio Input 2")
    expect_talk(caller, callee)

    caller.page.evaluate(UNPLUG, "Fake Audio Input 2")

    expect(caller.page.get_by_text("Now using Fake Default Audio Input.")).to_be_visible()
    expect_talk(caller, callee)
    caller.button("OK").click()
    expect(caller.page.get_by_text("Now using")).to_have_count(0)


@pytest.mark.only_browser("chromium")  # As above.
def test_the_choice_of_a_microphone_is_remembered(registered_phone):
    _, phone = registered_phone()
    phone.button("Settings").click()
    microphone = phone.page.get_by_label("Microphone", exact=True)
    microphone.select_option("Fake Audio Input 1")
    phone.page.reload()
    phone.button("Settings").click()
    expect(microphone.locator("option:checked")).to_have_text("Fake Audio Input 1")
