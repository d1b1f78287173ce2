"""deploy/nginx.conf: what it has beside the rules that test_proxies.py has for all proxies."""

import base64
import contextlib
import http.client
import re
import socket
import ssl
from dataclasses import replace

import pytest
from tests.proxies import has_ipv6, running_proxy
from tests.proxy_ends import (
    ADDRESSES,
    TLS,
    Server,
    Switch,
    connect,
    handshake,
    listening,
    status_of,
)
from tests.unit.fake_websocket import websocket_server

from sipapp.doctor import phone_server
from sipapp.doctor.target import DiagnosisTarget
from sipapp.settings.ini import parse_settings

ACCOUNT = "Basic " + base64.b64encode(b"admin:wrong").decode()
OFFICE = 200
"""Phones behind one address."""


@pytest.fixture(scope="module")
def server():
    with listening(Server()) as server:
        yield server


@pytest.fixture(scope="module")
def upstreams(server):
    """The ports of a server and of a switch."""
    with listening(Switch()) as switch:
        yield server.server_address[1], switch.server_address[1]


@pytest.fixture
def run_proxy(upstreams, tmp_path):
    """Start the delivered nginx; an argument has changes of its file."""
    with contextlib.ExitStack() as running:
        yield lambda changes=None: running.enter_context(
            running_proxy("nginx", tmp_path, *upstreams, changes)
        )


@pytest.fixture
def proxy(run_proxy):
    return run_proxy()


