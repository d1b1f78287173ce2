"""Every state of the phone, light and dark, small and wide: what axe says of it, whether it
fits, and with --pictures a picture in var/states to look at."""

import pytest
from tests.browser import built, gallery
from tests.browser.server import ROOT

# Playwright gives a theme to no other browser.
pytestmark = pytest.mark.only_browser("chromium")

FOLDER = ROOT / "var" / "states"
SIZES = {"360": (360, 640), "1280": (1280, 800)}


@pytest.fixture(scope="module")
def address():
    with built.serve("gallery") as url:
        yield url


@pytest.fixture
def open_gallery(address, open_page):
    def open_one(width, height, **options):
        page = open_page(address, viewport={"width": width, "height": height}, **options)
        page.wait_for_function("() => 'gallery' in window")
        return page

    return open_one


def show(page, name):
    page.evaluate("(name) => gallery.show(name)", name)


# All rules once: another theme and size change what has to do with colours and places only.
@pytest.mark.parametrize(
    ("theme", "size", "rules"),
    [("light", "1280", gallery.RULES), ("dark", "360", gallery.RULES_OF_LOOKS)],
    ids=["light-1280", "dark-360"],
)
def test_every_state_is_accessible_and_fits(open_gallery, pytestconfig, theme, size, rules):
    width, height = SIZES[size]
    page = open_gallery(width, height, color_scheme=theme, reduced_motion="reduce")
    found = {}
    for name in page.evaluate("gallery.names"):
        show(page, name)
        if pytestconfig.getoption("pictures"):
            page.screenshot(path=FOLDER / f"{name}-{theme}-{size}.png", animations="disabled")
        if faults := gallery.faults_of(page, rules):
            found[name] = faults
    assert found == {}


@pytest.mark.parametrize("name", ["idle", "idle-typing", "incoming", "call", "two", "second"])
def test_nothing_needs_scrolling_on_a_small_screen(open_gallery, name):
    page = open_gallery(320, 568)
    show(page, name)
    size = page.evaluate(
        "(({scrollWidth, scrollHeight}) => [scrollWidth, scrollHeight])(document.documentElement)"
    )
    assert size == [320, 568]


# Where the controls of the call that is up are, by their words.
PLACES = """() => Object.fromEntries(
  [...document.querySelectorAll('.control, .key, .action')]
    .map((one) => [one.textContent.trim(), JSON.stringify(one.getBoundingClientRect())]))"""


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (1280, 800)])
def test_a_second_call_moves_nothing_and_covers_no_control(open_gallery, width, height):
    page = open_gallery(width, height)
    show(page, "call")
    before = page.evaluate(PLACES)
    assert len(before) == 6 + 12 + 1

    show(page, "second")

    assert page.evaluate(PLACES) == before
    sheet = page.locator("phone-second-call").bounding_box()
    controls = page.locator(".controls").bounding_box()
    assert sheet["y"] + sheet["height"] <= controls["y"]
