"""X-Forwarded headers of trusted proxies: whose are believed, and pages below a path of a proxy."""

import base64
import json
import re
from pathlib import Path

import pytest

from sipapp.api import Extension

PROXY, CLIENT = "172.18.0.5", "198.51.100.7"
ACCOUNT = {"Authorization": "Basic " + base64.b64encode(b"admin:admin-pass").decode()}


@pytest.fixture
def behind(make_app, memory):
    """Make an application behind proxies."""

    def make(trusted=PROXY, remote=PROXY, **ini):
        settings = {f"sipapp.{key}": value for key, value in ini.items()}
        given = {"sipapp.storage": "memory", "sipapp.trusted_proxies": trusted} | settings
        app = make_app(given, plugins=[memory], SIP_ADMIN_PASS="admin-pass")
        app.extra_environ["REMOTE_ADDR"] = remote
        return app

    return make


def address_seen(app, memory, forwarded, **headers):
    """The address that the history has of a change."""
    extension = str(len(memory.storage.list()))
    headers = {"Content-Type": "application/json", **ACCOUNT, **headers}
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    body = json.dumps({"id": extension}).encode()
    app.post("/sip/api/v1/extensions", body, headers=headers, status=201)
    entries = app.get("/sip/api/v1/history", headers=ACCOUNT).json["entries"]
    return entries[0]["actor"]["address"]


@pytest.mark.parametrize(
    ("server", "forwarded", "seen"),
    [
        ((PROXY, PROXY), CLIENT, CLIENT),
        ((PROXY, PROXY), None, PROXY),
        ((PROXY, PROXY), "", PROXY),
        ((PROXY, PROXY), "[2001:db8::7]:4711", "2001:db8::7"),
        ((PROXY, PROXY), "::ffff:198.51.100.7", CLIENT),
        ((PROXY, PROXY), "unknown", ""),
        ((PROXY, "::ffff:172.18.0.5"), CLIENT, CLIENT),
        # What the client itself has sent stands at the left.
        ((PROXY, PROXY), f"192.0.2.66, {CLIENT}", CLIENT),
        ((PROXY, PROXY), f"{PROXY}, 192.0.2.66, {CLIENT}", CLIENT),
        # Nobody else is believed.
        ((PROXY, "172.18.0.6"), CLIENT, "172.18.0.6"),
        ((PROXY, CLIENT), PROXY, CLIENT),
        # Networks, several, of both kinds, and a proxy before the proxy.
        (("172.18.0.0/16", "172.18.99.1"), CLIENT, CLIENT),
        (("172.18.0.0/16", "172.19.0.1"), CLIENT, "172.19.0.1"),
        (("10.0.0.1 fd00:1::/64", "fd00:1::abcd"), CLIENT, CLIENT),
        (("10.0.0.1 [fd00:1::1]", "fd00:1::1"), CLIENT, CLIENT),
        (("10.0.0.1 fd00:1::/64", "fd00:2::abcd"), CLIENT, "fd00:2::abcd"),
        (("172.18.0.0/16 203.0.113.9", PROXY), f"192.0.2.66, {CLIENT}, 203.0.113.9", CLIENT),
        (("172.18.0.0/16", PROXY), f"192.0.2.66, {CLIENT}, 203.0.113.9", "203.0.113.9"),
        (("172.18.0.0/16", PROXY), "172.18.0.9, 172.18.0.8", "172.18.0.9"),
        # A Unix socket's client is called so by waitress.
        (("localhost", "localhost"), CLIENT, CLIENT),
        (("localhost", "127.0.0.1"), CLIENT, CLIENT),
    ],
)
def test_the_address_of_the_client(behind, memory, server, forwarded, seen):
    """Of a server: what it trusts, and from where it is connected to."""
    assert address_seen(behind(*server), memory, forwarded) == seen


def test_other_headers_with_addresses_are_not_believed(behind, memory):
    spoofed = {"Forwarded": "for=192.0.2.66", "X-Real-IP": "192.0.2.66"}
    assert address_seen(behind(), memory, CLIENT, **spoofed) == CLIENT
    assert address_seen(behind(remote="10.9.9.9"), memory, "192.0.2.66", **spoofed) == "10.9.9.9"


