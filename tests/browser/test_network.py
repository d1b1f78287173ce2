"""A phone whose network changes or fails while a call is up: for real, in a namespace of its own.

Everybody sends a tone of their own, without a pause.
"""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import TIMEOUT, watch
from tests.browser.network import PAGE_HOST, Network, missing
from tests.browser.phone import NOTHING_ARRIVES, connect
from tests.browser.tones import ANN, BOB, expect_silence, expect_sound, open_toned

MISSING = missing()
pytestmark = [
    pytest.mark.skipif(MISSING is not None, reason=f"NOT RUN: {MISSING}"),
    # It is started in a namespace of its own.
    pytest.mark.only_browser("chromium"),
]

BROKEN = re.compile("Reconnecting|Recovering")
# ICE says so after some seconds; that no packet comes may be found before.
NO_SOUND = re.compile(f"Sound interrupted|{NOTHING_ARRIVES}")
INVITE = re.compile(r"(INVITE|SIP/2\.0 408) .*\r\n(CSeq: \d+ INVITE)\r\n", re.DOTALL)


@pytest.fixture
def network(application):
    """A namespace that reaches the server and the switch."""
    with Network() as away:
        away.forward(application.port)
        away.forward(application.switch.ws_port)
        yield away


@pytest.fixture
def open_in(network, application, playwright, tmp_path):
    """Open the phone's page in a browser in one of the two namespaces."""
    browsers = []

    def open_one(namespace, tone):
        origin = f"http://{PAGE_HOST}:{application.port}"
        browser = playwright.chromium.launch(
            executable_path=network.browser(namespace, tmp_path), args=network.flags(origin)
        )
        browsers.append(browser)
        context = browser.new_context()
        context.set_default_timeout(TIMEOUT)
        return open_toned(context, f"{origin}/sip", tone)

    yield open_one
    for browser in browsers:
        browser.close()


@pytest.fixture
def away(network, open_in, make_extension, faults):
    """A registered phone in the laptop's namespace."""
    phone = open_in(network.name, ANN)
    watch(phone.page, faults)
    phone.register(*make_extension())
    yield phone
    # The browser complains of what broke with the network, which is what these tests do.
    broken = re.compile("WebSocket|net::ERR_(NETWORK_CHANGED|INTERNET_DISCONNECTED)")
    faults[:] = [each for each in faults if not broken.search(each)]


@pytest.fixture
def said():
    """What was said between the phone at home and the switch."""
    return []


@pytest.fixture
def at_home(network, open_in, make_extension, said):
    """A registered phone beside the switch, and its number."""
    number, password = make_extension()
    phone = open_in(network.home, BOB)

    def hear(message):
        said.append(message)

    def listen(socket):
        socket.on("framesent", hear)
        socket.on("framereceived", hear)

    phone.page.on("websocket", listen)
    phone.register(number, password)
    return number, phone


def unreached(said):
    """Whether an INVITE among it was answered by 408."""
    told = {match.groups() for match in map(INVITE.match, said) if match}
    return any(("INVITE", name) in told for line, name in told if line != "INVITE")


def test_a_call_goes_on_in_another_network(network, away, at_home, said):
    number, far = at_home
    connect(away, far, number)
    expect_sound(away, far)

    # From one network into the next.
    with away.expect_connection():
        network.leave()
        network.join_other()
    expect(away.page.get_by_text(BROKEN)).to_have_count(0)
    expect_sound(away, far)

    # A while without any, in which the other side asks for another way, and reaches nobody.
    said.clear()
    network.leave()
    expect_silence(away, far)
    expect(away.page.get_by_text("Reconnecting").first).to_be_visible()
    far.wait_until(lambda: unreached(said))
    network.join_other()
    expect(away.page.get_by_text(BROKEN)).to_have_count(0)
    expect_sound(away, far)

    far.button("Hang up").click()
    away.expect_idle()
    far.expect_idle()


def test_the_sound_finds_another_way_when_only_its_own_breaks(network, away, at_home):
    number, far = at_home
    connect(away, far, number)
    expect_sound(away, far)
    connected = []
    away.page.on("websocket", lambda socket: connected.append(socket.url))

    # The connection to the switch stays in the old network.
    old = network.address
    network.join_other()
    network.drop_media(old)
    # Looked for at once: it goes as soon as the other way is found.
    expect(away.page.get_by_text(NO_SOUND)).to_be_visible()

    expect_sound(away, far)
    expect(away.page.get_by_text(NO_SOUND)).to_have_count(0)
    assert connected == []
    away.button("Hang up").click()
    far.expect_idle()


def test_a_call_outlives_a_network_that_lets_no_sound_through(network, away, at_home):
    number, far = at_home
    connect(away, far, number)
    expect_sound(away, far)

    network.drop_media()
    expect(away.page.get_by_text(NO_SOUND)).to_be_visible()
    expect_silence(away, far)
    network.let_through()

    expect_sound(away, far)
    expect(away.page.get_by_text(NO_SOUND)).to_have_count(0)
    away.button("Hang up").click()
    far.expect_idle()
