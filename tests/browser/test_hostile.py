"""What strangers put on a page, and what a page of strangers does, in a real browser.

Nothing that a caller, a phone, a switch or a file says becomes a part of a page, and a page of
another origin changes nothing with the credentials that the browser holds for this one.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from tests.browser import gallery
from tests.browser.conftest import forgive
from tests.browser.phone import Phone
from tests.browser.server import ADMIN_PASSWORD
from tests.browser.test_live import call, register
from tests.functional.phone_client import Phone as Client
from webtest import TestApp
from webtest.http import StopableWSGIServer

from sipapp.app import make_app
from sipapp.testing.fake_freeswitch import FakeEventSocket

EVIL = "\"'><img src=/attack onerror=attack()><script>attack()</script>"
CREDENTIALS = {"username": "admin", "password": ADMIN_PASSWORD}
# What nobody but a stranger would have put into a page.
FOREIGN = "[src*=attack], script:not([src]):not([type='application/json']), [onerror]"
POLICY = ("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'")
FILE = """<include>
<user id="1000">
  <params><param name="password" value="password-of-1000"/></params>
  <variables><variable name="effective_caller_id_name" value="{evil}"/></variables>
</user>
</include>
"""


@dataclass
class Server:
    """The application, in this process, and what was asked of it."""

    app: Any
    switch: FakeEventSocket
    directory: Path
    url: str = ""
    tells: bool = True
    """Whether browsers tell it where a request comes from (Sec-Fetch-Site): over plain HTTP
    to another machine they would not."""
    asked: list[tuple[str, bool, str]] = field(default_factory=list)
    """Method and path, whether credentials came along, and the status of the answer."""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        if not self.tells:
            environ.pop("HTTP_SEC_FETCH_SITE", None)
        line = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        known = "HTTP_AUTHORIZATION" in environ

        def note(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            self.asked.append((line, known, status[:3]))
            return start(status, headers, *rest)

        return self.app(environ, note)

    def content(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.directory.iterdir()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On a directory and beside a switch that are full of attacks."""
    directory = tmp_path_factory.mktemp("hostile") / "directory"
    directory.mkdir()
    quoted = EVIL.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    (directory / "1000.xml").write_text(FILE.format(evil=quoted))
    # No slash is in a file's name.
    (directory / f"{EVIL.replace('/', '')}.xml").write_text("<include><user/></include>")
    with FakeEventSocket() as switch, pytest.MonkeyPatch.context() as patch:
        for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS_FILE"):
            patch.delenv(name, raising=False)
        patch.setenv("SIP_ADMIN_PASS", ADMIN_PASSWORD)
        switch.directory = directory
        app = make_app(
            {
                "sipapp.domain": switch.domain,
                "sipapp.storage": "xmldir",
                "sipapp.storage.xmldir.directory": str(directory),
                "sipapp.reloaders": "pbx",
                "sipapp.reloader.pbx.use": "esl",
                "sipapp.reloader.pbx.port": str(switch.port),
                "sipapp.reloader.pbx.password": switch.password,
            }
        )
        # The reload that a start makes: the tests look for those that pages ask for.
        deadline = time.monotonic() + 60.0
        while not any("reload" in each for each in switch.commands):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        served = Server(app, switch, directory)
        listening = StopableWSGIServer.create(served)
        served.url = listening.application_url.replace("localhost", "127.0.0.1") + "sip"
        yield served
        listening.shutdown()
        app.registry.close()


@pytest.fixture
def admin(server: Server, open_page: Callable[..., Page]) -> Page:
    """A browser with the manager, whose extension 1000 a caller calls from a phone."""
    page = open_page(f"{server.url}/admin", http_credentials=CREDENTIALS)
    register(server.switch)
    call(server.switch, "ACTIVE")
    return page