def test_a_name_is_looked_up_again_when_the_container_has_another_address(
    behind, memory, monkeypatch
):
    addresses = {"proxy.test": ["172.18.0.5"]}

    def lookup(name, *_args, **_options):
        return [(0, 0, 0, "", (address, 0)) for address in addresses[name]]

    monkeypatch.setattr("sipapp.web.trusted_proxies.RETRY_AFTER_S", 0.0)
    monkeypatch.setattr("sipapp.doctor.local_addresses.socket.getaddrinfo", lookup)
    app = behind("proxy.test")
    assert address_seen(app, memory, CLIENT) == CLIENT
    app.extra_environ["REMOTE_ADDR"] = "172.18.0.77"
    assert address_seen(app, memory, "192.0.2.66") == "172.18.0.77"

    addresses["proxy.test"] = ["172.18.0.77"]
    assert address_seen(app, memory, CLIENT) == CLIENT
    app.extra_environ["REMOTE_ADDR"] = "172.18.0.5"
    assert address_seen(app, memory, "192.0.2.66") == "172.18.0.5"


def test_a_name_without_an_address_is_not_trusted_and_keeps_the_one_from_before(
    behind, memory, monkeypatch, caplog
):
    addresses = [("172.18.0.5", 0)]

    def lookup(*_args, **_options):
        if not addresses:
            raise OSError("no name server")
        return [(0, 0, 0, "", addresses[0])]

    monkeypatch.setattr("sipapp.web.trusted_proxies.RETRY_AFTER_S", 0.0)
    monkeypatch.setattr("sipapp.doctor.local_addresses.socket.getaddrinfo", lookup)
    app = behind("proxy.test")
    assert address_seen(app, memory, CLIENT) == CLIENT
    addresses.clear()
    app.extra_environ["REMOTE_ADDR"] = "172.18.0.77"
    assert address_seen(app, memory, "192.0.2.66") == "172.18.0.77"
    assert "proxy.test of sipapp.trusted_proxies has no address" in caplog.text
    app.extra_environ["REMOTE_ADDR"] = "172.18.0.5"
    assert address_seen(app, memory, CLIENT) == CLIENT


@pytest.mark.parametrize(
    ("remote", "proto", "secure"),
    [
        (PROXY, "https", True),
        (PROXY, "http, https", True),
        (PROXY, "https, http", False),
        (PROXY, "ftp", False),
        ("10.9.9.9", "https", False),
    ],
)
def test_the_scheme_that_the_browser_came_by(behind, remote, proto, secure):
    page = behind(remote=remote).get("/sip", headers={"X-Forwarded-Proto": proto})
    assert ("Strict-Transport-Security" in page.headers) is secure


@pytest.mark.parametrize(
    ("remote", "forwarded", "status"),
    [
        (PROXY, "pbx.test:8443", 200),
        (PROXY, "evil.test, pbx.test", 200),
        (PROXY, "pbx.test, evil.test", 421),
        ("10.9.9.9", "pbx.test", 421),
    ],
)
def test_the_host_that_the_browser_asked_for(behind, remote, forwarded, status):
    app = behind(remote=remote, hosts="pbx.test")
    headers = {"Host": "127.0.0.1:6543", "X-Forwarded-Host": forwarded}
    refused = app.get("/sip", headers=headers, status=status)
    assert status == 200 or "proxy_set_header Host $http_host;" in refused.text


def paths_of(page):
    """The paths of a page's links, forms and files."""
    names = ("href", "src", "action", "formaction")
    found = [each.get(name, "") for each in page.html.find_all(True) for name in names]
    return [each for each in found if each.startswith("/")]


PREFIXES = {
    "/pbx": "/pbx",
    "/pbx/": "/pbx",
    "/": "",
    "/a/b-c/d": "/a/b-c/d",
    "/t%C3%A9l%20x": "/t%C3%A9l%20x",
    "/what%3Fnow%23": "/what%3Fnow%23",
}


