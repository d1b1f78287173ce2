"""The sites of deploy/ for nginx, Apache, HAProxy and Caddy: what gets to the server."""

import contextlib
import http.client
import re
import ssl
import time
from types import SimpleNamespace

import pytest
from tests.proxies import ALL, delivered_text, has_ipv6, running_proxy
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

REGISTRATION_S = 300
"""Seconds after which a phone registers again: its WebSocket is silent until then."""
SILENCE_S = 600
"""Seconds after which a silent WebSocket is closed, as it is delivered."""
TIMEOUTS = {
    "nginx": "proxy_read_timeout {}s",
    "apache": "timeout={}",
    "haproxy": "timeout tunnel {}s",
    "caddy": "read_timeout {}s",
}


@pytest.fixture(scope="module")
def upstreams():
    with listening(Server()) as server, listening(Switch()) as switch:
        yield SimpleNamespace(server=server, switch=switch)


@contextlib.contextmanager
def site(kind, folder, upstreams, changes=None, **options):
    ports = upstreams.server.server_address[1], upstreams.switch.server_address[1]
    with running_proxy(kind, folder, *ports, changes, **options) as proxy:
        yield proxy


@pytest.fixture(scope="module", params=ALL)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def proxy(kind, upstreams, tmp_path_factory):
    with site(kind, tmp_path_factory.mktemp(kind), upstreams) as running:
        yield running


def ask(proxy, path, method="GET", *, address="127.0.0.1", name="localhost", **headers):
    connection = http.client.HTTPSConnection(address, proxy.https, timeout=20, context=TLS)
    connection.sock = connect(proxy, address, name)
    sent = {"Host": f"localhost:{proxy.https}"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, headers=sent)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_server_gets_what_the_proxy_says_and_nothing_of_the_client(proxy, upstreams, address):
    spoofed = {
        "X_Forwarded_For": "192.0.2.66",
        "X_Forwarded_Proto": "http",
        "X_Forwarded_Host": "evil.test",
        "X_Forwarded_Prefix": "/evil",
        "Forwarded": "for=192.0.2.66;host=evil.test",
        "Sipapp_Session": "token",
    }
    upstreams.server.asked.clear()
    assert ask(proxy, "/sip/admin", address=address, **spoofed).status == 200
    [(path, got)] = upstreams.server.asked
    host = f"localhost:{proxy.https}"
    assert path == "/sip/admin"
    assert got.get_all("Host") == [host]
    assert got.get_all("X-Forwarded-For") == [address]
    assert got.get_all("X-Forwarded-Proto") == ["https"]
    assert got.get("X-Forwarded-Host", host) == host
    assert got.get("X-Forwarded-Prefix", "") == ""
    assert got.get("Forwarded", "") == ""
    assert got["Sipapp-Session"] == "token"


@pytest.mark.parametrize(
    "path", ["/sip", "/sip/", "/sip/admin/extensions/%2B49%2F30?x=%2F&y=%C3%A9+z", "/sip/a%20b"]
)
def test_a_path_comes_as_it_was_asked_for(proxy, upstreams, path):
    upstreams.server.asked.clear()
    assert ask(proxy, path).status == 200
    assert [asked for asked, _ in upstreams.server.asked] == [path]


@pytest.mark.parametrize("path", ["/sipper", "/sip-other/api", "/other", "/ws"])
def test_another_path_is_none_of_ours(proxy, upstreams, path):
    upstreams.server.asked.clear()
    assert ask(proxy, path).status == 404
    assert upstreams.server.asked == []


def test_the_root_leads_to_the_phone_and_plain_http_to_https(proxy):
    answer = ask(proxy, "/")
    assert answer.status == 302
    assert answer.headers["Location"].endswith("/sip")
    plain = http.client.HTTPConnection("127.0.0.1", proxy.http, timeout=20)
    plain.request("GET", "/sip/admin?search=a", headers={"Host": "localhost"})
    answer = plain.getresponse()
    plain.close()
    assert answer.status in {301, 308}
    assert re.fullmatch(r"https://localhost(:\d+)?/sip/admin\?search=a", answer.headers["Location"])


def test_https_is_asked_for_from_then_on(proxy):
    for path in ("/sip", "/", "/none"):
        found = ask(proxy, path).headers.get_all("Strict-Transport-Security")
        assert found == ["max-age=31536000"]


def test_only_pages_of_this_host_open_the_websocket(proxy):
    own = f"https://localhost:{proxy.https}"
    assert status_of(proxy, own) == 101
    foreign = [
        *("https://evil.example", "null", "", None, "https://localhost", "https://localhost:1"),
        *(f"http://localhost:{proxy.https}", f"{own}.evil.example", f"{own}1", f"{own}/"),
        *(f"https://evil.localhost:{proxy.https}", f"{own} {own}", f"x{own}", f"{own}|{own}"),
    ]
    assert {origin: status_of(proxy, origin) for origin in foreign} == dict.fromkeys(foreign, 403)
    below = ["/sip/ws/", "/sip/ws/x", "/sip/x/../ws/", "/sip/ws%2F"]
    for path in below:
        assert status_of(proxy, "https://evil.example", path=path) != 101, path


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_websocket_is_the_switchs_and_passes_bytes(proxy, upstreams, address):
    upstreams.switch.asked.clear()
    connection, status = handshake(proxy, address=address)
    with connection:
        assert status == 101
        connection.sendall(b"REGISTER")
        assert connection.recv(4096) == b"REGISTER"
    assert upstreams.switch.asked == ["/sip/ws"]


