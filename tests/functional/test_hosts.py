"""Under which names the server answers."""

import http.client
import itertools
import logging
import socket

import pytest
from waitress.proxy_headers import proxy_headers_middleware
from webob import Request
from webtest import TestApp
from webtest.http import StopableWSGIServer

from sipapp.api import hookimpl

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
HOSTS = {"sipapp.hosts": "pbx.example.com\n[2001:db8::1] phone.example.com:8443"}
PATHS = ("/", "/sip", "/sip/admin", "/sip/health", "/sip/nothing", "/sip/api/v1/extensions")


@pytest.fixture
def open_app(make_app, memory):
    """A server without an account, as it comes."""
    return make_app(INI, plugins=[memory])


@pytest.fixture
def named(make_app, memory):
    """A server with accounts and a list of its names."""
    return make_app(INI | HOSTS, plugins=[memory], SIP_ADMIN_PASS="right-password")


def status(app, host, path="/sip"):
    return app.get(path, headers={"Host": host}, expect_errors=True).status_int


@pytest.mark.parametrize("path", PATHS)
def test_an_open_server_answers_no_name_that_somebody_else_gave_its_address(open_app, path):
    """DNS rebinding: a page of that name would be one of this server's own pages."""
    rebound = {"Host": "rebound.evil.example:6543", "Sec-Fetch-Site": "same-origin"}
    answer = open_app.get(path, headers=rebound, status=421)
    assert answer.status == "421 Misdirected Request"
    assert "sipapp.hosts" in answer.text
    assert "evil" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_open_server_does_nothing_for_such_a_name(open_app, memory):
    host = "rebound.evil.example:6543"
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    open_app.post_json("/sip/api/v1/extensions", {"id": "1020"}, headers=headers, status=421)
    assert memory.storage.list() == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost.:6543",
        "phone.localhost",
        "127.0.0.1:6543",
        "127.1.2.3",
        "[::1]:6543",
        "[0:0::1]",
    ],
)
def test_an_open_server_answers_this_machine(open_app, host):
    assert status(open_app, host) == 200


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]", "localhost.evil.example", "mine"])
def test_an_open_server_answers_no_other_machine(open_app, host):
    assert status(open_app, host) == 421


@pytest.mark.parametrize(
    "host",
    [
        "pbx.example.com",
        "PBX.example.COM.",
        "pbx.example.com:8443",
        "[2001:DB8:0::1]",
        "[2001:db8::1]:8443",
        "phone.example.com:8443",
    ],
)
def test_its_names_are_answered(named, host):
    assert status(named, host) == 200


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "www.pbx.example.com", "phone.example.com", "other"]
)
def test_every_other_name_is_refused(named, host):
    assert status(named, host) == 421


def test_an_open_server_with_names_answers_those_alone(make_app, memory):
    app = make_app(INI | HOSTS, plugins=[memory])
    assert status(app, "pbx.example.com") == 200
    assert status(app, "localhost") == 421


def test_a_server_with_accounts_and_without_names_answers_all(make_app, memory):
    app = make_app(INI, plugins=[memory], SIP_ADMIN_PASS="right-password")
    for host in ("anything.example", "192.0.2.1", "a" * 64, "bücher.example"):
        assert status(app, host.encode().decode("latin-1")) == 200


STRANGE = (
    "",
    "a b",
    "a,b",
    "pbx.example.com, evil.example",
    "pbx.example.com@evil.example",
    "pbx.example.com:x",
    "pbx.example.com:99999",
    "[::1",
    "::1:::",
    "*",
    "<script>",
    "b\xc3\xbccher.example",
    "\xff",
    f"{'a' * 64}.example",
    "a" * 5000,
    "a." * 2500,
)


