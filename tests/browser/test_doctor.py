"""The doctor in a browser."""

import re

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_button_has_everything_looked_at(open_admin, make_extension, width, scheme):
    make_extension()
    page = open_admin("/health", viewport={"width": width, "height": 640}, color_scheme=scheme)
    page.get_by_role("link", name="doctor").click()
    expect(page.get_by_role("heading", name="Doctor", exact=True)).to_be_visible()

    page.get_by_role("button", name=re.compile("Look ")).click()

    expect(page.get_by_text(re.compile(r"Looked at on .* UTC, in "))).to_be_visible(timeout=40_000)
    expect(page.get_by_role("heading", name="In order")).to_be_visible()
    expect(page.get_by_text("can be read and written")).to_be_visible()
    # The demo has no TLS, and its switch no certificate: that is what the remedies are for.
    expect(page.get_by_role("button", name="Look again")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_works_without_javascript(open_admin):
    page = open_admin("/doctor", java_script_enabled=False)
    page.get_by_role("button", name=re.compile("Look ")).click()
    expect(page.get_by_text("can be read and written")).to_be_visible(timeout=40_000)
