"""Several tabs with the phone in one browser."""

import re

import pytest
from playwright.sync_api import Error, expect
from tests.browser.phone import expect_talk

NOT_REGISTERED = re.compile(r"^Not registered$")


def registered_as(phone, number):
    expect(phone.status(re.compile(rf"^Registered as {number}$"))).to_be_visible()


@pytest.fixture
def two_tabs(open_phone, open_tab, make_extension):
    """An extension in two tabs; the first one registered."""
    number, password = make_extension()
    first = open_phone()
    first.register(number, password)
    second = open_tab(first)
    sockets = []
    second.page.on("websocket", lambda socket: sockets.append(socket.url))
    second.register(number, password)
    assert sockets == [], "a second tab must not register"
    return number, first, second


def test_a_second_tab_shows_the_call_answers_it_and_ends_it(two_tabs, registered_phone):
    number, first, second = two_tabs
    _, caller = registered_phone()

    caller.call(number)
    expect(first.button("Answer")).to_be_visible()
    second.button("Answer").click()

    for phone in (caller, first, second):
        phone.expect_in_call()
    # The sound is in the tab that is registered.
    expect_talk(caller, first)
    assert second.audio().open == 0

    second.button("Mute").click()
    expect(first.button("Unmute")).to_be_visible()
    second.button("Hang up").click()
    for phone in (caller, first, second):
        phone.expect_idle()


def test_a_second_tab_calls(two_tabs, registered_phone):
    _, first, second = two_tabs
    other, callee = registered_phone()

    second.call(other)
    callee.button("Answer").click()

    first.expect_in_call()
    second.expect_in_call()
    first.button("Hang up").click()
    callee.expect_idle()
    second.expect_idle()


def test_another_tab_takes_over_when_the_first_is_closed(two_tabs, registered_phone):
    number, first, second = two_tabs
    _, caller = registered_phone()

    with second.expect_connection():
        first.page.close()

    # It registers itself now, and a call that comes in rings there.
    registered_as(second, number)
    caller.call(number)
    second.button("Answer").click()
    caller.expect_in_call()
    expect_talk(caller, second)
    second.button("Hang up").click()
    caller.expect_idle()


@pytest.mark.only_browser("chromium")  # It has an address that crashes a tab.
def test_another_tab_takes_over_from_one_that_crashed(two_tabs, registered_phone):
    number, first, second = two_tabs
    _, caller = registered_phone()

    with second.expect_connection(), pytest.raises(Error):
        first.page.goto("chrome://crash")

    registered_as(second, number)
    caller.call(number)
    second.button("Answer").click()
    caller.expect_in_call()


def test_unregistering_is_for_all_tabs_of_the_extension(two_tabs):
    _, first, second = two_tabs

    second.button("Unregister").click()

    for phone in (first, second):
        expect(phone.status(NOT_REGISTERED)).to_be_visible()


def test_a_wrong_password_is_reported_in_a_second_tab_too(
    open_phone, open_tab, make_extension, registered_phone
):
    number, password = make_extension()
    first = open_phone()
    first.register(number, password)
    second = open_tab(first)

    second.submit(number, "not the password")

    expect(second.status(re.compile(r"^Registration failed: \S"))).to_be_visible()
    registered_as(first, number)
    second.register(number, password)


def test_tabs_with_different_extensions_live_side_by_side(open_phone, open_tab, make_extension):
    first = open_phone()
    one, password = make_extension()
    first.register(one, password)
    second = open_tab(first)
    other, other_password = make_extension()
    second.register(other, other_password)

    first.call(other)
    second.button("Answer").click()

    first.expect_in_call()
    second.expect_in_call()
    second.button("Hang up").click()
    first.expect_idle()


def test_leaving_the_page_asks_only_with_a_call_of_its_own(two_tabs, registered_phone):
    _, first, second = two_tabs
    other, callee = registered_phone()
    first.call(other)
    callee.button("Answer").click()
    second.expect_in_call()

    # Who only follows may go: the call goes on.
    asked = []
    second.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    second.page.close(run_before_unload=True)
    first.expect_in_call()
    assert asked == []

    with first.page.expect_event("dialog") as question:
        first.page.close(run_before_unload=True)
    assert question.value.type == "beforeunload"
    question.value.dismiss()
    first.expect_in_call()
    first.button("Hang up").click()
    callee.expect_idle()
