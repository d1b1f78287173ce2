"""Whoever needs no password, as often as he likes, while a switch hangs: others are answered."""

import base64
import http.client
import json
import shlex
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from tests.browser.server import Application, Switch
from tests.functional.route_table import path_of, public_routes
from tests.stress.clients import LOGIN
from webtest import TestApp

from sipapp.accounts.user_file import UserFile
from sipapp.app import make_app
from sipapp.model.account import Role
from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli
from sipapp.testing.memory import MemoryPlugin
from sipapp.testing.ports import reserve_port

AT_ONCE = 30
LOGINS = 60
# Seconds in which the pages are there meanwhile.
AT_ONCE_ANSWERED = 1.0
# Seconds in which what hangs is asked several times.
LONG = {"/sip/health": 8.0}
# What gets as far as the storage.
PROOF = {"extension": "1000", "realm": "phone.test", "nonce": "x", "proof": "0" * 64}
BODIES = {"/sip/phone/session": PROOF, "/sip/phone/challenge": {"extension": "1000"}}


class Switches:
    """One FreeSWITCH by Event Socket and by fs_cli, both of which can be made to hang."""

    def __init__(self, socket_, folder):
        self.socket = socket_
        self._hangs = folder / "hangs"
        real = FakeFsCli(folder).command
        self.command = folder / "fs_cli_that_hangs"
        hangs = shlex.quote(str(self._hangs))
        self.command.write_text(
            f'#!/bin/sh\n[ -e {hangs} ] && exec sleep 30\nexec {shlex.quote(str(real))} "$@"\n'
        )
        self.command.chmod(0o755)

    @contextmanager
    def hanging(self):
        self._hangs.touch()
        try:
            with self.socket.behaving("silent"):
                yield
        finally:
            self._hangs.unlink()


class Server:
    def __init__(self, running):
        self._port = running.port

    def ask(self, method, path, *, body=None, headers=()):
        """Status and seconds."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            given = {"Content-Type": "application/json"} if body is not None else {}
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {**given, **dict(headers)})
            answer = connection.getresponse()
            answer.read()
            return answer.status, time.monotonic() - began
        finally:
            connection.close()

    @contextmanager
    def watched(self):
        """Ask for the pages all the time; gives the times that it took, in the end."""
        took = []
        done = Event()

        def watch():
            while not done.is_set():
                for path, headers in (
                    ("/sip", {}),
                    ("/sip/admin", {}),
                    ("/sip/admin", {"Authorization": LOGIN}),
                ):
                    status, seconds = self.ask("GET", path, headers=headers)
                    assert status == (401 if path == "/sip/admin" and not headers else 200)
                    took.append(seconds)

        with ThreadPoolExecutor(1) as pool:
            watching = pool.submit(watch)
            try:
                yield took
            finally:
                done.set()
                watching.result(60)


@pytest.fixture(scope="module")
def switches(tmp_path_factory):
    with FakeEventSocket() as event_socket:
        yield Switches(event_socket, tmp_path_factory.mktemp("fs_cli"))


@pytest.fixture(scope="module")
def server(switches, tmp_path_factory):
    folder = tmp_path_factory.mktemp("anonymous")
    users = folder / "users"
    UserFile(users).put("ann", Role.ADMINISTRATOR, "a long password")
    directory = folder / "directory"
    directory.mkdir()
    secret = folder / "secret"
    secret.write_text(switches.socket.password)
    lines = [f"sipapp.users = {users}", "sipapp.reloaders = pbx cli"]
    for name, use in (("pbx", "esl"), ("cli", "fs_cli")):
        lines += [
            f"sipapp.reloader.{name}.use = {use}",
            f"sipapp.reloader.{name}.port = {switches.socket.port}",
            f"sipapp.reloader.{name}.host = {switches.socket.host}",
            f"sipapp.reloader.{name}.password_file = {secret}",
        ]
    lines.append(f"sipapp.reloader.cli.command = {switches.command}")
    switches.socket.directory = directory
    configured = Switch(switches.socket.domain, reserve_port(), directory, "\n".join(lines))
    # Clients come from as many networks as the test likes.
    trust = "trusted_proxy = 127.0.0.1\ntrusted_proxy_headers = x-forwarded-for"
    with Application(folder, configured, server_options=trust) as running:
        assert running.api("POST", "/extensions", {"id": "1000"}).status == 201
        yield Server(running)


def anonymous():
    """Method and path of all that needs no password, of the application itself."""
    app = TestApp(make_app({"sipapp.storage": "memory"}, [MemoryPlugin()]))
    try:
        return [(method, path_of(pattern)) for method, pattern in public_routes(app)]
    finally:
        app.app.registry.close()


@pytest.mark.parametrize(
    ("method", "path"), [*anonymous(), ("GET", "/sip/static/x"), ("GET", "/nowhere")]
)
def test_many_at_once_while_the_switches_hang(server, switches, method, path, record_property):
    # Whoever looks first waits a moment for what goes on at a switch.
    assert server.ask("GET", "/sip/admin", headers={"Authorization": LOGIN})[0] == 200
    body = BODIES.get(path, {}) if method == "POST" else None
    until = time.monotonic() + LONG.get(path, 1.5)

    def ask_again_and_again(_):
        longest = 0.0
        while time.monotonic() < until:
            longest = max(longest, server.ask(method, path, body=body)[1])
        return longest

    with switches.hanging(), server.watched() as took, ThreadPoolExecutor(AT_ONCE) as pool:
        longest = max(pool.map(ask_again_and_again, range(AT_ONCE)))
    record_property("seconds", longest)
    record_property("seconds, others", max(took))
    assert max(took) < AT_ONCE_ANSWERED
    assert longest < 2 * AT_ONCE_ANSWERED


def test_health_says_so_within_a_moment(server, switches, record_property):
    with switches.hanging():
        deadline = time.monotonic() + 10
        while server.ask("GET", "/sip/health")[0] == 200:
            assert time.monotonic() < deadline
        said = [server.ask("GET", "/sip/health") for _ in range(20)]
        assert {status for status, _ in said} == {503}
        record_property("seconds", max(seconds for _, seconds in said))
        assert max(seconds for _, seconds in said) < 2 * AT_ONCE_ANSWERED


def test_connections_that_never_read_their_answer(server, switches, record_property):
    request = b"GET /sip/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with switches.hanging(), server.watched() as took:
        connections = [
            socket.create_connection(("127.0.0.1", server._port), timeout=30) for _ in range(50)
        ]
        for each in connections:
            each.sendall(request)
        time.sleep(3)
        for each in connections:
            each.close()
    record_property("seconds, others", max(took))
    assert max(took) < AT_ONCE_ANSWERED


def test_wrong_passwords_of_many_networks_at_once(server, record_property):
    def guess(number):
        pair = base64.b64encode(f"guest-{number}:wrong".encode()).decode()
        return server.ask(
            "GET",
            "/sip/admin",
            headers={
                "Authorization": f"Basic {pair}",
                "X-Forwarded-For": f"198.{51 + number // 200}.{number % 200}.1",
            },
        )

    with server.watched() as took, ThreadPoolExecutor(LOGINS) as pool:
        for _ in range(3):
            told = list(pool.map(guess, range(LOGINS)))
            assert {status for status, _ in told} <= {401, 503}
    record_property("seconds, others", max(took))
    assert max(took) < AT_ONCE_ANSWERED
