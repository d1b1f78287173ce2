"""The doctor, as a person at a terminal, monitoring and a person with a browser see it."""

import json
import socket
from threading import Event, Thread

import pytest
from tests.unit.fake_websocket import websocket_server

from sipapp.api import Account, Role, StorageUnavailable, SwitchConnectionRefused, hookimpl
from sipapp.cli import main
from sipapp.hooks.manager import Plugins
from sipapp.testing.memory import MemoryPlugin

INI = """
[app:main]
use = egg:sipapp
sipapp.storage = memory
sipapp.reloaders = one
sipapp.reloader.one.use = scripted
sipapp.phone.server = {server}
{more}

[server:main]
use = egg:waitress#main
listen = 127.0.0.1:6543
"""
PASSWORD = "x7-Qp.9zz-Ue4"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command; returns its exit status and what it printed."""
    plugin = MemoryPlugin()
    load = Plugins.load
    monkeypatch.setattr(Plugins, "load", lambda extra=(): load([*extra, plugin]))
    for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS", "SIP_ADMIN_PASS_FILE"):
        monkeypatch.delenv(name, raising=False)

    def doctor(*arguments, more="", server="ws://127.0.0.1:1"):
        ini = tmp_path / "test.ini"
        ini.write_text(INI.format(more=more, server=server))
        status = main.main(["doctor", str(ini), *arguments])
        return status, capsys.readouterr().out

    return doctor


def test_every_line_has_a_level_and_the_status_is_the_worst(run, monkeypatch):
    monkeypatch.setenv("SIP_ADMIN_PASS", PASSWORD)
    status, out = run()
    assert status == 2
    assert "fault webrtc.phone: ws://127.0.0.1:1, where phones connect to" in out
    assert "    -> No phone can register." in out
    assert "ok server.tls: The server listens on this machine only" in out
    assert PASSWORD not in out


def test_warnings_alone_are_status_1(run, monkeypatch):
    monkeypatch.setenv("SIP_ADMIN_PASS", PASSWORD[:9])
    # The page's host is not known, so where phones connect to is not either.
    status, out = run(server="ws://{host}:1")
    assert status == 1
    assert "0 faults" in out


def test_all_well_is_status_0(run, monkeypatch):
    monkeypatch.setenv("SIP_ADMIN_PASS", PASSWORD)
    with websocket_server() as port:
        status, out = run(server=f"ws://127.0.0.1:{port}", more="sipapp.hosts = pbx.example.com")
    assert (status, "warning" in out.replace("0 warnings", "")) == (0, False)


def test_json_for_monitoring(run):
    status, out = run("--json")
    body = json.loads(out)
    assert (status, body["status"]) == (2, "fault")
    assert {line["level"] for line in body["lines"]} == {"ok", "fault"}
    assert all(line["remedy"] for line in body["lines"] if line["level"] == "fault")


def test_a_password_that_only_the_servers_environment_has(run):
    _, out = run(more="sipapp.require_admin_password = true")
    assert "warning password.admin: This environment has no administrator's password." in out


def test_an_ini_that_is_wrong_is_a_line_too(run):
    for more in ("sipapp.no_such_key = 1", "sipapp.require_admin_password = perhaps"):
        status, out = run("--json", more=more)
        body = json.loads(out)
        assert status == 2
        assert [line["check"] for line in body["lines"]] == ["settings"]
        assert more.split(" ")[0] in body["lines"][0]["found"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", "neither a host name nor an address"),
        ("a:0", "is not a port"),
        ("a:b:8443", "neither a host name nor an address"),
        ("", "neither a host name nor an address"),
    ],
)
def test_a_host_that_is_none(run, capsys, text, words):
    with pytest.raises(SystemExit) as error:
        run("--host", text)
    assert error.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "server", "place"),
    [
        ("localhost:1", "ws://{host}/sip/ws", "ws://localhost:1/sip/ws"),
        ("[::1]:1", "ws://{host}/sip/ws", "ws://[::1]:1/sip/ws"),
        ("::1", "ws://{host}:1", "ws://[::1]:1"),
        ("localhost:2", "ws://{host}:1", "ws://localhost:1"),
    ],
)
def test_the_port_of_the_page(run, given, server, place):
    _, out = run("--host", given, server=server)
    assert f"fault webrtc.phone: {place}, where phones connect to" in out


@pytest.fixture
def memory():
    return MemoryPlugin()


@pytest.fixture
def app(make_app, memory):
    ini = {
        "sipapp.storage": "memory",
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "scripted",
        "sipapp.phone.server": "ws://127.0.0.1:1",
    }
    app = make_app(ini, plugins=[memory], SIP_ADMIN_PASS=PASSWORD)
    app.authorization = ("Basic", ("admin", PASSWORD))
    return app


def press(app):
    return app.get("/sip/admin/doctor").forms[0].submit().follow()


def test_the_page_looks_when_asked_to_and_not_before(app, memory):
    page = app.get("/sip/admin/doctor")
    assert "Nothing was looked at" in page
    memory.switch.fault = SwitchConnectionRefused("10.0.0.9 <b>port</b> 8021")
    page = press(app)
    assert "10.0.0.9 &lt;b&gt;port&lt;/b&gt; 8021" in page
    assert "Start FreeSWITCH" in page
    assert "switch sw" in " ".join(page.text.split())
    assert page.text.index('id="fault"') < page.text.index('id="ok"')
    assert PASSWORD not in page
    # Others see it too, without another look.
    memory.switch.fault = None
    assert "10.0.0.9" in app.get("/sip/admin/doctor")
    assert "10.0.0.9" not in press(app)


def test_the_page_shows_a_broken_storage(app, memory, monkeypatch):
    def fail():
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(memory.storage, "check", fail)
    assert "The disk is full." in press(app)


def test_a_proxy_that_is_not_believed(app):
    form = app.get("/sip/admin/doctor").forms[0]
    page = form.submit(headers={"X-Forwarded-Proto": "https"}).follow()
    assert "does not believe it" in page


@pytest.fixture
def look(make_app, memory):
    """Press the button of a server with a "ws://{host}..." address; the browser says which host."""

    def pressed(host, *, server, password=PASSWORD, **more):
        ini = {
            "sipapp.storage": "memory",
            "sipapp.reloaders": "sw",
            "sipapp.reloader.sw.use": "scripted",
            "sipapp.phone.server": server,
        }
        environ = {"SIP_ADMIN_PASS": password} if password else {}
        app = make_app(ini | more, plugins=[memory], **environ)
        app.authorization = ("Basic", ("admin", PASSWORD))
        form = app.get("/sip/admin/doctor", headers={"Host": host}).forms[0]
        form.submit(headers={"Host": host})
        return app.get("/sip/admin/doctor", headers={"Host": host})

    return pressed


@pytest.mark.parametrize("host", ["127.0.0.9:{port}", "127.0.0.9", f"{'a' * 64}.test"])
def test_it_connects_to_no_host_that_a_request_names(look, monkeypatch, caplog, host):
    connect, connected = socket.create_connection, []

    def create_connection(address, *arguments, **options):
        connected.append(address[0])
        return connect(address, *arguments, **options)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    with websocket_server() as port:
        page = look(host.format(port=port), server=f"ws://{{host}}:{port}")
    assert set(connected) == {"localhost"}
    assert "Set sipapp.hosts" not in page.html.find(id="ok").text
    assert "sipapp.hosts = that name" in page
    assert "fault of sipapp" not in page
    assert "failed" not in caplog.text


def test_without_the_public_name_it_says_which_line_to_set(look):
    page = look("pbx.example.com", server="ws://{host}:1")
    assert "which is not known here. Set sipapp.hosts" in " ".join(page.text.split())
    assert "pbx.example.com:1" not in page


@pytest.mark.parametrize(
    ("hosts", "server", "place"),
    [
        ("localhost:1 127.0.0.1", "ws://{host}/sip/ws", "ws://localhost:1/sip/ws"),
        ("[::1] 127.0.0.1", "ws://{host}:1", "ws://[::1]:1"),
        ("127.0.0.1", "ws://localhost:1", "ws://localhost:1"),
    ],
)
def test_it_connects_to_the_first_of_the_servers_names(look, hosts, server, place):
    page = look("127.0.0.1", server=server, **{"sipapp.hosts": hosts})
    assert f"{place}, where phones connect to, is no WebSocket for SIP" in page
    assert "and for no other host" in page


def test_an_open_server_answers_this_machine_only_and_says_so(look):
    page = look("localhost", server="ws://127.0.0.1:1", password=None)
    assert "answered for localhost and loopback addresses only" in page


def test_the_command_takes_the_first_of_the_servers_names(run):
    _, out = run(server="ws://{host}:1", more="sipapp.hosts = localhost 127.0.0.1")
    assert "fault webrtc.phone: ws://localhost:1, where phones connect to" in out
    _, out = run("--host", "127.0.0.1", server="ws://{host}:1", more="sipapp.hosts = localhost")
    assert "fault webrtc.phone: ws://127.0.0.1:1, where phones connect to" in out


def test_one_look_at_a_time(app, memory, monkeypatch):
    asked, answer = Event(), Event()

    def ping(*, timeout):
        asked.set()
        answer.wait(20)
        return "here"

    form = app.get("/sip/admin/doctor").forms[0]
    monkeypatch.setattr(memory.switch, "ping", ping)
    first = Thread(target=form.submit)
    first.start()
    try:
        assert asked.wait(20)
        assert "at work already" in form.submit().follow()
    finally:
        answer.set()
        first.join()
    assert "It answers: here." in app.get("/sip/admin/doctor")


def test_it_is_the_administrators(app):
    app.authorization = None
    app.get("/sip/admin/doctor", status=401)
    app.post("/sip/admin/doctor", status=401)


def test_the_health_page_leads_there(app):
    assert app.get("/sip/admin/health").click("doctor").request.path == "/sip/admin/doctor"


class CompanyAccounts:
    __name__ = "company"

    @hookimpl
    def sipapp_authenticate(self, username, password):
        return Account(username, Role.ADMINISTRATOR) if password == PASSWORD else None


ACCOUNTS = "The admin pages take the accounts of plugins: company."


def test_the_page_knows_that_a_plugin_has_the_accounts(make_app, memory):
    app = make_app({"sipapp.storage": "memory"}, plugins=[memory, CompanyAccounts()])
    app.authorization = ("Basic", ("carol", PASSWORD))
    assert ACCOUNTS in press(app).text


def test_the_command_knows_that_a_plugin_has_the_accounts(run, monkeypatch):
    load = Plugins.load
    monkeypatch.setattr(Plugins, "load", lambda extra=(): load([*extra, CompanyAccounts()]))
    _, out = run()
    assert f"ok password.admin: {ACCOUNTS}" in out
