"""The softphone's page, without its script."""

import json
import re

import pytest

from sipapp.api import hookimpl
from sipapp.model.errors import SettingsError
from sipapp.web.assets import STATIC


@pytest.fixture
def open_phone(make_app, memory):
    def opened(ini=None, plugins=(), path="/sip", **request):
        ini = {"sipapp.storage": "memory", **(ini or {})}
        return make_app(ini, plugins=[memory, *plugins], SIP_ADMIN_PASS="s3cret-1").get(
            path, **request
        )

    return opened


def read_config(page):
    (text,) = re.findall(
        r'<script type="application/json" id="phone-config">(.*?)</script>', page.text, re.DOTALL
    )
    return json.loads(text)


def sources(page, directive):
    policy = dict(
        part.strip().split(" ", 1)
        for part in page.headers["Content-Security-Policy"].split(";")
        if " " in part.strip()
    )
    return policy[directive].split()


def test_the_phone_is_public_and_has_no_secret(open_phone):
    page = open_phone(status=200)
    assert page.content_type == "text/html"
    assert "s3cret" not in page
    assert "Set-Cookie" not in page.headers


def test_its_headers_are_strict(open_phone):
    page = open_phone()
    headers = page.headers
    assert sources(page, "default-src") == ["'none'"]
    assert sources(page, "script-src") == ["'self'"]
    assert sources(page, "frame-ancestors") == ["'none'"]
    assert sources(page, "worker-src") == sources(page, "manifest-src") == ["'self'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Permissions-Policy"] == "microphone=(self), camera=(), geolocation=()"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers
    assert not re.findall(r"<script(?![^>]*(src=|application/json))", page.text)
    assert " style=" not in page
    assert not re.findall(r"<[^>]* on\w+=", page.text)


def test_behind_tls_it_stays_there(open_phone):
    page = open_phone(extra_environ={"wsgi.url_scheme": "https"})
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_configuration_comes_from_the_ini(open_phone):
    ini = {
        "sipapp.domain": "phone.test",
        "sipapp.phone.server": "wss://{host}/sip/ws",
        "sipapp.phone.allow_custom_server": "true",
        "sipapp.phone.ice_servers": "stun:stun.example.com",
        "sipapp.phone.echo_number": "*43",
        "sipapp.phone.conference_prefix": "room-",
        "sipapp.phone.recovery_user": "nobody",
        "sipapp.phone.voicemail_number": "4000",
        "sipapp.phone.pickup_prefix": "*8",
        "sipapp.phone.country": "de",
        "sipapp.phone.outside_prefix": "0",
        "sipapp.phone.auto_answer": "true",
        "sipapp.phone.directory": "false",
        "sipapp.phone.presence": "sip",
        "sipapp.phone.reports": "false",
    }
    assert read_config(open_phone(ini)) == {
        "server": "wss://{host}/sip/ws",
        "domain": "phone.test",
        "allowCustomServer": True,
        "iceServers": [{"urls": ["stun:stun.example.com"]}],
        "turn": False,
        "echoNumber": "*43",
        "conferencePrefix": "room-",
        "recoveryUser": "nobody",
        "voicemailNumber": "4000",
        "pickupPrefix": "*8",
        "numbering": {
            "code": "49",
            "trunk": "0",
            "international": "00",
            "shortest": 5,
            "longest": 13,
            "outside": "0",
        },
        "autoAnswer": True,
        "directory": False,
        "presence": "sip",
        "reports": False,
        "phoneApi": "/sip/phone",
        "serviceWorker": "/sip/service-worker.js",
        "adminUrl": "/sip/admin",
        "plugins": {},
    }


@pytest.mark.parametrize(
    ("ini", "source"),
    [
        ({}, "server"),
        ({"sipapp.phone.presence": "off"}, "off"),
        # The server tells nothing of extensions that it does not list.
        ({"sipapp.phone.directory": "false"}, "off"),
    ],
)
def test_where_phones_get_presence(open_phone, ini, source):
    assert read_config(open_phone(ini))["presence"] == source


def test_another_source_of_presence_is_refused(open_phone):
    with pytest.raises(SettingsError, match="neither server, sip nor off"):
        open_phone({"sipapp.phone.presence": "xmpp"})


