"""The real application, a real switch and a real browser.

The tests find things by their accessible names, which are a contract: see README.md.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect
from tests.browser import chromium, firefox
from tests.browser.phone import Phone
from tests.browser.server import ADMIN_PASSWORD, Application, demo_switch
from tests.browser.tones import Toned, open_toned

# Two cores may be busy with more than this; what is there is seen at once anyway.  Milliseconds.
TIMEOUT = 40_000
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
    browser_name: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Any]]:
    if browser_name == "firefox":
        with firefox.launch_options(tmp_path_factory.mktemp("sound")) as options:
            yield browser_type_launch_args | options
        return
    yield browser_type_launch_args | {
        "executable_path": chromium.find_shell(),
        "args": list(chromium.FLAGS),
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], browser_name: str) -> dict[str, Any]:
    """As of somebody who has allowed the microphone: else ICE hides addresses behind names."""
    if browser_name == "firefox":
        # It is told so by its preferences.
        return browser_context_args
    return browser_context_args | {"permissions": ["microphone"]}


@pytest.fixture(scope="module")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium with all that belongs to one, such as notifications."""
    with playwright.chromium.launch(
        executable_path=chromium.find(), args=list(chromium.FLAGS)
    ) as running:
        yield running


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """One server with its demo switch for all tests; each uses extensions of its own."""
    folder = tmp_path_factory.mktemp("application")
    with Application(folder, demo_switch(folder)) as running:
        yield running


# Longer than a year or a port, so that a page that has one of them has it on purpose.
_numbers = count(200_000)


@pytest.fixture
def make_extension(application: Application) -> Iterator[Callable[..., tuple[str, str]]]:
    """Create an extension by the API; returns its number and the generated password."""
    yield from extension_maker(application)


def extension_maker(running: Application) -> Iterator[Callable[..., tuple[str, str]]]:
    made: list[str] = []

    def make(**fields: str) -> tuple[str, str]:
        number = fields.get("id") or str(next(_numbers))
        answer = running.api("POST", "/extensions", {"id": number, **fields})
        assert answer.status == 201, answer
        assert answer.body["apply"]["state"] == "applied", answer.body["apply"]
        made.append(number)
        return number, answer.body.get("password", fields.get("password"))

    yield make
    for number in made:
        assert running.api("DELETE", f"/extensions/{number}").status in {200, 204, 404}


@pytest.fixture
def unused_number(application: Application) -> Iterator[str]:
    """A number to create an extension with; it is gone after the test."""
    number = str(next(_numbers))
    yield number
    application.api("DELETE", f"/extensions/{number}")


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What pages complained of, Content-Security-Policy included: a fault of the test.

    A test that provokes something takes it out of the list.
    """
    found: list[str] = []
    yield found
    assert found == []


# What browsers say of a WebSocket that does not open, or breaks.
WEBSOCKET = ("WebSocket connection", "a connection to the server at ws", "The connection to ws")


def forgive(faults: list[str], *words: str) -> None:
    """Take out what a test provokes. Not every browser complains of it."""
    faults[:] = [fault for fault in faults if not any(word in fault for word in words)]


def watch(page: Page, faults: list[str]) -> None:
    """Write down what the page complains of."""

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", complain)
    page.on("pageerror", lambda error: faults.append(str(error)))


@pytest.fixture
def open_page(new_context: Callable[..., BrowserContext], faults: list[str]) -> Callable[..., Page]:
    """Open a page in a browser context (a person's browser) of its own."""

    def open_url(url: str, **options: Any) -> Page:
        context = new_context(**options)
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(path=Path(__file__).with_name("peers.js"))
        page = context.new_page()
        watch(page, faults)
        page.goto(url)
        return page

    return open_url


@pytest.fixture
def open_tab(faults: list[str]) -> Callable[[Phone], Phone]:
    """Open the phone in another tab of the same browser."""

    def open_beside(phone: Phone) -> Phone:
        page = phone.page.context.new_page()
        watch(page, faults)
        page.goto(phone.page.url)
        return Phone(page)

    return open_beside


@pytest.fixture
def open_phone(application: Application, open_page: Callable[..., Page]) -> Callable[..., Phone]:
    """Open the phone's page, not registered."""

    def open_one(**options: Any) -> Phone:
        return Phone(open_page(application.url, **options))

    return open_one


@pytest.fixture
def registered_phone(
    open_phone: Callable[..., Phone], make_extension: Callable[..., tuple[str, str]]
) -> Callable[..., tuple[str, Phone]]:
    """Create an extension and register a phone as it; returns its number and the phone."""

    def register(**fields: str) -> tuple[str, Phone]:
        number, password = make_extension(**fields)
        phone = open_phone()
        phone.register(number, password)
        return number, phone

    return register


@pytest.fixture
def speaking_phone(
    application: Application,
    new_context: Callable[..., BrowserContext],
    make_extension: Callable[..., tuple[str, str]],
    faults: list[str],
) -> Callable[[int], tuple[str, Toned]]:
    """Register a phone whose microphone is a tone; returns its number and the phone."""

    def register(tone: int) -> tuple[str, Toned]:
        number, password = make_extension()
        context = new_context()
        context.set_default_timeout(TIMEOUT)
        phone = open_toned(context, application.url, tone)
        watch(phone.page, faults)
        phone.register(number, password)
        return number, phone

    return register


@pytest.fixture
def open_admin(application: Application, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open an admin page, logged in."""

    def open_path(path: str = "", **options: Any) -> Page:
        credentials = {"username": "admin", "password": ADMIN_PASSWORD}
        return open_page(f"{application.url}/admin{path}", http_credentials=credentials, **options)

    return open_path
