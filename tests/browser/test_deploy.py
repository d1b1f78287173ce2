"""The sites of deploy/, each with its proxy and a certificate: https and wss, one origin."""

import base64
import http.client
import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import extension_maker, forgive
from tests.browser.phone import Phone, connect, expect_talk
from tests.browser.server import ADMIN_PASSWORD, Application, demo_switch
from tests.proxies import ALL, has_ipv6, running_proxy

# As production.ini has it.
PROXY = {
    "app_options": "sipapp.trusted_proxies = 127.0.0.1",
    "server_options": "clear_untrusted_proxy_headers = false",
}


def basic(password, name="admin"):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture(scope="module")
def switch_behind_proxy(tmp_path_factory):
    """The switch that the proxies pass on to."""
    return demo_switch(tmp_path_factory.mktemp("switch"))


@pytest.fixture(scope="module")
def application_behind(switch_behind_proxy, tmp_path_factory):
    """The application as in production behind a proxy."""
    folder = tmp_path_factory.mktemp("behind")
    server = "wss://{host}{prefix}/ws"  # the port is the page's
    with Application(folder, switch_behind_proxy, phone_server=server, **PROXY) as running:
        yield running


@pytest.fixture(scope="module", params=ALL)
def behind_proxy(request, application_behind, tmp_path_factory):
    """The application behind a proxy; yields it, the URL, the port for http."""
    running = application_behind
    folder = tmp_path_factory.mktemp(request.param)
    with running_proxy(request.param, folder, running.port, running.switch.ws_port) as proxy:
        yield running, proxy.url, proxy.http


@pytest.fixture
def make_extension_behind(application_behind):
    yield from extension_maker(application_behind)


def test_page_registration_and_a_call_go_through_https_and_wss(
    behind_proxy, make_extension_behind, open_page, faults
):
    _, url, _ = behind_proxy
    phones = {}
    for _ in range(2):
        number, password = make_extension_behind()
        page = open_page(f"{url}/sip", ignore_https_errors=True)
        assert page.evaluate("isSecureContext")
        phones[number] = Phone(page)
        phones[number].register(number, password)
    (_, caller), (other, callee) = phones.items()

    connect(caller, callee, other)

    expect_talk(caller, callee)
    callee.button("Hang up").click()
    caller.expect_idle()
    # Chromium runs no service worker from an origin whose certificate is only overlooked.
    forgive(faults, "An SSL certificate error")


def test_forms_work_behind_the_proxy(behind_proxy, open_page):
    """The check of a form's origin sees the address that the browser sees."""
    running, url, _ = behind_proxy
    page = open_page(
        f"{url}/sip/admin/new",
        ignore_https_errors=True,
        http_credentials={"username": "admin", "password": ADMIN_PASSWORD},
    )
    page.get_by_label("Extension", exact=True).fill("3900")
    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.get_by_role("heading", name="3900")).to_be_visible()
    assert page.url.startswith(url)
    assert running.api("DELETE", "/extensions/3900").status in {200, 204}


def test_the_root_leads_to_the_phone(behind_proxy, open_page):
    _, url, _ = behind_proxy
    page = open_page(f"{url}/", ignore_https_errors=True)
    assert page.url == f"{url}/sip"


def test_plain_http_leads_to_https(behind_proxy):
    _, _, port = behind_proxy
    connection = http.client.HTTPConnection("localhost", port, timeout=10)
    connection.request("GET", "/sip/admin?search=a")
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 301
    found = re.sub(r":\d+", "", answer.headers["Location"])
    assert found == "https://localhost/sip/admin?search=a"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_a_page_that_has_an_address_for_a_name_registers(
    application_behind, make_extension_behind, open_page, faults, tmp_path
):
    changes = {" strict-sni": ""}
    ports = application_behind.port, application_behind.switch.ws_port
    with running_proxy("haproxy", tmp_path, *ports, changes, name="[::1]") as proxy:
        number, password = make_extension_behind()
        phone = Phone(open_page(f"{proxy.url}/sip", ignore_https_errors=True))
        phone.register(number, password)
        page = phone.page.context.new_page()
        page.set_extra_http_headers({"Authorization": basic(ADMIN_PASSWORD)})
        page.goto(f"{proxy.url}/sip/admin/extensions/{number}")
        page.get_by_label("Caller ID name", exact=True).fill("Zoë")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was saved")).to_be_visible()
    forgive(faults, "An SSL certificate error", "WebSocket connection")


# A proxy's own log-in before the phone


def with_basic(folder):
    """What docs/proxies.md says to change in nginx.conf for a name and password of nginx."""
    file = folder / "htpasswd"
    file.write_text("door:{PLAIN}knock\n", encoding="utf-8")
    return {"#auth_basic": "auth_basic", "/etc/nginx/sipapp.htpasswd": str(file)}


