"""Registering, and what the phone says when that fails."""

import re
import ssl

import trustme
from playwright.sync_api import expect
from tests.browser.conftest import WEBSOCKET, forgive
from tests.browser.phone import Phone
from tests.unit.fake_websocket import websocket_server

from sipapp.testing.ports import reserve_port

NOT_REGISTERED = re.compile(r"^Not registered$")
FAILED = re.compile(r"^Registration failed: \S")


def test_register_and_unregister(open_phone, make_extension):
    number, password = make_extension()
    phone = open_phone()
    expect(phone.status(NOT_REGISTERED)).to_be_visible()

    phone.register(number, password)
    phone.button("Unregister").click()

    expect(phone.status(NOT_REGISTERED)).to_be_visible()
    expect(phone.extension).to_have_value(number)


def test_enter_registers(open_phone, make_extension):
    number, password = make_extension()
    phone = open_phone()
    phone.extension.fill(number)
    phone.password.fill(password)

    phone.password.press("Enter")

    expect(phone.status(re.compile(rf"^Registered as {number}$"))).to_be_visible()


def test_an_extension_with_a_plus_sign_registers_by_the_link_to_the_phone(
    application, open_page, make_extension
):
    number, password = make_extension(id="+15550100042")
    phone = Phone(open_page(f"{application.url}#extension={number}"))
    expect(phone.extension).to_have_value(number)
    phone.password.fill(password)
    phone.password.press("Enter")
    expect(phone.status(re.compile(r"^Registered as \+15550100042$"))).to_be_visible()


def test_a_wrong_password_is_reported_and_can_be_corrected(open_phone, make_extension):
    number, password = make_extension()
    phone = open_phone()

    phone.submit(number, "not the password")

    expect(phone.status(FAILED)).to_be_visible()
    expect(phone.extension).to_have_value(number)
    phone.register(number, password)


def test_an_unknown_extension_cannot_register(open_phone):
    phone = open_phone()

    phone.submit("7999", "whatever it is")

    expect(phone.status(FAILED)).to_be_visible()


def test_a_switch_that_is_not_there_is_reported(open_phone, faults):
    phone = open_phone()
    phone.button("Settings").click()
    phone.field("Server").fill(f"ws://127.0.0.1:{reserve_port()}")
    phone.button("Save").click()

    phone.submit("2000", "whatever it is")

    expect(phone.status(FAILED)).to_be_visible()
    # The browser itself complains of a WebSocket that does not open.
    phone.button("Register").wait_for()
    forgive(faults, *WEBSOCKET)


def test_a_certificate_that_the_browser_does_not_trust_is_led_to(open_phone, faults):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(tls)
    phone = open_phone()
    with websocket_server(tls=tls) as port:
        phone.button("Settings").click()
        phone.field("Server").fill(f"wss://localhost:{port}")
        phone.button("Save").click()

        phone.submit("2000", "whatever it is")

        expect(phone.status(FAILED)).to_be_visible()
        # There the browser has its own words, and its own button for the person.
        link = phone.page.get_by_role("link", name=f"open https://localhost:{port}")
        expect(link).to_have_attribute("href", f"https://localhost:{port}")
    forgive(faults, *WEBSOCKET)


def test_settings_are_kept_on_the_device(open_phone, application, make_extension):
    number, password = make_extension()
    phone = open_phone()
    phone.button("Settings").click()
    expect(phone.field("Server")).to_have_value(f"ws://127.0.0.1:{application.switch.ws_port}")
    expect(phone.field("Domain")).to_have_value(application.switch.domain)

    phone.field("Server").fill(f"ws://localhost:{application.switch.ws_port}")
    phone.button("Save").click()
    phone.page.reload()

    phone.button("Settings").click()
    expect(phone.field("Server")).to_have_value(f"ws://localhost:{application.switch.ws_port}")
    phone.page.keyboard.press("Escape")
    phone.register(number, password)


def test_no_password_stays_on_the_device(open_phone, make_extension):
    number, password = make_extension()
    phone = open_phone()
    phone.register(number, password)

    stored = phone.page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )

    assert password not in stored
