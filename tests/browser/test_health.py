"""Directory health in a browser."""

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import forgive


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_the_screen(open_admin, make_extension, width):
    make_extension()
    page = open_admin("/health", viewport={"width": width, "height": 640})

    expect(page.get_by_role("heading", name="Directory health")).to_be_visible()
    expect(page.get_by_role("heading", name="What was looked at")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_error_with_a_long_path_fits_the_screen(open_admin, faults):
    name = "x" * 100
    page = open_admin(f"/extensions/{name}", viewport={"width": 360, "height": 640})
    expect(page.get_by_text(f"There is no extension '{name}'.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    forgive(faults, "404")


def test_a_number_as_password_is_found_and_mended(open_admin, application, unused_number):
    body = {"id": unused_number, "password": unused_number}
    assert application.api("POST", "/extensions", body).status == 201
    page = open_admin()
    page.get_by_role("link", name="critical").click()

    page.get_by_role("button", name=f"Set a new password of {unused_number}").click()

    expect(page.get_by_text("is shown once")).to_be_visible()
    expect(page.get_by_role("link", name=unused_number, exact=True)).to_have_count(0)