@pytest.mark.parametrize("host", ["evil.example", "[::1]", "127.0.0.1", "localhost.evil.example"])
def test_another_name_does_not_get_to_the_server(proxy, upstreams, host):
    """DNS rebinding: Host and Origin are both the other page's."""
    upstreams.server.asked.clear()
    upstreams.switch.asked.clear()
    with contextlib.suppress(http.client.HTTPException, OSError):
        ask(proxy, "/sip", Host=host)
    assert status_of(proxy, host=host) != 101
    with contextlib.suppress(ssl.SSLError, OSError):
        status_of(proxy, host=host, name="evil.example")
    plain = http.client.HTTPConnection("127.0.0.1", proxy.http, timeout=20)
    with contextlib.suppress(http.client.HTTPException, OSError):
        plain.request("GET", "/sip", headers={"Host": host})
        assert plain.getresponse().status >= 300
    plain.close()
    assert upstreams.server.asked == upstreams.switch.asked == []


# What docs/proxies.md says to change where the page has an address for a name.
ADDRESS_FOR_A_NAME = {
    "nginx": {
        "ssl_reject_handshake on;": "ssl_certificate fullchain.pem;ssl_certificate_key privkey.pem;"
    },
    "apache": {"ServerName DOMAIN": "ServerName page.invalid\n    ServerAlias ::1"},
    "haproxy": {" strict-sni": ""},
    "caddy": {"strict_sni_host on": "strict_sni_host insecure_off"},
}


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_an_address_of_ipv6_may_be_the_name_of_the_page(kind, upstreams, tmp_path):
    changes = ADDRESS_FOR_A_NAME[kind]
    with site(kind, tmp_path, upstreams, changes, name="[::1]") as proxy:
        where = {"address": "::1", "name": None}  # browsers send no name for an address
        host = f"[::1]:{proxy.https}"
        upstreams.server.asked.clear()
        assert ask(proxy, "/sip", **where, Host=host).status == 200
        assert upstreams.server.asked[0][1]["Host"] == host
        assert status_of(proxy, host=host, **where) == 101
        assert status_of(proxy, f"https://localhost:{proxy.https}", host=host, **where) == 403
        assert status_of(proxy, host=f"localhost:{proxy.https}", **where) != 101


def test_haproxy_limits_what_one_network_asks_for(upstreams, tmp_path):
    changes = {"gt 400": "gt 3", "gt 500": "gt 3", "sc2_conn_cur gt 300": "sc2_conn_cur gt 3"}
    account = {"Authorization": "Basic YTpi"}
    with site("haproxy", tmp_path, upstreams, changes) as proxy:
        asked = [ask(proxy, "/sip/admin", **account) for _ in range(5)]
        assert [answer.status for answer in asked] == [200] * 3 + [429] * 2
        assert asked[-1].headers["Retry-After"] == "10"
        assert ask(proxy, "/sip/admin").status == 200
        proofs = ["/sip/phone/challenge", "/sip/phone/sessio%6e"] * 2
        assert [ask(proxy, path, "POST").status for path in proofs] == [200] * 3 + [429]
        assert ask(proxy, "/sip/phone/directory").status == 200
        with contextlib.ExitStack() as phones:
            for _ in range(3):
                connection, status = handshake(proxy)
                phones.enter_context(connection)
                assert status == 101
            assert status_of(proxy) == 429
            if has_ipv6():
                assert status_of(proxy, address="::1") == 101


def shortened(kind, seconds):
    """The changes of a file after which silent WebSockets are closed earlier."""
    timeout = TIMEOUTS[kind]
    changes = {timeout.format(SILENCE_S): timeout.format(seconds)}
    if kind == "apache":  # the longer one of the two counts
        changes["ProxyPreserveHost On"] = f"ProxyPreserveHost On\nTimeOut {seconds // 2}"
    return changes


def is_only_the_silent_one_closed(proxy, seconds):
    """Talk by one WebSocket until another one, which is silent, is closed.

    Returns whether that says anything: not if the test itself was held up so long that the proxy
    may have closed the talking one.
    """
    before = said = time.monotonic()
    closed = False
    try:
        with handshake(proxy)[0] as silent, handshake(proxy)[0] as talking:
            silent.settimeout(0.2)
            while True:
                before, said = said, time.monotonic()
                talking.sendall(b"REGISTER")
                assert talking.recv(4096) == b"REGISTER"
                if closed:
                    return True
                with contextlib.suppress(TimeoutError):
                    closed = not silent.recv(4096)
    except (AssertionError, OSError):
        if time.monotonic() - before < seconds / 2:
            raise
        return False


def test_a_websocket_is_closed_after_the_timeout_that_is_longer_than_a_registration(
    kind, upstreams, tmp_path
):
    assert SILENCE_S >= 2 * REGISTRATION_S
    assert TIMEOUTS[kind].format(SILENCE_S) in delivered_text(kind)
    for seconds in (2, 8, 32):  # a longer one where the machine has much else to do
        folder = tmp_path / str(seconds)
        folder.mkdir()
        with site(kind, folder, upstreams, shortened(kind, seconds)) as proxy:
            if is_only_the_silent_one_closed(proxy, seconds):
                return
    pytest.fail("The test was held up each time for half of the timeout.")
