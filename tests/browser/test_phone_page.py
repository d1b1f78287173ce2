"""The phone's page apart from calls."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import forgive


def ink(page):
    """The colour of text: it is another one in each theme."""
    return page.evaluate("getComputedStyle(document.body).color")


def test_backspace_removes_one_digit_and_clears_on_a_long_press(registered_phone):
    _, phone = registered_phone()
    for digit in "12*0#":
        phone.button(digit).click()
    expect(phone.number).to_have_value("12*0#")

    phone.button("Backspace").click()
    expect(phone.number).to_have_value("12*0")
    phone.button("Backspace").click(delay=900)
    expect(phone.number).to_have_value("")


def test_a_press_is_the_buttons_when_a_notice_moves_it_away(registered_phone):
    _, phone = registered_phone()
    mouse = phone.page.mouse
    backspace = phone.button("Backspace")
    # A slow machine makes no long press of a tap.
    phone.page.clock.install()
    phone.page.clock.pause_at(phone.page.evaluate("Date.now()") + 1000)
    for gesture, left in (("held", ""), ("tapped", "123"), ("slid off", "1234")):
        phone.number.fill("1234")
        before = backspace.bounding_box()
        mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
        mouse.down()
        phone.page.evaluate(
            """() => {
                const notice = Object.assign(document.createElement('p'), { id: 'test-notice' });
                notice.style.blockSize = '90px';
                document.querySelector('.notices').append(notice);
            }"""
        )
        assert backspace.bounding_box()["y"] > before["y"] + before["height"]
        if gesture == "slid off":
            mouse.move(before["x"], before["y"] - 100, steps=5)
        if gesture != "tapped":
            # A long press takes half a second.
            phone.page.clock.run_for(800)
        mouse.up()
        expect(phone.number).to_have_value(left)
        phone.page.evaluate("document.getElementById('test-notice').remove()")


@pytest.mark.only_browser("chromium")  # Playwright changes no other system's theme.
def test_the_theme_follows_the_system_until_toggled_and_is_remembered(open_phone):
    phone = open_phone(color_scheme="light")
    light = ink(phone.page)
    expect(phone.button("Dark theme")).to_be_visible()
    phone.page.emulate_media(color_scheme="dark")
    expect(phone.button("Light theme")).to_be_visible()
    dark = ink(phone.page)
    assert dark != light
    phone.page.emulate_media(color_scheme="light")

    phone.button("Dark theme").click()
    expect(phone.button("Light theme")).to_be_visible()
    assert ink(phone.page) == dark

    phone.page.reload()
    expect(phone.button("Light theme")).to_be_visible()
    assert ink(phone.page) == dark


def test_the_gear_leads_to_the_extension_admin(open_phone, application, faults):
    phone = open_phone()
    gear = phone.page.get_by_role("link", name="Extension admin", exact=True)
    settings = phone.button("Settings").bounding_box()
    box = gear.bounding_box()
    assert box["x"] > settings["x"]
    assert box["y"] < 100

    with phone.page.expect_response(re.compile(r"/sip/admin/?$")) as asked:
        gear.click()

    # The admin pages ask who one is; the phone does not.
    assert asked.value.status == 401
    assert application.url in asked.value.url
    forgive(faults, "status of 401")


def test_the_root_leads_to_the_phone(open_page, application):
    page = open_page(application.url.removesuffix("/sip") + "/")
    assert page.url == application.url


def test_everything_comes_from_our_own_server_and_is_cached_for_long(open_page, application):
    asked = {}
    page = open_page("about:blank")
    page.on("response", lambda answer: asked.update({answer.url: answer}))
    page.goto(application.url)
    page.wait_for_load_state("networkidle")

    origin = application.url.removesuffix("/sip")
    assert [url for url in asked if not url.startswith((origin, "data:"))] == []
    static = [answer for url, answer in asked.items() if "/static/" in url]
    assert static
    for answer in static:
        assert "max-age=31536000" in answer.headers["cache-control"], answer.url


def test_the_page_has_a_strict_content_security_policy(application):
    with urllib.request.urlopen(application.url) as answer:  # noqa: S310  (our own server)
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_phone_fits_a_small_screen(open_phone):
    phone = open_phone(viewport={"width": 320, "height": 568})
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.only_browser("chromium")  # Firefox keeps the failure; the phone says so.
def test_a_part_that_the_network_lets_down_is_asked_for_again(open_phone, make_extension, faults):
    number, password = make_extension()
    phone = open_phone(service_workers="block")
    failed = []

    def let_down_once(route):
        if failed:
            route.continue_()
        else:
            failed.append(route.request.url)
            route.abort("connectionreset")

    phone.page.route("**/dialler-*.js", let_down_once)
    phone.register(number, password)
    expect(phone.number).to_be_visible()
    assert len(failed) == 1
    forgive(faults, "dialler-")


@pytest.mark.parametrize("kept", [False, True])
def test_a_phone_that_does_not_come_is_reported(open_phone, faults, kept):
    phone = open_phone(service_workers="block")
    if kept:
        # What would come back by itself is waited for, but not for ever.
        phone.page.evaluate("localStorage.setItem('sipapp.kept', '1000@phone.test')")
    phone.page.route("**/page-*.js", lambda route: route.abort("connectionreset"))
    phone.page.reload()

    expect(phone.page.get_by_text("A part of this page could not be loaded.")).to_be_visible()
    expect(phone.button("Register")).to_be_visible()
    phone.page.unroute("**/page-*.js")
    phone.button("Reload").click()
    expect(phone.page.get_by_text("A part of this page")).to_have_count(0)
    forgive(faults, "page-")