def test_what_is_no_host_is_refused_and_no_fault_of_ours(named, open_app, caplog):
    with caplog.at_level(logging.ERROR):
        for app, path, host in itertools.product((named, open_app), PATHS, STRANGE):
            answer = app.get(path, headers={"Host": host}, expect_errors=True)
            about = f"{path} at {host[:80]!r}"
            assert answer.status_int == 400, about
            assert host == "" or host not in answer.text, about
            assert answer.content_type in {"text/plain", "application/problem+json"}, about
    assert caplog.records == []


def test_without_a_host_header(named, open_app):
    for app in (named, open_app):
        request = Request.blank("/sip")
        del request.environ["HTTP_HOST"]
        assert request.get_response(app.app).status_int == 400


class Curious:
    """A plugin with a tween, an account and a view of its own."""

    def __init__(self):
        self.asked = []

    @hookimpl
    def sipapp_configure(self, config):
        def tween_factory(handler, _registry):
            def tween(request):
                self.asked.append("tween")
                return handler(request)

            return tween

        config.registry.curious = tween_factory
        config.add_tween(f"{__name__}.curious_tween_factory")

    @hookimpl
    def sipapp_authenticate(self, username):
        self.asked.append(username)


def curious_tween_factory(handler, registry):
    return registry.curious(handler, registry)


def test_nobody_is_asked_about_a_request_for_another_name(make_app, memory):
    plugin = Curious()
    app = make_app(INI | HOSTS, plugins=[memory, plugin], SIP_ADMIN_PASS="right-password")
    app.authorization = ("Basic", ("eve", "guess"))
    assert status(app, "other.example", "/sip/admin") == 421
    assert plugin.asked == []
    assert status(app, "pbx.example.com", "/sip/admin") == 401
    assert set(plugin.asked) == {"tween", "eve"}


@pytest.mark.parametrize(
    ("proxy", "forwarded", "expected"),
    [
        ("10.0.0.1", "pbx.example.com", 200),
        ("10.0.0.1", "evil.example", 421),
        ("10.0.0.1", "evil.example, pbx.example.com", 200),
        ("10.0.0.9", "pbx.example.com", 421),
    ],
)
def test_behind_a_proxy_its_word_counts_if_it_is_trusted(named, proxy, forwarded, expected):
    behind = proxy_headers_middleware(
        named.app, trusted_proxy="10.0.0.1", trusted_proxy_headers={"x-forwarded-host"}
    )
    app = TestApp(behind, extra_environ={"REMOTE_ADDR": proxy})
    headers = {"Host": "127.0.0.1:6543", "X-Forwarded-Host": forwarded}
    assert app.get("/sip", headers=headers, expect_errors=True).status_int == expected


@pytest.fixture
def port(named):
    """The port of a real server."""
    server = StopableWSGIServer.create(named.app)
    yield server.effective_port
    server.shutdown()


OVER_A_CONNECTION = (
    ("GET /sip HTTP/1.1\r\nHost: pbx.example.com", 200),
    ("GET /sip HTTP/1.0\r\nHost: pbx.example.com", 200),
    ("GET /sip HTTP/1.0", 400),
    ("GET /sip HTTP/1.1", 400),
    ("GET /sip HTTP/1.1\r\nHost:", 400),
    ("GET /sip HTTP/1.1\r\nHost: pbx.example.com\r\nHost: evil.example", 400),
    # Of an absolute address only the path is read; Host stays what it is.
    ("GET http://pbx.example.com/sip HTTP/1.1\r\nHost: evil.example", 421),
    ("GET http://evil.example/sip HTTP/1.1\r\nHost: pbx.example.com", 200),
    (f"GET /sip HTTP/1.1\r\nHost: {'a' * 5000}", 400),
    ("HEAD /sip HTTP/1.1\r\nHost: evil.example", 421),
    ("OPTIONS * HTTP/1.1\r\nHost: evil.example", 421),
)


def test_over_a_connection(port):
    for lines, expected in OVER_A_CONNECTION:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(f"{lines}\r\nConnection: close\r\n\r\n".encode())
            response = http.client.HTTPResponse(connection, method=lines.split()[0])
            response.begin()
            response.read()
            assert response.status == expected, lines[:100]
