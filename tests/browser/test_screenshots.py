"""The pictures of README.md, taken into var/screenshots; `make screenshots` puts them there."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.server import ROOT

# The pictures are of one browser.
pytestmark = pytest.mark.only_browser("chromium")

FOLDER = ROOT / "var" / "screenshots"
PHONE = {"width": 420, "height": 720}
ADMIN = {"width": 960, "height": 480}
PEOPLE = {
    "1000": "Ada Lovelace",
    "1001": "Grace Hopper",
    "1002": "Hedy Lamarr",
    "1003": "Annie Easley",
}


@pytest.fixture
def people(application):
    """The extensions in the pictures; returns passwords by number."""
    passwords = {}
    for number, name in PEOPLE.items():
        answer = application.api("POST", "/extensions", {"id": number, "caller_id_name": name})
        passwords[number] = answer.body["password"]
    yield passwords
    for number in passwords:
        application.api("DELETE", f"/extensions/{number}")


def take(page, name):
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.mouse.move(0, 0)
    picture = FOLDER / f"{name}.png"
    page.screenshot(path=picture, animations="disabled", caret="hide")
    # In git for ever, and on one screen of the README.
    assert picture.stat().st_size < 100_000


def test_take_the_pictures(people, open_phone, open_admin):
    callee = open_phone(viewport=PHONE, color_scheme="light")
    callee.register("1001", people["1001"])
    caller = open_phone(viewport=PHONE, color_scheme="dark")
    caller.register("1000", people["1000"])

    caller.number.fill("1001")
    take(caller.page, "phone")
    caller.button("Call").click()
    expect(callee.button("Answer")).to_be_enabled()
    take(callee.page, "phone-ringing")
    callee.button("Answer").click()
    for phone in (caller, callee):
        expect(phone.page.get_by_role("timer")).to_have_text(re.compile("0:0[2-9]$"))
    take(callee.page, "phone-call")

    admin = open_admin("?search=100", viewport=ADMIN, color_scheme="light")
    for number in PEOPLE:
        expect(admin.get_by_role("row").filter(has_text=number)).to_be_visible()
    take(admin, "admin")
