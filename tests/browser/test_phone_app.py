"""The phone as an app: installed, without a network, out of sight."""

import struct

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import forgive
from tests.browser.phone import Phone

# Of its developer tools, and of its whole browser.
pytestmark = pytest.mark.only_browser("chromium")

HIDDEN = """
Object.defineProperty(document, 'hidden', { get: () => true });
document.dispatchEvent(new Event('visibilitychange'));
"""
# In the worker. Who asks Chromium for notifications while it is about to show one makes it forget
# that one, so nobody asks before it is shown.
WATCH = """() => {
  const { registration } = self;
  const show = registration.showNotification.bind(registration);
  self.shown = new Promise((resolve) => {
    registration.showNotification = async (...notification) => {
      await show(...notification);
      resolve();
    };
  });
}"""
SHOWN = """async () => {
  const late = new Promise((resolve) => setTimeout(resolve, 15_000));
  await Promise.race([self.shown, late]);
  const shown = await self.registration.getNotifications();
  return shown.map(({ title, body, actions }) => [title, body, actions.map((a) => a.action)]);
}"""
LEFT = """async () => {
  const end = Date.now() + 15_000;
  for (;;) {
    const { length } = await self.registration.getNotifications();
    if (length === 0 || Date.now() > end) {
      return length;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}"""
# What a worker keeps, as text: nothing in it may be secret.
KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      kept[request.url] = await (await cache.match(request)).text();
    }
  }
  return kept;
}"""


def wait_for_worker(page):
    """The service worker is in charge of the page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


@pytest.fixture(scope="module")
def browser(whole_browser):
    """The headless shell shows no notifications."""
    return whole_browser


@pytest.fixture
def phone(open_phone):
    phone = open_phone()
    wait_for_worker(phone.page)
    return phone


def test_the_phone_can_be_installed(phone, application):
    devtools = phone.page.context.new_cdp_session(phone.page)
    faults = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Nothing can be installed from a private window, which each of Playwright's contexts is.
    assert [fault["errorId"] for fault in faults] in ([], ["in-incognito"])
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"] == f"{application.url}/manifest.webmanifest"


def test_its_icons_are_as_large_as_they_say(phone, application):
    request = phone.page.context.request
    manifest = request.get(f"{application.url}/manifest.webmanifest").json()
    origin = application.url.removesuffix("/sip")
    for icon in manifest["icons"]:
        picture = request.get(origin + icon["src"]).body()
        width, height = struct.unpack(">II", picture[16:24])
        assert icon["sizes"] == f"{width}x{height}"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}


def test_a_link_of_another_site_leads_to_the_phone_through_its_worker(phone, application):
    page = phone.page.context.new_page()
    page.goto(f"data:text/html,<a href='{application.url}?call=1001'>1001</a>")
    with page.expect_navigation() as link:
        page.get_by_role("link").click()
    assert link.value.from_service_worker
    assert link.value.status == 200


def test_without_a_network_the_phone_comes_up_and_says_so(phone, faults):
    phone.page.context.set_offline(True)
    phone.page.reload()
    expect(phone.extension).to_be_visible()
    expect(phone.page.get_by_text("server cannot be reached")).to_be_visible()

    phone.page.context.set_offline(False)

    # It comes back by itself.
    expect(phone.page.get_by_text("server cannot be reached")).to_have_count(0)
    expect(phone.extension).to_be_visible()
    forgive(faults, "ERR_INTERNET_DISCONNECTED")


def test_the_worker_keeps_the_page_and_its_files_and_nothing_else(phone, application):
    phone.page.context.request.get(f"{application.url}/admin")
    kept = phone.page.evaluate(KEPT)
    assert application.url in kept
    others = [url for url in kept if not url.startswith(f"{application.url}/static/assets/")]
    assert others == [application.url]
    page = kept[application.url]
    assert "iceServers" not in page
    assert '"offline":true' in page


@pytest.fixture
def hidden_phone(registered_phone):
    number, phone = registered_phone()
    wait_for_worker(phone.page)
    phone.page.context.grant_permissions(["notifications"])
    phone.page.evaluate(HIDDEN)
    [worker] = phone.page.context.service_workers
    worker.evaluate(WATCH)
    return number, phone, worker


def test_a_call_to_a_hidden_page_is_shown_as_long_as_it_rings(hidden_phone, registered_phone):
    number, callee, worker = hidden_phone
    other, caller = registered_phone()
    caller.call(number)
    expect(callee.button("Answer")).to_be_visible()
    [[title, body, actions]] = worker.evaluate(SHOWN)
    assert other in title + body
    assert actions == ["answer", "decline"]

    caller.button("Hang up").click()

    assert worker.evaluate(LEFT) == 0


@pytest.mark.parametrize("action", ["answer", "decline"])
def test_the_notification_answers_and_declines(hidden_phone, registered_phone, action):
    number, callee, worker = hidden_phone
    _, caller = registered_phone()
    caller.call(number)
    expect(callee.button("Answer")).to_be_visible()
    assert len(worker.evaluate(SHOWN)) == 1

    # No program can press a button of the system: this is what the worker says when one is.
    worker.evaluate(
        """async (action) => {
          const [{ tag, data }] = await self.registration.getNotifications();
          const client = await self.clients.get(data);
          client.postMessage({ kind: 'chosen', tag, action });
        }""",
        action,
    )

    if action == "answer":
        callee.expect_in_call()
    else:
        caller.expect_idle()


def test_a_link_fills_the_number_and_dials_nothing(open_page, application, make_extension):
    number, password = make_extension()
    phone = Phone(open_page(f"{application.url}?call=tel%3A%2B49%2030%2012-34%3Bext%3D5"))
    phone.register(number, password)
    expect(phone.number).to_have_value("+49301234,5")
    expect(phone.page.get_by_text("Calls +49301234, then sends 5")).to_be_visible()
    phone.expect_idle()
    assert phone.page.url == application.url


def test_keys_answer_mute_hold_and_hang_up(registered_phone):
    number, callee = registered_phone()
    _, caller = registered_phone()
    caller.call(number)
    expect(callee.button("Answer")).to_be_enabled()
    # Out of any field: there a letter is a letter.
    callee.page.keyboard.press("a")
    callee.expect_in_call()
    callee.page.keyboard.press("m")
    expect(callee.button("Unmute")).to_be_visible()
    callee.page.keyboard.press("h")
    expect(callee.button("Resume")).to_be_visible()
    callee.page.keyboard.press("h")
    expect(callee.button("Hold")).to_be_enabled()
    callee.page.keyboard.press("e")
    callee.expect_idle()
    caller.expect_idle()
