"""Calls that survive: a cut connection, a silent one, a page that is loaded anew."""

import re
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import Error, expect
from tests.browser import chromium
from tests.browser.conftest import TIMEOUT, WEBSOCKET, forgive
from tests.browser.cuttable import Cuttable
from tests.browser.phone import Phone, connect, expect_talk
from tests.browser.tones import PEERS

BROKEN = re.compile("Reconnecting|Recovering")
AGAIN = re.compile(r"^Registered as \d+$")


@pytest.fixture(scope="module")
def way(application):
    """The way of some phones to the switch, which can be broken."""
    with Cuttable(("127.0.0.1", application.switch.ws_port)) as proxy:
        yield proxy


@pytest.fixture
def broken_phone(application, way, open_page, make_extension, faults):
    """Register a phone whose way to the switch can be broken; its number and the phone."""

    def register():
        number, password = make_extension()
        page = open_page(application.url)
        page.evaluate(
            "url => localStorage.setItem('sipapp.server', url)", f"ws://127.0.0.1:{way.port}"
        )
        page.reload()
        phone = Phone(page)
        phone.register(number, password)
        # Leaving a call asks; here the answer is yes.
        page.on("dialog", lambda dialog: dialog.accept())
        return number, phone

    yield register
    # The browser complains of connections that are cut, which is what these tests do.
    forgive(faults, *WEBSOCKET)


def cut(way, *phones):
    """Cut the connections of all at once, and wait until each is registered by another one."""
    said = [phone.record_words() for phone in phones]
    way.cut()
    for phone, words in zip(phones, said, strict=True):
        phone.wait_until(lambda words=words: "Reconnecting" in words())
    for phone in phones:
        expect(phone.status(AGAIN)).to_be_visible()
        expect(phone.page.get_by_text(BROKEN)).to_have_count(0)


@pytest.mark.parametrize("calls", ["caller", "callee"])
def test_after_a_cut_the_call_goes_on_and_its_end_arrives(
    broken_phone, registered_phone, way, calls
):
    number, phone = broken_phone()
    other, far = registered_phone()
    if calls == "caller":
        connect(phone, far, other)
    else:
        connect(far, phone, number)
    expect_talk(phone, far)

    cut(way, phone)

    expect_talk(phone, far)
    far.button("Hang up").click()
    phone.expect_idle()
    far.expect_idle()


@pytest.mark.parametrize("ends", ["caller", "callee"])
def test_a_call_lives_when_both_its_phones_are_cut_at_once(broken_phone, way, ends):
    _, caller = broken_phone()
    number, callee = broken_phone()
    connect(caller, callee, number)
    expect_talk(caller, callee)

    # Each time it is another pair of dialogs.
    for _ in range(2):
        cut(way, caller, callee)
        expect_talk(caller, callee)

    first, other = (caller, callee) if ends == "caller" else (callee, caller)
    first.button("Hang up").click()
    other.expect_idle()
    first.expect_idle()


def test_a_held_call_stays_held_when_both_its_phones_are_cut_at_once(broken_phone, way):
    _, caller = broken_phone()
    number, callee = broken_phone()
    connect(caller, callee, number)
    callee.button("Hold").click()
    expect(callee.button("Resume")).to_be_enabled()

    cut(way, caller, callee)

    expect(callee.button("Resume")).to_be_enabled()
    callee.button("Resume").click()
    expect_talk(caller, callee)
    caller.button("Hang up").click()
    callee.expect_idle()


@pytest.mark.parametrize("seconds", [0.1, 1.6])
def test_a_call_lives_when_it_is_cut_once_more_while_it_is_taken_over(broken_phone, way, seconds):
    _, caller = broken_phone()
    number, callee = broken_phone()
    connect(caller, callee, number)
    with caller.expect_connection(), callee.expect_connection():
        way.cut()
    for phone in (caller, callee):
        expect(phone.status(AGAIN)).to_be_visible()
    # There is no sign of how far the switch has come: it is tried early and late.
    caller.page.wait_for_timeout(seconds * 1000)

    cut(way, caller, callee)

    expect_talk(caller, callee)
    callee.button("Hang up").click()
    caller.expect_idle()


@pytest.mark.parametrize("loads", ["both", "caller", "callee"])
def test_a_call_lives_when_pages_are_loaded_again_and_the_other_phone_is_cut(
    broken_phone, way, loads
):
    _, caller = broken_phone()
    number, callee = broken_phone()
    connect(caller, callee, number)
    expect_talk(caller, callee)
    reloaded = {"both": (caller, callee), "caller": (caller,), "callee": (callee,)}[loads]

    way.cut()
    for phone in reloaded:
        # It does not wait for the page to be there, so that both are away at once.
        phone.page.evaluate("window.isOld = true; setTimeout(() => location.reload())")
    for phone in reloaded:
        phone.page.wait_for_function("() => !('isOld' in window)")

    for phone in (caller, callee):
        expect(phone.status(AGAIN)).to_be_visible()
        phone.expect_in_call()
        expect(phone.page.get_by_text(BROKEN)).to_have_count(0)
    expect_talk(caller, callee)
    caller.button("Hang up").click()
    callee.expect_idle()
    caller.expect_idle()


def test_a_call_that_cannot_be_taken_over_says_so_and_can_be_called_again(
    broken_phone, way, application
):
    _, caller = broken_phone()
    number, callee = broken_phone()
    connect(caller, callee, number)
    callee.page.goto("about:blank")
    way.cut()

    # It tries for ten seconds, once it is connected again.
    expect(caller.button("Call again")).to_be_visible(timeout=2 * TIMEOUT)
    caller.expect_idle()
    expect(caller.page.get_by_text("This phone was not connected")).to_be_visible()
    callee.page.goto(application.url)
    # Too late for what was left: the caller has given up.
    expect(callee.status(AGAIN)).to_be_visible()
    callee.expect_idle()
    caller.button("Call again").click()
    callee.button("Answer").click()
    expect_talk(caller, callee)


