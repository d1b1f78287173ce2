"""deploy/nginx.conf, with Debian's nginx and a certificate: https and wss, one origin."""

import http.client

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import extension_maker, forgive
from tests.browser.phone import Phone, connect, expect_talk
from tests.browser.server import ADMIN_PASSWORD, Application, demo_switch
from tests.nginx import delivered_proxy

# As production.ini has it.
PROXY = """
trusted_proxy = 127.0.0.1
trusted_proxy_headers = x-forwarded-for x-forwarded-proto x-forwarded-host
clear_untrusted_proxy_headers = true
"""


@pytest.fixture(scope="module")
def switch_behind_nginx(tmp_path_factory):
    """The switch that nginx passes on to."""
    return demo_switch(tmp_path_factory.mktemp("switch"))


@pytest.fixture(scope="module")
def behind_nginx(switch_behind_nginx, tmp_path_factory):
    """The application as in production behind nginx; yields it, the URL, the port for http."""
    folder = tmp_path_factory.mktemp("nginx")
    server = "wss://{host}/sip/ws"  # the port is the page's
    switch = switch_behind_nginx
    with (
        Application(folder, switch, phone_server=server, server_options=PROXY) as running,
        delivered_proxy(folder, running.port, switch.ws_port) as proxy,
    ):
        yield running, proxy.url, proxy.http


@pytest.fixture
def make_extension_behind(behind_nginx):
    yield from extension_maker(behind_nginx[0])


def test_page_registration_and_a_call_go_through_https_and_wss(
    behind_nginx, make_extension_behind, open_page, faults
):
    _, url, _ = behind_nginx
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


def test_forms_work_behind_the_proxy(behind_nginx, open_page):
    """The check of a form's origin sees the address that the browser sees."""
    running, url, _ = behind_nginx
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


def test_the_root_leads_to_the_phone(behind_nginx, open_page):
    _, url, _ = behind_nginx
    page = open_page(f"{url}/", ignore_https_errors=True)
    assert page.url == f"{url}/sip"


def test_plain_http_leads_to_https(behind_nginx):
    _, _, port = behind_nginx
    connection = http.client.HTTPConnection("localhost", port, timeout=10)
    connection.request("GET", "/sip/admin?search=a")
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 301
    assert answer.headers["Location"] == "https://localhost/sip/admin?search=a"