SIGN_ON = """
    location = /sign-on/check {
        internal;
        if ($cookie_signed_on != yes) {
            return 401;
        }
        return 204;
    }
    location = /sign-on {
        default_type text/html;
        return 200 "<title>Sign-on</title><a href=/sign-on/done>Sign on</a>";
    }
    location = /sign-on/done {
        add_header Set-Cookie "signed_on=yes; Path=/; Secure; HttpOnly; SameSite=Lax";
        return 302 /sip;
    }
    location @sign_on {
        return 302 /sign-on;
    }
    location = / {"""
WITH_SIGN_ON = {
    "#auth_basic_user_file": "auth_request /sign-on/check; error_page 401 = @sign_on;#",
    "    location = / {": SIGN_ON,
}


def presses_log_in(phone):
    """The phone says that the proxy asks for a log-in; press the button."""
    expect(phone.page.get_by_text("The server in front asks you to log in again.")).to_be_visible()
    phone.page.get_by_role("button", name="Log in", exact=True).click()


def test_a_password_of_the_proxy_and_that_of_the_extension_do_not_disturb_each_other(
    application_behind, make_extension_behind, open_page, faults, tmp_path
):
    running = application_behind
    ports = running.port, running.switch.ws_port
    with running_proxy("nginx", tmp_path, *ports, with_basic(tmp_path)) as proxy:
        number, password = make_extension_behind()
        colleague, _ = make_extension_behind(caller_id_name="Bob Colleague")
        # The browser knows name and password from then on.
        door = proxy.url.replace("https://", "https://door:knock@")
        page = open_page(f"{door}/sip/health", ignore_https_errors=True)
        page.goto(f"{proxy.url}/sip")
        with page.expect_response(lambda answer: answer.url.endswith("/phone/directory")) as got:
            phone = Phone(page)
            phone.register(number, password)
        assert got.value.status == 200
        assert (
            "door"
            in base64.b64decode(
                got.value.request.all_headers()["authorization"].removeprefix("Basic ")
            ).decode()
        )
        # The browser sends the proxy's password to the administration, time and again.
        for _ in range(8):
            answer = page.request.get(
                f"{proxy.url}/sip/admin",
                headers={"Authorization": basic("knock", "door"), "Sec-Fetch-Mode": "navigate"},
            )
            assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith('Basic realm="sipapp"')
        headers = {"Authorization": basic(ADMIN_PASSWORD)}
        answer = page.request.get(f"{proxy.url}/sip/admin/extensions/{colleague}", headers=headers)
        assert answer.status == 200
    forgive(faults, "An SSL certificate error", "WebSocket connection", "net::ERR")


def test_the_offline_page_is_kept_behind_a_password_of_the_proxy(
    application_behind, open_page, tmp_path
):
    """By http: Chromium runs no service worker behind a certificate that is only overlooked."""
    running = application_behind
    changes = with_basic(tmp_path)
    page_by_http = """
    location / {
        auth_basic "Intranet";
        auth_basic_user_file /etc/nginx/sipapp.htpasswd;
        proxy_pass http://sipapp;
        proxy_set_header Host $http_host;
    }"""
    changes = {"    return 301 https://$host$request_uri;": page_by_http, **changes}
    with running_proxy("nginx", tmp_path, running.port, running.switch.ws_port, changes) as proxy:
        page = open_page(f"http://door:knock@localhost:{proxy.http}/sip/health")
        page.goto(f"http://localhost:{proxy.http}/sip")
        kept = "caches.match(location.href).then((page) => page?.text() ?? '')"
        Phone(page).wait_until(lambda: '"offline":true' in page.evaluate(kept))
        manifest = page.evaluate(
            """fetch(document.querySelector('link[rel=manifest]').href)
               .then((answer) => answer.json())"""
        )
        assert manifest["scope"] == "/sip"
        assert page.locator("link[rel=manifest]").get_attribute("crossorigin") == "use-credentials"


def test_a_sign_on_that_has_ended_is_told_and_led_to(
    application_behind, make_extension_behind, open_page, faults, tmp_path
):
    running = application_behind
    ports = running.port, running.switch.ws_port
    with running_proxy("nginx", tmp_path, *ports, WITH_SIGN_ON) as proxy:
        number, password = make_extension_behind()
        make_extension_behind(caller_id_name="Bob Colleague")
        page = open_page(f"{proxy.url}/sip", ignore_https_errors=True)
        page.get_by_role("link", name="Sign on").click()
        phone = Phone(page)
        phone.register(number, password)
        page.get_by_text("Bob Colleague").first.wait_for()

        # The app around the phone is loaded after the page.
        loaded = "performance.getEntriesByType('resource').map((it) => it.name).join()"
        phone.wait_until(lambda: "/assets/start-" in page.evaluate(loaded))

        page.context.clear_cookies()
        phone.button("Unregister").click()
        phone.submit(number, password)
        presses_log_in(phone)
        page.get_by_role("link", name="Sign on").click()
        phone.register(number, password)
        expect(page.get_by_text("asks you to log in again")).to_have_count(0)
    forgive(faults, "An SSL certificate error", "WebSocket connection", "module script")