def test_a_silent_connection_is_found_out(broken_phone, registered_phone, way):
    _, phone = broken_phone()
    other, far = registered_phone()
    connect(phone, far, other)

    with phone.expect_connection():
        way.stall()

    expect(phone.page.get_by_text(BROKEN)).to_have_count(0)
    expect_talk(phone, far)
    far.button("Hang up").click()
    phone.expect_idle()


@pytest.mark.parametrize("calls", ["caller", "callee"])
def test_a_call_survives_a_reload(registered_phone, calls):
    number, phone = registered_phone()
    other, far = registered_phone()
    phone.page.on("dialog", lambda dialog: dialog.accept())
    if calls == "caller":
        connect(phone, far, other)
    else:
        connect(far, phone, number)
    expect_talk(phone, far)
    started = phone.page.get_by_role("timer").text_content()

    phone.page.reload()

    phone.expect_in_call()
    expect(phone.page.get_by_role("heading", name=other)).to_be_visible()
    assert phone.page.get_by_role("timer").text_content() >= started
    expect_talk(phone, far)
    far.button("Hang up").click()
    phone.expect_idle()
    far.expect_idle()
    phone.expect_no_media()


def test_a_call_survives_the_death_of_its_browser(
    playwright, application, registered_phone, make_extension, tmp_path
):
    number, password = make_extension()
    other, far = registered_phone()
    profile = tmp_path / "profile"
    with killable(playwright, application, profile) as phone:
        phone.register(number, password)
        connect(phone, far, other)
        phone.button("Mute").click()
        # Chromium takes some seconds to write down what a page keeps.
        phone.wait_until(lambda: is_on_disk(profile, b"sipapp.calls"))
        chromium.kill(profile)

    with killable(playwright, application, profile) as phone:
        expect(phone.button("Unmute")).to_be_enabled()
        expect(phone.page.get_by_role("heading", name=other)).to_be_visible()
        phone.button("Unmute").click()
        expect_talk(phone, far)
        far.button("Hang up").click()
        phone.expect_idle()


@contextmanager
def killable(playwright, application, profile):
    """A browser of its own, with the phone open."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium.find_shell(),
        args=list(chromium.FLAGS),
        permissions=["microphone"],
    )
    try:
        context.add_init_script(path=PEERS)
        context.set_default_timeout(TIMEOUT)
        phone = Phone(context.new_page())
        phone.page.goto(application.url)
        yield phone
    finally:
        # Also where it is dead already.
        with suppress(Error):
            context.close()


def is_on_disk(profile, text):
    files = profile.glob("Default/Local Storage/leveldb/*.log")
    return any(text in file.read_bytes() for file in files)


def test_mute_and_hold_survive_a_reload(registered_phone):
    _, phone = registered_phone()
    other, far = registered_phone()
    phone.page.on("dialog", lambda dialog: dialog.accept())
    connect(phone, far, other)
    phone.button("Mute").click()
    phone.button("Hold").click()
    expect(phone.button("Resume")).to_be_enabled()

    phone.page.reload()

    expect(phone.button("Resume")).to_be_enabled()
    expect(phone.button("Unmute")).to_be_visible()
    phone.button("Resume").click()
    phone.button("Unmute").click()
    expect_talk(phone, far)


def test_a_call_that_ended_while_the_page_was_away_is_shown_as_ended(registered_phone, application):
    _, phone = registered_phone()
    other, far = registered_phone()
    _, third = registered_phone()
    phone.page.on("dialog", lambda dialog: dialog.accept())
    connect(phone, far, other)
    phone.page.goto("about:blank")
    far.button("Hang up").click()
    far.expect_idle()

    phone.page.goto(application.url)

    phone.expect_idle()
    expect(
        phone.page.get_by_text(re.compile(rf"^Call with .*{other}.* ended")).first
    ).to_be_visible()
    # Nobody's phone rang for it.
    expect(far.button("Answer")).to_have_count(0)
    expect(third.button("Answer")).to_have_count(0)


def test_hanging_up_while_the_connection_is_cut_ends_the_call_at_both_sides(
    broken_phone, registered_phone, way
):
    _, phone = broken_phone()
    other, far = registered_phone()
    connect(phone, far, other)
    way.refuse(on=True)
    try:
        way.cut()
        expect(phone.page.get_by_text("Reconnecting").first).to_be_visible()
        phone.button("Hang up").click()
        expect(phone.button("Hang up")).to_have_count(0)
    finally:
        way.refuse(on=False)
    expect(phone.status(AGAIN)).to_be_visible()
    far.expect_idle()


def test_two_calls_survive_a_cut(broken_phone, registered_phone, way):
    _, phone = broken_phone()
    other, far = registered_phone()
    third, guest = registered_phone()
    connect(phone, far, other)
    phone.button("Add call").click()
    phone.call(third)
    guest.button("Answer").click()
    phone.expect_in_call()
    guest.expect_in_call()
    expect(phone.button("Swap")).to_be_enabled()

    cut(way, phone)

    expect_talk(phone, guest)
    phone.button("Swap").click()
    expect_talk(phone, far)
    guest.button("Hang up").click()
    expect(phone.button("Swap")).to_have_count(0)
    phone.expect_in_call()


def test_nothing_of_a_call_can_be_read_in_the_browser(registered_phone):
    _, phone = registered_phone()
    other, far = registered_phone()
    connect(phone, far, other)
    kept = phone.page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])"
    )
    assert not re.search("call_?id|tag|ha1", kept, re.IGNORECASE), kept
