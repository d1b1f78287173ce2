"""Behind a proxy, however it spells addresses: log, history and throttling have the client's."""

import base64
import http.client
import json

import pytest
from webtest.http import StopableWSGIServer

RIGHT = "right-password"
INI = {"sipapp.storage": "memory"}
V4, V6 = "198.51.100.7", "2001:db8::7"
SPELLINGS = {
    V4: V4,
    "198.51.100.7:4711": V4,
    '"198.51.100.7:4711"': V4,
    "::ffff:198.51.100.7": V4,
    "::FFFF:198.51.100.7": V4,
    '"::ffff:198.51.100.7"': V4,
    "::ffff:c633:6407": V4,
    "0:0:0:0:0:ffff:198.51.100.7": V4,
    "[::ffff:198.51.100.7]": V4,
    "[::ffff:198.51.100.7]:4711": V4,
    "::ffff:198.51.100.7:4711": V4,
    V6: V6,
    "2001:DB8:0:0:0:0:0:7": V6,
    "[2001:db8::7]": V6,
    "[2001:db8::7]:4711": V6,
    '"[2001:db8::7]:4711"': V6,
    "2001:db8::7%eth0": V6,
    "2001:db8::7%eth0.100": V6,
    "[2001:db8::7%eth0.100]:4711": V6,
}


class Server:
    def __init__(self, listening):
        self._address = listening.effective_host, int(listening.effective_port)

    def ask(self, forwarded, password=RIGHT, *, name="admin", method="GET", given=None):
        """The status of the answer to a client whose address a proxy spells so."""
        pair = base64.b64encode(f"{name}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "X-Forwarded-For": forwarded}
        body = None if given is None else json.dumps(given)
        if body:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        try:
            connection.request(method, "/sip/api/v1/extensions", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()


def log_ins(caplog):
    """What the log says of log-ins, without what waitress says of its queue."""
    return [each.getMessage() for each in caplog.records if each.name == "sipapp.web.security"]


@pytest.fixture
def app(make_app, memory):
    return make_app(INI, plugins=[memory], SIP_ADMIN_PASS=RIGHT)


@pytest.fixture
def own_app(make_app, memory):
    """It believes proxies itself, as in production.ini."""
    ini = INI | {"sipapp.trusted_proxies": "127.0.0.0/8"}
    return make_app(ini, plugins=[memory], SIP_ADMIN_PASS=RIGHT)


@pytest.fixture
def listen():
    listening = []

    def start(app, **options):
        server = StopableWSGIServer.create(app.app, threads=1, **options)
        listening.append(server)
        return Server(server)

    yield start
    for each in listening:
        each.shutdown()
        each.runner.join(60)


@pytest.fixture
def waitress_options():
    """Waitress itself can believe one proxy."""
    return {
        "trusted_proxy": "127.0.0.1",
        "trusted_proxy_headers": "x-forwarded-for",
        "clear_untrusted_proxy_headers": True,
    }


@pytest.fixture(params=["own", "waitress"])
def behind(request, app, own_app, listen, waitress_options):
    """An application and its server, one of which believes the proxy."""
    if request.param == "own":
        return own_app, listen(own_app, clear_untrusted_proxy_headers=False)
    return app, listen(app, **waitress_options)


@pytest.fixture
def server(behind):
    return behind[1]


def test_log_and_history_have_the_address_in_any_spelling(behind, caplog):
    app, server = behind
    for number, spelling in enumerate(SPELLINGS):
        forwarded = f"192.0.2.66, {spelling}"
        assert server.ask(forwarded, name=f"guest-{number}") == 401
        assert server.ask(forwarded, method="POST", given={"id": f"{number}"}) == 201
    assert dict(zip(SPELLINGS, log_ins(caplog), strict=True)) == {
        spelling: f"A login as 'guest-{number}' from {address} failed."
        for number, (spelling, address) in enumerate(SPELLINGS.items())
    }
    app.authorization = ("Basic", ("admin", RIGHT))
    entries = app.get("/sip/api/v1/history").json["entries"]
    addresses = [entry["actor"]["address"] for entry in reversed(entries)]
    assert dict(zip(SPELLINGS, addresses, strict=True)) == SPELLINGS


def test_all_spellings_of_an_address_are_counted_as_one(server):
    spellings = [each for each, address in SPELLINGS.items() if address == V4]
    assert [server.ask(each, "wrong") for each in spellings][:7] == [401] * 5 + [429] * 2
    # Neither all clients with IPv4 are one, nor is the proxy a client.
    assert server.ask("::ffff:198.51.100.8") == 200
    assert server.ask(V6) == 200


def test_clients_that_the_proxy_names_by_no_address_are_counted_as_one(server, caplog):
    names = ["unknown", "_hidden", "pc.example", "::ffff:198.51.100.777", "a::b::c"]
    assert [server.ask(each, "wrong") for each in names] == [401] * 5
    assert set(log_ins(caplog)) == {"A login as 'admin' from an unknown address failed."}
    assert server.ask("another") == 429
    assert server.ask(V4) == 200


@pytest.mark.parametrize("clears", [True, False])
def test_a_client_that_is_no_proxy_cannot_choose_its_address(listen, app, clears, caplog):
    server = listen(app, clear_untrusted_proxy_headers=clears)
    assert [server.ask(f"{each}", "wrong") for each in SPELLINGS][4:6] == [401, 429]
    assert set(log_ins(caplog)) == {"A login as 'admin' from 127.0.0.1 failed."}