def visit(page: Page, url: str, *says: str, status: int = 200) -> None:
    """Open a page with an attack: it is text there, and nothing complains of it."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == status
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    for part in POLICY:
        assert part in policy
    for text in says:
        expect(page.locator("main")).to_contain_text(text)
    expect(page.locator(FOREIGN)).to_have_count(0)
    expect_well_made(page)


AT_REST = """async () => {
  await new Promise(requestAnimationFrame);
  await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
}"""


def expect_well_made(page: Page) -> None:
    """Neither theme nor size gives axe anything to find, and nothing sticks out."""
    looks = (("light", 1280, gallery.RULES), ("dark", 360, gallery.RULES_OF_LOOKS))
    for theme, width, rules in looks:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        # Colours on their way from one theme to the other are none of either.
        page.evaluate(AT_REST)
        assert gallery.faults_of(page, rules) == [], f"{page.url} in {theme} at {width} px"


def test_pages_show_an_attack_as_text(server: Server, admin: Page, faults: list[str]) -> None:
    elsewhere: list[str] = []
    base = server.url.removesuffix("/sip")
    admin.on("request", lambda request: elsewhere.append(request.url))
    admin.on("dialog", lambda dialog: faults.append(dialog.message))
    pages = f"{server.url}/admin"
    visit(admin, f"{pages}?search={quote(EVIL)}")
    expect(admin.get_by_role("searchbox")).to_have_value(EVIL)
    visit(admin, f"{pages}/live", "<img src=x onerror")
    visit(admin, f"{pages}/health", EVIL.replace("/", ""))
    visit(admin, f"{pages}/history?search={quote(EVIL)}")
    for action in ("delete", "disable", "rename"):
        visit(admin, f"{pages}/extensions/1000/{action}")
    visit(admin, f"{pages}/new")
    visit(admin, f"{pages}/doctor")
    visit(admin, f"{pages}/extensions/1000")
    expect(admin.get_by_label("Caller ID name", exact=True).first).to_have_value(EVIL)

    admin.get_by_label("Caller ID name", exact=True).first.fill(f"Ann {EVIL}")
    with server.switch.saying("reloadxml", f"-ERR {EVIL}\n"):
        with admin.expect_navigation() as refused:
            admin.get_by_role("button", name="Save").click()
        assert refused.value.status == 409
        expect(admin.locator("main")).to_contain_text(EVIL)
    expect(admin.locator(FOREIGN)).to_have_count(0)
    forgive(faults, "409")
    with admin.expect_navigation():
        admin.get_by_role("button", name="Save").click()
    visit(admin, f"{pages}/history", f"Ann {EVIL}")
    admin.get_by_role("link", name="Extension 1000").first.click()
    expect_well_made(admin)

    visit(admin, f"{server.url}?call={quote(EVIL)}#{quote(EVIL)}")
    assert faults == []
    for path in (f"/admin/extensions/{quote(EVIL, safe='')}", f"/admin/{quote(EVIL)}"):
        visit(admin, server.url + path, status=404)
        # Chromium says so too.
        forgive(faults, "404")
    assert [url for url in elsewhere if not url.startswith((base, "data:"))] == []


def test_a_report_of_a_phone_is_text(server: Server, admin: Page) -> None:
    told = {"kind": "call", "summary": EVIL, "browser": EVIL, "number": EVIL, "cause": EVIL}
    lists = {
        "facts": [{"name": "connectionState", "value": EVIL}],
        "steps": [{"at": 1, "name": EVIL, "result": "ok", "detail": EVIL}],
    }
    client = Client(TestApp(server.app))
    client.log_in(password="password-of-1000")
    client.ask("POST /reports", {**told, **lists}, status=201)
    visit(admin, f"{server.url}/admin/reports", EVIL)
    admin.get_by_role("link", name=EVIL).click()
    expect(admin.get_by_text(EVIL)).not_to_have_count(1)
    expect(admin.locator(FOREIGN)).to_have_count(0)
    expect_well_made(admin)


def test_the_name_of_a_caller_is_text(registered_phone: Callable[..., tuple[str, Phone]]) -> None:
    _, caller = registered_phone(caller_id_name=EVIL)
    number, callee = registered_phone()
    caller.call(number)
    callee.button("Answer").click()
    callee.expect_in_call()
    expect(callee.page.get_by_text(EVIL).first).to_be_visible()
    expect(callee.page.locator(FOREIGN)).to_have_count(0)
    callee.button("Hang up").click()
    callee.expect_idle()
    expect(callee.page.locator(FOREIGN)).to_have_count(0)


@pytest.fixture(scope="module")
def foreign_port() -> Iterator[int]:
    """The server of another origin, with an empty page."""

    def empty(_environ: object, start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<!DOCTYPE html><title>Prizes</title>"]

    listening = StopableWSGIServer.create(empty)
    yield int(listening.effective_port)
    listening.shutdown()


ATTACKS = """async (url) => {
  const frame = (name) => {
    const made = document.createElement('iframe');
    made.name = name;
    document.body.append(made);
    return new Promise((done) => { made.onload = done; });
  };
  const post = (path, fields, enctype, method = 'POST') => {
    const loaded = frame(path + enctype);
    const form = document.createElement('form');
    Object.assign(form, { action: url + path, method, enctype, target: path + enctype });
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement('input');
      Object.assign(input, { name, value });
      form.append(input);
    }
    document.body.append(form);
    form.submit();
    return loaded;
  };
  const read = [];
  const ask = async (path, options) => {
    try {
      const answer = await fetch(url + path, { credentials: 'include', ...options });
      const text = await answer.text();
      if (text) read.push(`${path}: ${text}`);
    } catch { /* The browser keeps it from us. */ }
  };
  const json = { 'Content-Type': 'application/json' };
  const extension = JSON.stringify({ id: '6666' });
  const loaded = (tag, address) => new Promise((done) => {
    const made = document.createElement(tag);
    made.onload = made.onerror = done;
    made[tag === 'link' ? 'href' : 'src'] = address;
    if (tag === 'link') made.rel = 'stylesheet';
    document.body.append(made);
  });
  const one = '/admin/extensions/1000';
  await Promise.all([
    post('/admin/new', { id: '6666' }, 'application/x-www-form-urlencoded'),
    post('/admin/new', { id: '6666' }, 'multipart/form-data'),
    post(`${one}/delete`, { version: '' }, 'application/x-www-form-urlencoded'),
    post(`${one}/password`, { password: '' }, 'application/x-www-form-urlencoded'),
    post('/admin/reload', {}, 'application/x-www-form-urlencoded'),
    post('/api/v1/extensions', { '{"id": "6666", "x': '": ""}' }, 'text/plain'),
    post('/api/v1/reload', {}, 'text/plain'),
    post(`${one}/delete`, { confirm: 'yes' }, 'get', 'GET'),
    ask('/api/v1/extensions', { method: 'POST', mode: 'no-cors', body: extension }),
    ask('/api/v1/extensions', { method: 'POST', headers: json, body: extension }),
    ask('/api/v1/extensions/1000', { method: 'DELETE' }),
    ask('/api/v1/extensions/1000', { method: 'PATCH', headers: json, body: '{}' }),
    ask('/api/v1/reload', { method: 'POST', mode: 'no-cors' }),
    ask('/api/v1/extensions', {}),
    ask('/admin', { mode: 'no-cors' }),
    loaded('img', `${url}/admin/reload`),
    loaded('img', `${url}${one}/enable`),
    loaded('script', `${url}/api/v1/extensions`),
    loaded('link', `${url}/admin`),
  ]);
  const frames = [...document.querySelectorAll('iframe')];
  return { read, seen: frames.filter((each) => each.contentDocument?.body?.innerText).length };
}"""


@pytest.mark.only_browser("chromium")  # Firefox asks for the password in a window of its own.
@pytest.mark.parametrize("tells", [True, False], ids=["fetch metadata", "none"])
def test_a_page_of_another_origin_changes_nothing(
    server: Server, admin: Page, foreign_port: int, faults: list[str], tells: bool
) -> None:
    before, commands = server.content(), server.switch.commands
    page = admin.context.new_page()
    # The browser knows the password now; the manager's page asks for more by itself.
    admin.goto("about:blank")
    # By number the same site, by name another.
    for host in ("127.0.0.1", "localhost"):
        page.goto(f"http://{host}:{foreign_port}/")
        server.asked.clear()
        commands.clear()
        server.tells = tells
        try:
            found = page.evaluate(ATTACKS, server.url)
        finally:
            server.tells = True
        assert found == {"read": [], "seen": 0}
        assert server.content() == before
        assert [each for each in commands if "reload" in each or "flush" in each] == []
        writes = [each for each in server.asked if not each[0].startswith(("GET", "OPTIONS"))]
        assert len(writes) >= 9
        assert {status for _, _, status in writes} == {"403"}
        # Where browsers tell it, reading is refused too, links aside.
        if tells:
            assert {status for _, _, status in server.asked} == {"403"}
        # To its own site the browser sends what it knows: nothing fails for lack of credentials.
        if host == "127.0.0.1":
            assert all(known for _, known, _ in writes)
            script = "403" if tells else "200"
            assert ("GET /sip/api/v1/extensions", True, script) in server.asked
    faults.clear()
