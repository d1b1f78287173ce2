"""The live page as people see it: a switch's events arrive without a reload of the page."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.server import ADMIN_PASSWORD, Application, Switch

from sipapp.testing.fake_freeswitch import FakeEventSocket
from sipapp.testing.ports import reserve_port
from sipapp.testing.waiting import eventually

EVIL = "<img src=x onerror=\"document.title='taken over'\"> phone"
CALL = "d9d7c98a-399e-4e61-8b5b-0b0593aa30c4"


@pytest.fixture(scope="module")
def freeswitch() -> Iterator[FakeEventSocket]:
    with FakeEventSocket() as switch:
        yield switch


@pytest.fixture(scope="module")
def watched(
    freeswitch: FakeEventSocket, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """A server beside that switch, with extension 1000."""
    folder: Path = tmp_path_factory.mktemp("live")
    directory = folder / "directory"
    directory.mkdir()
    reloaders = (
        "sipapp.reloaders = pbx\nsipapp.reloader.pbx.use = esl\n"
        f"sipapp.reloader.pbx.port = {freeswitch.port}\n"
        f"sipapp.reloader.pbx.password = {freeswitch.password}\n"
    )
    with Application(
        folder, Switch(freeswitch.domain, reserve_port(), directory, reloaders)
    ) as running:
        freeswitch.directory = directory
        assert running.api("POST", "/extensions", {"id": "1000"}).status == 201
        yield running


@pytest.fixture
def open_watched(watched: Application, open_page: Callable[..., Page]) -> Callable[..., Page]:
    def open_path(path: str, **options: object) -> Page:
        credentials = {"username": "admin", "password": ADMIN_PASSWORD}
        return open_page(f"{watched.url}/admin{path}", http_credentials=credentials, **options)

    return open_path


def register(freeswitch: FakeEventSocket, subclass: str = "sofia::register") -> None:
    freeswitch.publish(
        {
            "Event-Name": "CUSTOM",
            "Event-Subclass": subclass,
            "Event-Date-Timestamp": str(int(time.time() * 1e6)),
            "profile-name": "internal",
            "from-user": "1000",
            "from-host": freeswitch.domain,
            "contact": "<sip:a@b.invalid;transport=ws>",
            "call-id": "crvgm2b7okjr6ldgcqu86c",
            "expires": "120",
            "network-ip": "192.0.2.7",
            "network-port": "47950",
            "user-agent": EVIL,
        }
    )


def call(freeswitch: FakeEventSocket, state: str) -> None:
    freeswitch.publish(
        {
            "Event-Name": "CHANNEL_CALLSTATE",
            "Unique-ID": CALL,
            "Channel-Call-UUID": CALL,
            "Call-Direction": "inbound",
            "Channel-Call-State": state,
            "Channel-Presence-ID": f"1000@{freeswitch.domain}",
            "Channel-Read-Codec-Name": "opus",
            "Caller-Caller-ID-Number": "1000",
            "Caller-Caller-ID-Name": EVIL,
            "Caller-Destination-Number": "9196",
            "Caller-Channel-Created-Time": str(int(time.time() * 1e6)),
        }
    )


@pytest.fixture(autouse=True)
def nothing_goes_on(freeswitch: FakeEventSocket) -> Iterator[None]:
    """Whatever a test began is over afterwards."""
    yield
    call(freeswitch, "HANGUP")
    register(freeswitch, "sofia::expire")


@pytest.mark.parametrize("width", [360, 1280])
def test_phones_and_calls_come_and_go(
    open_watched: Callable[..., Page], freeswitch: FakeEventSocket, width: int
) -> None:
    page = open_watched("/live", viewport={"width": width, "height": 740})
    expect(page.get_by_text("No phone is registered.")).to_be_visible()

    register(freeswitch)
    call(freeswitch, "RINGING")
    phone = page.get_by_role("table", name="Phones that are registered").get_by_role("row")
    expect(phone.last).to_contain_text("192.0.2.7:47950 WS")
    expect(phone.last).to_contain_text(EVIL)
    talk = page.get_by_role("table", name="Calls that are up").get_by_role("row").last
    expect(talk).to_contain_text("Ringing")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    call(freeswitch, "ACTIVE")
    expect(talk).to_contain_text("Active")
    assert page.title() == "Live · sipapp"

    call(freeswitch, "HANGUP")
    register(freeswitch, "sofia::expire")
    expect(page.get_by_text("No call is up.")).to_be_visible()
    expect(page.get_by_text("No phone is registered.")).to_be_visible()


def test_the_call_is_ended_by_the_keyboard(
    open_watched: Callable[..., Page], freeswitch: FakeEventSocket
) -> None:
    page = open_watched("/live")
    call(freeswitch, "ACTIVE")
    button = page.get_by_role("button", name=re.compile("^End the call from 1000 to 9196"))
    button.focus()
    # What is new is shown around the button, and the focus stays on it.
    register(freeswitch)
    expect(page.get_by_role("cell", name="192.0.2.7:47950 WS")).to_be_visible()
    expect(button).to_be_focused()
    with freeswitch.saying(f"uuid_kill {CALL}", "+OK\n"):
        call(freeswitch, "ACTIVE")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("The call from 1000 to 9196 was ended.")


def test_the_list_follows_and_nothing_stale_is_live(
    open_watched: Callable[..., Page], freeswitch: FakeEventSocket
) -> None:
    page = open_watched("")
    live = open_watched("/live")
    row = page.get_by_role("row").filter(has_text="1000")
    expect(row).to_contain_text("Not registered")
    register(freeswitch)
    expect(row).to_contain_text(re.compile(r"Registered\s+192\.0\.2\.7:47950 WS"))

    with freeswitch.off():
        expect(row).to_contain_text("Enabled")
        expect(page.get_by_text("Not known now: which phones are registered")).to_be_visible()
        expect(live.get_by_role("alert")).to_contain_text("Not known since")
        expect(live.get_by_role("table")).to_have_count(0)

    expect(row).to_contain_text("Not registered", timeout=45_000)
    expect(live.get_by_text("No phone is registered.")).to_be_visible(timeout=45_000)


@pytest.mark.only_browser("chromium")  # Playwright can take the script from no other.
def test_it_works_without_script(
    open_watched: Callable[..., Page], freeswitch: FakeEventSocket
) -> None:
    page = open_watched("/live", java_script_enabled=False)
    # Playwright does not look for text in there.
    expect(page.locator("noscript p")).to_be_visible()
    register(freeswitch)

    def is_listed() -> bool:
        page.reload()
        return page.get_by_role("cell", name="192.0.2.7:47950 WS").is_visible()

    eventually(is_listed)
    page.get_by_role("button", name=re.compile("^Drop the registration of 1000")).click()
    expect(page.get_by_role("status")).to_contain_text("registration of 1000 was dropped")