def test_a_value_cannot_end_the_script_element(open_phone):
    hostile = "</script><script>alert(1)</script><!--"
    page = open_phone({"sipapp.phone.echo_number": hostile})
    assert read_config(page)["echoNumber"] == hostile
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("server", "host", "source"),
    [
        ("wss://{host}:7443", "pbx.example.com", "wss://pbx.example.com:7443"),
        ("wss://{host}:7443", "pbx.example.com:8443", "wss://pbx.example.com:7443"),
        ("ws://{host}:7080", "localhost:6543", "ws://localhost:7080"),
        ("wss://{host}/sip/ws", "pbx.example.com", "wss://pbx.example.com"),
        ("wss://{host}/sip/ws", "pbx.example.com:8443", "wss://pbx.example.com:8443"),
        ("wss://{host}", "pbx.example.com:8443", "wss://pbx.example.com:8443"),
        ("wss://{host}:443/{host}", "pbx.example.com:8443", "wss://pbx.example.com:443"),
        ("wss://{host}/sip/ws", "[2001:db8::1]:8443", "wss://[2001:db8::1]:8443"),
        ("wss://{host}:7443", "[2001:db8::1]:8443", "wss://[2001:db8::1]:7443"),
        ("wss://sip.example.com/ws", "pbx.example.com:8443", "wss://sip.example.com"),
        ("wss://{host}/sip/ws", "[::1]", "wss://[::1]"),
        ("wss://sip.example.com/ws?a=b", "x", "wss://sip.example.com"),
    ],
)
def test_the_page_may_connect_to_its_server_only(open_phone, server, host, source):
    page = open_phone({"sipapp.phone.server": server}, headers={"Host": host})
    assert sources(page, "connect-src") == ["'self'", source]


@pytest.mark.parametrize("host", ["x; script-src *", "x y", "a,b", "*"])
def test_a_strange_host_does_not_get_into_the_policy(open_phone, host):
    page = open_phone(headers={"Host": host})
    assert sources(page, "connect-src") == ["'self'"]
    assert sources(page, "script-src") == ["'self'"]


def test_where_the_server_may_be_chosen_the_page_may_connect_to_any(open_phone):
    page = open_phone({"sipapp.phone.allow_custom_server": "true"})
    assert sources(page, "connect-src") == ["'self'", "ws:", "wss:"]


class Greeter:
    @hookimpl
    def sipapp_phone_config(self, request):
        return {"greeting": f"Hello from {request.host}", "list": (1, 2)}


class Broken:
    @hookimpl
    def sipapp_phone_config(self):
        raise RuntimeError("boom")


class NotJson:
    def __init__(self, value):
        self.value = value

    @hookimpl
    def sipapp_phone_config(self):
        return self.value


@pytest.mark.parametrize(
    "value", [{"x": object()}, {"x": float("nan")}, {1: object()}, ["x"], 5, {"x": b"y"}]
)
def test_plugins_add_their_own_part_and_spoil_no_others(open_phone, caplog, value):
    page = open_phone(plugins=[Broken(), Greeter(), NotJson(value)], status=200)
    (added,) = read_config(page)["plugins"].values()
    assert added == {"greeting": "Hello from localhost:80", "list": [1, 2]}
    assert caplog.text.count("failed in sipapp_phone_config") == 2


@pytest.mark.parametrize("path", ["/", "/sip/"])
def test_other_ways_lead_to_the_phone(open_phone, path):
    assert open_phone(path=path, status=302).location == "http://localhost/sip"


@pytest.mark.parametrize("path", ["/", "/sip/"])
def test_a_link_that_asks_for_a_call_keeps_its_number(open_phone, path):
    answer = open_phone(path=f"{path}?call=1001", status=302)
    assert answer.location == "http://localhost/sip?call=1001"


def test_another_prefix(open_phone):
    page = open_phone({"sipapp.prefix": "/a/phone"}, path="/a/phone", status=200)
    config = read_config(page)
    assert config["adminUrl"] == "/a/phone/admin"
    assert config["phoneApi"] == "/a/phone/phone"
    assert config["serviceWorker"] == "/a/phone/service-worker.js"


def test_a_front_end_that_is_not_built_says_how(open_phone, monkeypatch, tmp_path):
    monkeypatch.setattr("sipapp.web.assets.read_manifest.__defaults__", (tmp_path,))
    assert "make install" in open_phone()


def test_built_files_are_kept_for_a_year_and_nothing_else_is_served(make_app, memory):
    app = make_app({"sipapp.storage": "memory"}, plugins=[memory])
    built = next((file for file in STATIC.glob("assets/*.js")), None)
    if built is None:
        pytest.skip("the front end is not built: make install")
    answer = app.get(f"/sip/static/assets/{built.name}")
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    for path in ("../__init__.py", "%2e%2e/api.py", "..%2fapi.py", "/etc/passwd"):
        app.get(f"/sip/static/{path}", status=404)
