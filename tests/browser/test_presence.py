"""Presence of colleagues in a phone, which the server knows from its switches."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import extension_maker
from tests.browser.phone import Phone
from tests.browser.server import Application, demo_switch

from sipapp.testing.fake_freeswitch import FakeEventSocket

CALL = "5e1f0c52-2a6e-4b4c-8f43-d2a8a1f4f001"


@pytest.fixture(scope="module")
def freeswitch() -> Iterator[FakeEventSocket]:
    with FakeEventSocket() as switch:
        yield switch


@pytest.fixture(scope="module")
def telling(
    freeswitch: FakeEventSocket, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """A server whose phones register with the demo switch, beside a switch that tells calls."""
    folder = tmp_path_factory.mktemp("presence")
    demo = demo_switch(folder)
    reloaders = (
        demo.reloaders.replace("reloaders = demo", "reloaders = demo pbx")
        + "sipapp.reloader.pbx.use = esl\n"
        + f"sipapp.reloader.pbx.port = {freeswitch.port}\n"
        + f"sipapp.reloader.pbx.password = {freeswitch.password}\n"
    )
    freeswitch.directory = demo.directory
    switch = type(demo)(demo.domain, demo.ws_port, demo.directory, reloaders, demo.phone_options)
    with Application(folder, switch) as running:
        yield running


@pytest.fixture
def make(telling: Application) -> Iterator[Callable[..., tuple[str, str]]]:
    yield from extension_maker(telling)


@pytest.fixture
def registered(
    telling: Application, open_page: Callable[..., Page], make: Callable[..., tuple[str, str]]
) -> Callable[..., tuple[str, Phone]]:
    def register(**options: object) -> tuple[str, Phone]:
        number, password = make()
        phone = Phone(open_page(telling.url, **options))
        phone.register(number, password)
        return number, phone

    return register


def call(freeswitch: FakeEventSocket, number: str, state: str) -> None:
    freeswitch.publish(
        {
            "Event-Name": "CHANNEL_CALLSTATE",
            "Unique-ID": CALL,
            "Channel-Call-UUID": CALL,
            "Call-Direction": "outbound",
            "Channel-Call-State": state,
            "Channel-Presence-ID": f"{number}@{freeswitch.domain}",
            "Channel-Read-Codec-Name": "opus",
            "Caller-Caller-ID-Number": "+49301234",
            "Caller-Caller-ID-Name": "Alice",
            "Caller-Destination-Number": number,
            "Caller-Channel-Created-Time": str(int(time.time() * 1e6)),
        }
    )


def add_contact(phone: Phone, name: str, number: str) -> None:
    phone.button("Add contact").click()
    phone.field("Name").fill(name)
    phone.field("Number").fill(number)
    phone.button("Save contact").click()


def contact(phone: Phone, name: str) -> Locator:
    rows = phone.page.get_by_role("list", name="Own contacts").get_by_role("listitem")
    return rows.filter(has_text=name)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_colleague_who_goes_into_a_call(
    registered: Callable[..., tuple[str, Phone]],
    make: Callable[..., tuple[str, str]],
    freeswitch: FakeEventSocket,
    width: int,
) -> None:
    # Before the phone that loads the directory.
    other, colleague = registered()
    absent, _ = make()
    _, phone = registered(viewport={"width": width, "height": 740})
    frames: list[str] = []
    phone.page.on("websocket", lambda socket: socket.on("framesent", frames.append))
    if width == 360:
        phone.button("Contacts").click()
    add_contact(phone, "Colleague", other)
    add_contact(phone, "Absent", absent)
    add_contact(phone, "Dentist", "+49 30 901820")

    expect(contact(phone, "Colleague")).to_contain_text("Available")
    expect(contact(phone, "Absent")).to_contain_text("Offline")
    call(freeswitch, other, "RINGING")
    expect(contact(phone, "Colleague")).to_contain_text("Ringing")
    call(freeswitch, other, "ACTIVE")
    expect(contact(phone, "Colleague")).to_contain_text("In a call")
    call(freeswitch, other, "HANGUP")
    expect(contact(phone, "Colleague")).to_contain_text("Available")
    expect(contact(phone, "Dentist").locator(".state")).to_have_count(0)
    colleague.page.close()
    expect(contact(phone, "Colleague")).to_contain_text("Offline")
    assert not [each for each in frames if "SUBSCRIBE" in str(each) and other in str(each)]


def test_a_switch_that_tells_no_calls_lets_nobody_seem_free(
    registered_phone: Callable[..., tuple[str, Phone]],
    make_extension: Callable[..., tuple[str, str]],
) -> None:
    """The demo switch alone knows who is registered, and not who is in a call."""
    other, _ = registered_phone()
    absent, _ = make_extension()
    _, phone = registered_phone()
    phone.page.set_viewport_size({"width": 1280, "height": 740})
    with phone.page.expect_response("**/phone/presence?*"):
        add_contact(phone, "Absent", absent)
    add_contact(phone, "Colleague", other)
    expect(contact(phone, "Absent")).to_contain_text("Offline")
    expect(contact(phone, "Colleague").locator(".state")).to_have_count(0)