class Client:
    """One connection with requests, one after the other."""

    def __init__(self, proxy):
        self._connection = http.client.HTTPSConnection(
            "localhost",
            proxy.https,
            timeout=20,
            context=TLS,
        )

    def close(self):
        self._connection.close()

    def ask(self, path, method="GET", **headers):
        self._connection.request(method, path, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer


@pytest.fixture
def client_of():
    """Make a client of a proxy."""
    with contextlib.ExitStack() as made:
        yield lambda proxy: made.enter_context(contextlib.closing(Client(proxy)))


@pytest.fixture
def client(proxy, client_of):
    return client_of(proxy)


def test_a_page_without_a_port_in_its_address_opens_it(proxy):
    assert status_of(proxy, "https://localhost", host="localhost") == 101


def test_the_doctor_is_let_in_as_a_page_of_this_host(tmp_path):
    with websocket_server() as switch, running_proxy("nginx", tmp_path, 1, switch) as proxy:
        settings = parse_settings({"sipapp.phone.server": "wss://{host}/sip/ws"}, {})
        target = DiagnosisTarget(settings, None, {}, host="localhost", port=proxy.https)
        found = {line.check: line for line in phone_server.examine(target)}
        assert found["webrtc.phone"].level == "ok"

        of_another_page = replace(
            target,
            settings=parse_settings(
                {"sipapp.phone.server": f"wss://localhost:{proxy.https}/sip/ws"}, {}
            ),
            host="pages.test",
        )
        found = {line.check: line for line in phone_server.examine(of_another_page)}
        assert found["webrtc.phone"].level == "fault"
        assert "HTTP 403" in found["webrtc.phone"].found


def test_a_line_lets_in_clients_that_are_no_browsers(run_proxy):
    proxy = run_proxy({'#"~\\|$" 0;': '"~\\|$" 0;'})
    assert status_of(proxy, None) == 101
    assert status_of(proxy, "https://evil.example") == 403


def test_a_line_lets_in_the_pages_of_another_server(run_proxy):
    line = '"~*\\|https://pages\\.example\\.com$" 0;'
    proxy = run_proxy({f"#{line}": line})
    assert status_of(proxy, "https://pages.example.com") == 101
    assert status_of(proxy) == 101
    assert status_of(proxy, "https://evil-pages.example.com") == 403
    assert status_of(proxy, None) == 403


def test_an_office_behind_one_address_is_let_in(proxy, client):
    """All phones of an office at once: their WebSockets, and the proofs of their passwords."""
    with contextlib.ExitStack() as phones:
        statuses = []
        for _ in range(OFFICE):
            connection, status = handshake(proxy)
            phones.enter_context(connection)
            statuses.append(status)
    assert statuses == [101] * OFFICE
    for path in ("/sip/phone/challenge", "/sip/phone/session"):
        proofs = [client.ask(path, "POST").status for _ in range(OFFICE)]
        assert proofs == [200] * OFFICE


def test_websockets_of_one_address_are_limited(run_proxy):
    proxy = run_proxy({"limit_conn sipapp_sockets 300": "limit_conn sipapp_sockets 3"})
    with contextlib.ExitStack() as phones:
        for _ in range(3):
            connection, status = handshake(proxy)
            phones.enter_context(connection)
            assert status == 101
        assert status_of(proxy) == 429
        if has_ipv6():
            assert status_of(proxy, address="::1") == 101


def test_requests_of_one_address_at_the_same_time_are_limited(run_proxy, server, client_of):
    proxy = run_proxy({"limit_conn sipapp_requests 400": "limit_conn sipapp_requests 2"})
    slow = [connect(proxy) for _ in range(2)]
    for each in slow:
        each.sendall(f"GET /sip/slow HTTP/1.1\r\nHost: localhost:{proxy.https}\r\n\r\n".encode())
        assert server.slow.acquire(timeout=20)
    try:
        refused = client_of(proxy).ask("/sip")
        assert refused.status == 429
        assert refused.headers["Retry-After"] == "10"
    finally:
        server.go_on.set()
    for each in slow:
        assert each.recv(4096).startswith(b"HTTP/1.1 200")
        each.close()
    assert client_of(proxy).ask("/sip").status == 200


def test_handshakes_of_one_address_are_limited(run_proxy):
    proxy = run_proxy({"rate=5r/s": "rate=1r/m", "handshakes burst=300": "handshakes burst=3"})
    assert [status_of(proxy) for _ in range(5)] == [101] * 4 + [429]
    # What is refused for its Origin takes nothing from others behind the address.
    assert status_of(proxy, "https://evil.example") == 403


def test_guesses_at_a_phones_password_are_limited(run_proxy, client_of):
    changes = {"rate=10r/s": "rate=1r/m", "phone_proofs burst=400": "phone_proofs burst=3"}
    client = client_of(run_proxy(changes))
    paths = ["/sip/phone/challenge", "/sip/phone/session"] * 2
    assert [client.ask(path, "POST").status for path in paths] == [200] * 4
    refused = client.ask("/sip/phone/session", "POST")
    assert refused.status == 429
    assert refused.headers.get_all("Retry-After") == ["10"]
    assert client.ask("/sip").status == 200


@pytest.mark.parametrize("prefix", ["/sip", "/pbx/phones"])
def test_guesses_at_a_phones_password_are_limited_below_any_prefix(run_proxy, client_of, prefix):
    changes = {"rate=10r/s": "rate=1r/m", "phone_proofs burst=400": "phone_proofs burst=3"}
    client = client_of(run_proxy({**changes, "location /sip {": f"location {prefix} {{"}))
    # Each is the same to sipapp or to nginx.
    spellings = ["/phone/session", "/phone/%73ession", "//phone/session", "/phone/session%0a"]
    paths = [f"{prefix}{each}" for each in spellings]
    assert [client.ask(path, "POST").status for path in paths] == [200] * 4
    assert [client.ask(path, "POST").status for path in paths] == [429] * 4


def test_refused_guesses_are_logged_with_zone_and_address(run_proxy, client_of):
    """As docs/freeswitch.md has fail2ban read them (its filter nginx-limit-req)."""
    changes = {"rate=20r/s": "rate=1r/m", "accounts burst=200": "accounts burst=1"}
    proxy = run_proxy(changes)
    client = client_of(proxy)
    for _ in range(3):
        client.ask("/sip/admin", Authorization=ACCOUNT)
    log = (proxy.folder / "error.log").read_text(encoding="utf-8")
    assert re.search(
        r'limiting requests, excess: [\d.]+ by zone "sipapp_accounts", client: 127', log
    )


def test_guesses_at_an_accounts_password_are_limited(run_proxy, client_of):
    changes = {"rate=20r/s": "rate=1r/m", "accounts burst=200": "accounts burst=3"}
    client = client_of(run_proxy(changes))
    asked = [client.ask("/sip/api/v1/extensions", Authorization=ACCOUNT) for _ in range(5)]
    assert [answer.status for answer in asked] == [200] * 4 + [429]
    assert asked[-1].headers.get_all("Retry-After") == ["10"]
    assert client.ask("/sip/admin", Authorization=ACCOUNT).status == 429
    assert client.ask("/sip/admin").status == 200
    assert client.ask("/sip/phone/directory", Authorization="Bearer abc").status == 200


def test_all_addresses_of_an_ipv6_network_are_one_client(run_proxy, client_of):
    """A header says in this test who asks."""
    told = "client_max_body_size 1m; set_real_ip_from 127.0.0.1; real_ip_header X-Client;"
    changes = {"rate=20r/s": "rate=1r/m", "accounts burst=200": "accounts burst=1"}
    client = client_of(run_proxy({**changes, "client_max_body_size 1m;": told}))

    def status(address):
        headers = {"X-Client": address, "Authorization": ACCOUNT}
        return client.ask("/sip/admin", **headers).status

    network = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:3:4:5:6"]
    assert [status(address) for address in network] == [200, 200, 429]
    short = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"]
    assert [status(address) for address in short] == [200, 200, 429]
    others = ["2001:db8:1:3::1", "2001:db9::1", "192.0.2.1", "192.0.2.2"]
    assert [status(address) for address in others] == [200] * 4


def test_pages_of_the_administration_stay_below_the_limit(client):
    answers = [client.ask("/sip/static/admin.js", Authorization=ACCOUNT) for _ in range(200)]
    assert {answer.status for answer in answers} == {200}


def test_headers_are_set_once_on_nginxs_own_answers_and_the_servers(client):
    for path, status in {"/": 302, "/none": 404, "/sip/ws": 403}.items():
        answer = client.ask(path)
        assert answer.status == status
        assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
        assert answer.headers.get_all("Server") == ["nginx"]
        assert answer.headers.get_all("Retry-After") is None
    answer = client.ask("/sip/busy")
    assert answer.status == 429
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=99"]
    assert answer.headers.get_all("Retry-After") == ["77"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "[::1]", "localhost.evil.example"])
def test_another_name_gets_no_answer(proxy, address, host):
    """DNS rebinding: Host and Origin are both the other page's."""
    with socket.create_connection((address, proxy.http), timeout=20) as plain:
        plain.sendall(f"GET /sip HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert plain.recv(4096) == b""
    with connect(proxy, address) as secured:  # TLS for the right name, the request for another
        secured.sendall(f"GET /sip HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert secured.recv(4096) == b""
    connection, status = handshake(proxy, host=host, address=address)
    connection.close()
    assert status == 0


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", ["evil.example", None])
def test_tls_for_another_name_is_refused(proxy, address, name):
    with pytest.raises(ssl.SSLError, match=r"UNRECOGNIZED_NAME|unrecognized name"):
        connect(proxy, address, name)
