"""The extension manager in a browser, and what its changes mean to a phone."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import forgive
from tests.browser.server import ADMIN_PASSWORD, Application, Switch

from sipapp.testing.ports import reserve_port

FAILED = re.compile(r"^Registration failed: \S")


def action(page, name):
    """A link or a button of this name."""
    link = page.get_by_role("link", name=name, exact=True)
    return link.or_(page.get_by_role("button", name=name, exact=True))


def shown_secret(page, label):
    """The secret that stands beside this label, once."""
    term = page.locator("dt", has_text=re.compile(rf"^{label}$"))
    return page.locator("div", has=term).locator("code").last.inner_text().strip()


def create(page, number, **fields):
    action(page, "New extension").click()
    page.get_by_label("Extension", exact=True).fill(number)
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)
    action(page, "Create").click()


def test_an_extension_created_in_the_admin_page_registers_at_once(
    open_admin, open_phone, application, unused_number
):
    page = open_admin()
    create(page, unused_number, Caller_ID_name="Ada Lovelace")

    password = shown_secret(page, "Password")
    assert len(password) == 20
    phone = open_phone()
    phone.register(unused_number, password)

    page.goto(f"{application.url}/admin")
    row = page.get_by_role("row").filter(has_text=unused_number)
    expect(row).to_contain_text("Ada Lovelace")
    assert password not in page.content()


def test_what_the_switch_answered_is_reported(open_admin, unused_number):
    page = open_admin()
    create(page, unused_number, Password="a-password-of-my-own")

    expect(page.get_by_text(re.compile("applied", re.IGNORECASE)).first).to_be_visible()


def test_a_deleted_extension_can_no_longer_register(open_admin, open_phone, make_extension):
    number, password = make_extension()
    page = open_admin(f"/extensions/{number}")
    action(page, "Delete").click()
    expect(page.get_by_role("heading", name=number)).to_be_visible()
    expect(action(page, "Cancel")).to_be_focused()

    action(page, "Delete").click()

    # Gone from the list too: what names it now is the message, and no row.
    expect(page.get_by_role("status").or_(page.get_by_role("alert")).first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=number)).to_have_count(0)
    phone = open_phone()
    phone.submit(number, password)
    expect(phone.status(FAILED)).to_be_visible()


def test_a_reset_password_is_the_one_that_registers(open_admin, open_phone, make_extension):
    number, old = make_extension()
    page = open_admin(f"/extensions/{number}")

    action(page, "Reset password").click()

    new = shown_secret(page, "Password")
    assert new != old
    phone = open_phone()
    phone.submit(number, old)
    expect(phone.status(FAILED)).to_be_visible()
    phone.register(number, new)


def test_a_caller_id_is_edited(open_admin, make_extension, application):
    number, _ = make_extension()
    page = open_admin(f"/extensions/{number}")

    page.get_by_label("Caller ID name", exact=True).fill("Grace Hopper")
    page.get_by_label("Caller ID number", exact=True).fill("4242")
    action(page, "Save").click()

    expect(page.get_by_text(re.compile("applied", re.IGNORECASE)).first).to_be_visible()
    page.goto(f"{application.url}/admin?search={number}")
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("Grace Hopper")
    expect(row).to_contain_text("4242")


def test_the_search_filters_by_enter(open_admin, make_extension):
    number, _ = make_extension(caller_id_name="Zebra Crossing")
    make_extension(caller_id_name="Somebody Else")
    page = open_admin()

    page.get_by_label("Search", exact=True).fill("zebra")
    page.get_by_label("Search", exact=True).press("Enter")

    expect(page.get_by_role("row").filter(has_text=number)).to_be_visible()
    expect(page.get_by_text("Somebody Else")).to_have_count(0)


def test_a_wrong_extension_is_reported_at_its_field_and_nothing_is_lost(open_admin, faults):
    page = open_admin()
    create(page, "not good", Caller_ID_name="Keep me")

    field = page.get_by_label("Extension", exact=True)
    expect(field).to_have_value("not good")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Caller ID name", exact=True)).to_have_value("Keep me")
    # The browser notes that the answer's status was 422, as it should be.
    forgive(faults, "status of 422")


def test_everything_works_without_javascript(open_admin, application, unused_number):
    page = open_admin(java_script_enabled=False)
    create(page, unused_number, Caller_ID_name="No Script")
    assert len(shown_secret(page, "Password")) == 20

    page.goto(f"{application.url}/admin/extensions/{unused_number}")
    page.get_by_label("Caller ID name", exact=True).fill("Still None")
    action(page, "Save").click()
    page.goto(f"{application.url}/admin?search=Still+None")
    page.get_by_role("link", name=unused_number, exact=True).click()
    action(page, "Delete").click()
    action(page, "Delete").click()

    assert application.api("GET", f"/extensions/{unused_number}").status == 404


def test_an_extension_is_disabled_comes_back_and_gets_another_number(
    open_admin, open_phone, make_extension, unused_number
):
    number, password = make_extension()
    page = open_admin(f"/extensions/{number}")
    action(page, "Disable").click()
    expect(action(page, "Cancel")).to_be_focused()
    action(page, "Disable").click()
    expect(page.get_by_text("This extension is disabled")).to_be_visible()
    action(page, "Enable").click()
    expect(page.get_by_text(f"Extension {number} is enabled")).to_be_visible()

    action(page, "Change number").click()
    page.get_by_label("New extension").fill(unused_number)
    action(page, "Change the number").click()

    expect(page.get_by_role("heading", name=f"Extension {unused_number}")).to_be_visible()
    expect(page.get_by_text(f"Extension {number} is extension {unused_number} now")).to_be_visible()
    phone = open_phone()
    phone.submit(unused_number, password)
    expect(phone.status(re.compile(f"Registered as {unused_number}"))).to_be_visible()


@pytest.mark.parametrize("path", ["", "/delete", "/disable", "/rename"])
def test_the_pages_of_an_extension_fit_a_small_screen(open_admin, make_extension, path):
    number, _ = make_extension()
    page = open_admin(f"/extensions/{number}{path}", viewport={"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_list_fits_a_small_screen(open_admin, make_extension):
    make_extension(caller_id_name="A Person With A Rather Long Name")
    page = open_admin(viewport={"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_theme_of_the_phone_is_the_theme_of_the_admin_pages(open_admin, application):
    page = open_admin(color_scheme="light")
    action(page, "Dark theme").click()

    page.goto(application.url)

    expect(action(page, "Light theme")).to_be_visible()


def test_the_page_of_a_missing_directory_fits_a_small_screen(tmp_path, browser):
    missing = tmp_path / ("a-folder-with-a-name-that-cannot-be-broken-" * 4)
    missing.mkdir()  # for the start, which waits until all is well
    switch = Switch("phone.test", reserve_port(), missing, reloaders="")
    with (
        Application(tmp_path, switch) as running,
        closing(
            browser.new_context(
                http_credentials={"username": "admin", "password": ADMIN_PASSWORD},
                viewport={"width": 360, "height": 640},
            )
        ) as context,
    ):
        missing.rmdir()
        page = context.new_page()
        page.goto(f"{running.url}/admin")
        expect(page.get_by_text("No such file or directory")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
