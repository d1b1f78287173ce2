"""Who is at the other end, as switches report it; requests as FreeSWITCH 1.10.12 sends them."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.phone import Phone, connect, expect_sound, expect_talk
from tests.browser.wire import Wire

# Recorded (sofia global siptrace on), with other names: after a transfer, to a phone that asks.
INFO = (
    "User-Agent: FreeSWITCH-mod_sofia/1.10.12-release~64bit",
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY",
    "Supported: timer, path, replaces",
    "Content-Type: message/update_display",
)
# To a phone whose User-Agent it knows.
UPDATE = (
    "User-Agent: FreeSWITCH-mod_sofia/1.10.12-release~64bit",
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY",
    "Supported: timer, path, replaces",
)


@pytest.fixture
def wired_phone(application, open_page, make_extension):
    """Register a phone whose SIP can be changed; returns its number, the phone and its wire."""

    def register():
        number, password = make_extension()
        page = open_page("about:blank")
        wire = Wire(page)
        page.goto(application.url)
        phone = Phone(page)
        phone.register(number, password)
        return number, phone, wire

    return register


@pytest.fixture
def in_call(wired_phone, registered_phone):
    """A phone that has called another one: its wire, the phone, the other one."""
    _, phone, wire = wired_phone()
    number, far = registered_phone()
    connect(phone, far, number)
    return wire, phone, far


def expect_other_side(phone, title, number=None):
    expect(phone.page.locator("h2.who-name")).to_have_text(title)
    if number is not None:
        expect(phone.page.locator(".who-number")).to_have_text(number)


def expect_answer(phone, wire, branch, status):
    phone.wait_until(lambda: status in wire.answers_to(branch))
    assert set(wire.answers_to(branch)) <= {"100 Trying", status}


def reports(name, number):
    return (*INFO, f"X-FS-Display-Name: {name}", f"X-FS-Display-Number: {number}")


def test_the_other_side_changes_by_info_update_and_reinvite(in_call):
    wire, phone, far = in_call
    expect_talk(phone, far)
    invites = sum(each.startswith("INVITE") for each in wire.sent)

    branch = wire.put_in("INFO", *reports("Carol Cedar", "1003"))
    expect_other_side(phone, "Carol Cedar", "1003")
    expect_answer(phone, wire, branch, "200 OK")

    for name, number, offer in (("Dora Dale", 1004, ""), ("Finn Fir", 1006, wire.offer())):
        party = f'P-Asserted-Identity: "{name}" <sip:{number}@127.0.0.2>'
        branch = wire.put_in("UPDATE", *UPDATE, party, body=offer)
        expect_other_side(phone, name, str(number))
        expect_answer(phone, wire, branch, "200 OK")

    party = 'Remote-Party-ID: "Emil Elm" <sip:1005@127.0.0.2>;party=calling;screen=yes;privacy=off'
    branch = wire.put_in("INVITE", party, body=wire.offer())
    expect_other_side(phone, "Emil Elm", "1005")
    expect_answer(phone, wire, branch, "200 OK")
    wire.put_in("ACK")

    # The phone itself has not negotiated anew, and the talk goes on.
    assert sum(each.startswith("INVITE") for each in wire.sent) == invites
    expect_talk(phone, far)
    phone.button("Hang up").click()
    far.expect_idle()
    row = phone.page.get_by_role("button", name=re.compile("^Call back")).first
    expect(row).to_contain_text(re.compile(r"Emil Elm.*1005.*First to 2\d{5}", re.DOTALL))


def test_a_name_is_text_and_a_withheld_one_is_not_shown(in_call):
    wire, phone, _ = in_call

    wire.put_in("INFO", *reports("<img src=x onerror=alert(1)>\u202e", "1003"))
    expect_other_side(phone, "<img src=x onerror=alert(1)>", "1003")

    wire.put_in(
        "UPDATE",
        *UPDATE,
        'P-Asserted-Identity: "Dora Dale" <sip:1004@127.0.0.2>',
        "Privacy: id",
    )
    expect(phone.page.locator("h2.who-name")).to_have_text(re.compile("anonymous|withheld"))
    expect(phone.page.get_by_text(re.compile("Dora|1004"))).to_have_count(0)


@pytest.mark.parametrize(("method", "headers"), [("INFO", INFO), ("UPDATE", UPDATE)])
def test_the_demo_switch_passes_no_identity_on_that_a_phone_claims(in_call, method, headers):
    wire, phone, far = in_call
    title = far.page.locator("h2.who-name").inner_text()
    claims = (
        'P-Asserted-Identity: "The Boss" <sip:1@phone.test>',
        'Remote-Party-ID: "The Boss" <sip:1@phone.test>',
        "X-FS-Display-Name: The Boss",
        "X-FS-Display-Number: 1",
    )

    wire.send_in_call(method, *headers, *claims)

    phone.wait_until(lambda: any(f"{method}" in each for each in wire.received))
    phone.button("Hold").click()
    expect(phone.button("Resume")).to_be_enabled()
    expect_other_side(far, title)


def test_an_update_is_answered_while_the_call_is_held(in_call):
    wire, phone, far = in_call
    phone.button("Hold").click()
    expect(phone.button("Resume")).to_be_enabled()

    for name, offer in (("Dora Dale", ""), ("Finn Fir", wire.offer())):
        party = f'P-Asserted-Identity: "{name}" <sip:1004@127.0.0.2>'
        branch = wire.put_in("UPDATE", *UPDATE, party, body=offer)
        expect_other_side(phone, name, "1004")
        expect_answer(phone, wire, branch, "200 OK")
        expect(phone.page.get_by_text("On hold")).to_be_visible()
    phone.button("Resume").click()
    expect(phone.button("Hold")).to_be_enabled()
    expect_talk(phone, far)


def test_requests_that_cross_a_reinvite_of_the_phone(in_call):
    wire, phone, far = in_call
    wire.keep_back(lambda message: message.startswith("INVITE"))
    phone.button("Hold").click()
    phone.wait_until(lambda: sum(each.startswith("INVITE") for each in wire.sent) == 3)

    # Without an offer there is nothing to cross.
    party = 'P-Asserted-Identity: "Dora Dale" <sip:1004@127.0.0.2>'
    named = wire.put_in("UPDATE", *UPDATE, party)
    expect_answer(phone, wire, named, "200 OK")
    for method in ("UPDATE", "INVITE"):
        crossing = wire.put_in(method, *UPDATE, body=wire.offer())
        phone.wait_until(lambda branch=crossing: "491" in str(wire.answers_to(branch)))
        assert {status[:3] for status in wire.answers_to(crossing)} <= {"100", "491"}
    wire.release()

    expect(phone.button("Resume")).to_be_enabled()
    expect_other_side(phone, "Dora Dale", "1004")
    phone.button("Resume").click()
    expect(phone.button("Hold")).to_be_enabled()
    expect_talk(phone, far)


def as_early_media(wire):
    """Let the answer of a phone be 183 with sound first; returns what answers."""
    kept = []

    def change(message):
        if message.startswith("SIP/2.0 200") and re.search(r"CSeq: \d+ INVITE", message):
            kept.append(message)
            return message.replace("SIP/2.0 200 OK", "SIP/2.0 183 Session Progress", 1)
        return message

    wire.change(change)

    def answer():
        wire.change(str)
        wire.send_to_server(kept[-1])

    return answer


def test_tones_go_out_with_early_media(registered_phone, wired_phone):
    _, caller = registered_phone()
    number, menu, wire = wired_phone()
    answer = as_early_media(wire)
    caller.call(number)
    expect(menu.button("Answer")).to_be_visible()
    # It rings, and nothing is heard yet: a tone is not sent, and the phone says so.
    expect(caller.button("5")).to_be_disabled()
    caller.page.keyboard.press("5")
    expect(caller.page.get_by_text("No tones yet")).to_be_visible()

    menu.button("Answer").click()
    expect(caller.button("5")).to_be_enabled()
    caller.button("1").click()
    for digit in "59*0#":
        caller.page.keyboard.press(digit)

    caller.page.wait_for_function("() => sipappTest.digits.join('') === '159*0#'")
    expect(caller.page.get_by_role("log", name="Digits sent")).to_have_text("159*0#")
    expect_sound(menu)
    expect(caller.page.get_by_role("timer")).to_have_count(0)
    answer()
    caller.expect_in_call()
    caller.button("7").click()
    caller.page.wait_for_function("() => sipappTest.digits.join('') === '159*0#7'")
    caller.button("Hang up").click()
    menu.expect_idle()
