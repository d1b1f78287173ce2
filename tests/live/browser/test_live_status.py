"""The live page and the list's states, of a real FreeSWITCH with real phones.

The server asks this FreeSWITCH twice: by Event Socket, and by fs_cli.
"""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import WEBSOCKET, forgive
from tests.browser.phone import connect


@pytest.fixture(params=["socket", "cli"])
def switch(request):
    """How the server knows: by a subscription, or by asking."""
    return request.param


@pytest.fixture
def live(open_admin, switch):
    """The part of the live page that is of this switch."""
    return open_admin("/live").get_by_role("region", name=f"Switch {switch}")


def phone_row(live, number):
    table = live.get_by_role("table", name="Phones that are registered")
    return table.get_by_role("row").filter(
        has=live.page.get_by_role("link", name=number, exact=True)
    )


def call_row(live, number):
    return (
        live.get_by_role("table", name="Calls that are up")
        .get_by_role("row")
        .filter(has_text=number)
    )


def test_a_phone_that_registers_is_shown_and_a_closed_tab_is_gone(live, registered_phone):
    number, phone = registered_phone()

    expect(phone_row(live, number)).to_contain_text("sipapp")
    expect(phone_row(live, number)).to_contain_text(re.compile(r"127\.0\.0\.1:\d+ WS"))

    phone.page.close()

    expect(phone_row(live, number)).to_have_count(0)


def test_a_dropped_registration_is_gone(live, registered_phone, freeswitch):
    number, _ = registered_phone()
    other, _ = registered_phone()
    expect(phone_row(live, other)).to_be_visible()

    phone_row(live, number).get_by_role("button", name="Drop").click()

    expect(live.page.get_by_role("status")).to_contain_text(f"registration of {number} was dropped")
    expect(phone_row(live, other)).to_be_visible()
    expect(phone_row(live, number)).to_have_count(0)
    registered = freeswitch.command("sofia xmlstatus profile internal reg")
    assert f"<user>{number}@" not in registered
    assert f"<user>{other}@" in registered


def test_a_flushed_registration_is_gone(live, registered_phone, freeswitch):
    number, _ = registered_phone()
    expect(phone_row(live, number)).to_be_visible()

    freeswitch.command(f"sofia profile internal flush_inbound_reg {number}@{freeswitch.domain}")

    expect(phone_row(live, number)).to_have_count(0)


def test_a_call_is_shown_and_ended_by_the_button(live, registered_phone):
    number, caller = registered_phone()
    other, callee = registered_phone()
    caller.call(other)
    expect(call_row(live, number)).to_contain_text("Ringing")
    callee.button("Answer").click()
    caller.expect_in_call()
    expect(call_row(live, number)).to_have_count(1)
    expect(call_row(live, number)).to_contain_text("Active")
    expect(call_row(live, number)).to_contain_text(other)
    expect(call_row(live, number)).to_contain_text("opus")

    call_row(live, number).get_by_role("button", name="End").click()

    expect(live.page.get_by_role("status")).to_contain_text(
        f"The call from {number} to {other} was ended."
    )
    caller.expect_idle()
    callee.expect_idle()
    expect(call_row(live, number)).to_have_count(0)


def test_the_list_says_who_is_registered_and_who_talks(open_admin, registered_phone):
    page = open_admin()
    number, caller = registered_phone()
    other, callee = registered_phone()
    page.reload()
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text(re.compile(r"Registered\s+127\.0\.0\.1:\d+ WS"))

    connect(caller, callee, other)
    expect(row).to_contain_text("In a call")
    caller.button("Hang up").click()
    expect(row).to_contain_text("Registered")
    caller.page.close()
    expect(row).to_contain_text("Not registered")


def test_a_freeswitch_that_is_gone_is_reported_and_comes_back(
    live, registered_phone, freeswitch, switch, faults
):
    number, _ = registered_phone()
    expect(phone_row(live, number)).to_be_visible()

    with freeswitch.off():
        alert = live.get_by_role("alert")
        expect(alert).to_contain_text(f"what goes on at switch {switch}")
        expect(live.get_by_role("table")).to_have_count(0)

    # FreeSWITCH keeps registrations in its database; the phone has come back to it anyway.
    expect(live.get_by_role("alert")).to_have_count(0, timeout=45_000)
    expect(phone_row(live, number)).to_be_visible(timeout=45_000)
    # The phone's page says that it could not connect in between.
    forgive(faults, *WEBSOCKET)
