"""deploy/nginx.conf, with Debian's nginx and a certificate: https and wss, one origin."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import expect
from tests.browser.conftest import extension_maker, forgive
from tests.browser.phone import Phone, connect, expect_talk
from tests.browser.server import ADMIN_PASSWORD, ROOT, Application, demo_switch

from sipapp.testing.ports import reserve_port

# As production.ini has it.
PROXY = """
trusted_proxy = 127.0.0.1
trusted_proxy_headers = x-forwarded-for x-forwarded-proto x-forwarded-host
clear_untrusted_proxy_headers = true
"""

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sipapp.conf;
}}
"""


def nginx_program():
    unpacked = ROOT / "var" / "nginx" / "usr" / "sbin" / "nginx"
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return shutil.which("nginx", path=path) or unpacked


def make_certificate(folder):
    certificate = trustme.CA().issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "fullchain.pem", append=True)


def site(folder, ports):
    """The file as it is delivered, with this machine's names and ports in it."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/letsencrypt/live/DOMAIN", str(folder))
    text = text.replace("DOMAIN", "localhost")
    text = re.sub(r"^ *listen \[::\]:.*\n", "", text, flags=re.MULTILINE)
    for written, used in ports.items():
        text, times = re.subn(rf"(?<=\b)({re.escape(written)})(?=[; ])", used, text)
        assert times == 1, written
    return text


@pytest.fixture(scope="module")
def switch_behind_nginx(tmp_path_factory):
    """The switch that nginx passes on to."""
    return demo_switch(tmp_path_factory.mktemp("switch"))


@pytest.fixture(scope="module")
def behind_nginx(switch_behind_nginx, tmp_path_factory):
    """The application as in production behind nginx; yields it, the URL, the port for http."""
    folder = tmp_path_factory.mktemp("nginx")
    plain, https = reserve_port(), reserve_port()
    make_certificate(folder)
    server = "wss://{host}/sip/ws"  # the port is the page's
    switch = switch_behind_nginx
    with Application(folder, switch, phone_server=server, server_options=PROXY) as running:
        ports = {
            "127.0.0.1:6543": f"127.0.0.1:{running.port}",
            "127.0.0.1:5066": f"127.0.0.1:{switch.ws_port}",
            "listen 443": f"listen 127.0.0.1:{https}",
            "listen 80": f"listen 127.0.0.1:{plain}",
        }
        (folder / "sipapp.conf").write_text(site(folder, ports), encoding="utf-8")
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder), encoding="utf-8")
        process = subprocess.Popen(
            [nginx_program(), "-p", folder, "-e", "error.log", "-c", folder / "nginx.conf"]
        )
        try:
            wait_for_port(https, process, folder / "error.log")
            yield running, f"https://localhost:{https}", plain
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)


def wait_for_port(port, process, log):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("localhost", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"nginx does not listen: {Path(log).read_text(encoding='utf-8')}")


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