@pytest.mark.parametrize("own", ["/sip", "/", "/sip/", "/a/sip", "/t%C3%A9l"])
@pytest.mark.parametrize(("sent", "path"), PREFIXES.items())
def test_all_addresses_are_below_the_path_that_the_proxy_strips(behind, memory, own, sent, path):
    memory.storage.create(Extension("1000", password="secret-1000"))
    app = behind(prefix=own, **{"phone.server": "wss://{host}{prefix}/ws"})
    asked = own.removesuffix("/")
    base = path + asked
    headers = {"X-Forwarded-Prefix": sent, **ACCOUNT}

    phone = app.get(asked or "/", headers=headers)
    config = json.loads(phone.html.find(id="phone-config").string)
    assert config["phoneApi"] == f"{base}/phone"
    assert config["serviceWorker"] == f"{base}/service-worker.js"
    assert config["adminUrl"] == f"{base}/admin"
    assert config["server"] == f"wss://{{host}}{base}/ws"
    assert paths_of(phone)
    assert [link for link in paths_of(phone) if not link.startswith(f"{base}/")] == []

    manifest = app.get(f"{asked}/manifest.webmanifest", headers=headers).json
    assert (
        manifest["start_url"]
        == manifest["scope"]
        == (base or "/") + "/" * (bool(base) and not asked)
    )
    worker = app.get(f"{asked}/service-worker.js", headers=headers)
    assert worker.headers["Service-Worker-Allowed"] == (base or "/")

    page = app.get(f"{asked}/admin", headers=headers)
    assert [link for link in paths_of(page) if not link.startswith(base or "/")] == []
    redirect = app.get(f"{asked}/admin/", headers=headers, status=302)
    assert redirect.location == f"http://localhost{base}/admin"
    made = app.post_json(f"{asked}/api/v1/extensions", {"id": "2000"}, headers=headers)
    assert made.location.endswith(f"{base}/api/v1/extensions/2000")
    document = app.get(f"{asked}/api/v1/openapi.json", headers=headers).json
    assert document["servers"] == [{"url": f"{base}/api/v1"}]
    problem = app.get(f"{asked}/api/v1/extensions/9999", headers=headers, status=404)
    assert problem.content_type == "application/problem+json"


@pytest.mark.parametrize("own", ["/sip", "/"])
@pytest.mark.parametrize(("sent", "path"), PREFIXES.items())
def test_a_cookie_is_for_the_path_in_the_browser(behind, memory, own, sent, path):
    memory.storage.create(Extension("1000", password="secret-1000"))
    headers = {"X-Forwarded-Prefix": sent, **ACCOUNT}
    app = behind(prefix=own)
    asked = f"{own.removesuffix('/')}/admin/extensions/1000"
    form = app.get(asked, headers=headers).form
    assert form.action == path + asked
    form.action = asked  # as the proxy passes it on
    form["caller_id_name"] = "Bob"
    cookie = form.submit(headers=headers).headers["Set-Cookie"]
    assert f"Path={(path + own).removesuffix('/') or '/'};" in cookie


@pytest.mark.parametrize(
    "sent",
    ["//evil.test", "pbx", "/../x", "/./x", "/a//b", "/a%2F%2Fb", "/a\\b", "/a%0Ab", "/%FF", "/ "],
)
def test_a_prefix_that_is_no_path_is_refused_with_its_name(behind, sent):
    app = behind()
    refused = app.get("/sip", headers={"X-Forwarded-Prefix": f"{sent}x"}, status=400)
    assert "X-Forwarded-Prefix" in refused.text
    assert "is not a path such as /pbx" in refused.text
    problem = app.get("/sip/api/v1/version", headers={"X-Forwarded-Prefix": f"{sent}x"}, status=400)
    assert "X-Forwarded-Prefix" in problem.json["detail"]


def test_of_several_prefixes_those_of_trusted_proxies_count(behind):
    app = behind("172.18.0.0/16")
    chain = {"X-Forwarded-For": f"{CLIENT}, 172.18.0.9", "X-Forwarded-Prefix": "/evil, /a, /b"}
    assert app.get("/", headers=chain, status=302).location.endswith("/a/b/sip")
    one = {"X-Forwarded-For": CLIENT, "X-Forwarded-Prefix": "/evil, /b"}
    assert app.get("/", headers=one, status=302).location == "http://localhost/b/sip"


def test_nobody_else_chooses_the_prefix(behind, make_app, memory):
    headers = {"X-Forwarded-Prefix": "/evil"}
    assert "/evil" not in behind(remote="10.9.9.9").get("/sip", headers=headers).text
    untrusting = make_app({"sipapp.storage": "memory"}, plugins=[memory])
    assert "/evil" not in untrusting.get("/sip", headers=headers).text


def test_another_application_at_a_path_that_begins_alike_is_none_of_ours(behind):
    app = behind()
    for path in ("/sipper", "/sip-other/api/v1/extensions", "/sipphone/session"):
        assert app.get(path, status=404).content_type == "text/html"
    page = app.get("/sip", headers={"X-Forwarded-Prefix": "/pbx"})
    assert re.search(r'href="/pbx/sip/manifest', page.text)


def test_production_ini_believes_its_proxy_and_lets_waitress_keep_the_headers():
    text = (Path(__file__).parents[2] / "production.ini").read_text(encoding="utf-8")
    assert "\nsipapp.trusted_proxies = 127.0.0.1\n" in text
    assert "\nclear_untrusted_proxy_headers = false\n" in text
    assert "\ntrusted_proxy" not in text
