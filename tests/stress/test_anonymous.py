"""Requests without a password, many at once, while the switches hang: others are answered.

A switch that hangs does not answer before the test lets it, and has a longer timeout than the
clients: a request that waited for it would fail.  So there are no limits of time that a slow
machine would exceed; that others are answered as often as without a hang is a ratio.
"""

import base64
import http.client
import json
import shlex
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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
SWITCH_TIMEOUT_S = 300
CLIENT_TIMEOUT_S = 60
# Others are answered at least so often, compared with the same requests while nothing hangs.
LEAST_RATIO = 0.05
# Seconds for which it is asked.  In the longer ones the switch is asked several times.
LOAD_S = 1.5
LONG_LOAD_S = {"/sip/health": 8.0}
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
            f"#!/bin/sh\nwhile [ -e {hangs} ]; do sleep 0.1; done\n"
            f'exec {shlex.quote(str(real))} "$@"\n'
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
        self.port = running.port

    def ask(self, method, path, *, body=None, headers=()):
        """Status and seconds."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CLIENT_TIMEOUT_S)
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
                watching.result(2 * CLIENT_TIMEOUT_S)


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
            f"sipapp.reloader.{name}.timeout = {SWITCH_TIMEOUT_S}",
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
    body = BODIES.get(path, {}) if method == "POST" else None
    seconds = LONG_LOAD_S.get(path, LOAD_S)

    def ask_many():
        """How often others were answered meanwhile, and the longest answer of all."""
        until = time.monotonic() + seconds

        def ask_again_and_again(_):
            longest = 0.0
            while time.monotonic() < until:
                longest = max(longest, server.ask(method, path, body=body)[1])
            return longest

        with server.watched() as took, ThreadPoolExecutor(AT_ONCE) as pool:
            longest = max(pool.map(ask_again_and_again, range(AT_ONCE)))
        return len(took) / (time.monotonic() - until + seconds), max(longest, *took)

    usual, _ = ask_many()
    with switches.hanging():
        meanwhile, longest = ask_many()
    record_property("seconds", longest)
    record_property("answers of others a second", meanwhile)
    record_property("and while nothing hangs", usual)
    assert meanwhile > usual * LEAST_RATIO


def test_health_says_so_while_it_hangs(server, switches):
    with switches.hanging():
        deadline = time.monotonic() + CLIENT_TIMEOUT_S
        while server.ask("GET", "/sip/health")[0] == 200:
            assert time.monotonic() < deadline
        assert {server.ask("GET", "/sip/health")[0] for _ in range(20)} == {503}


def test_connections_that_never_read_their_answer(server, switches):
    request = b"GET /sip/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with switches.hanging(), ExitStack() as stack:
        for _ in range(50):
            connection = socket.create_connection(("127.0.0.1", server.port), CLIENT_TIMEOUT_S)
            stack.enter_context(connection)
            connection.sendall(request)
        # All of these are answered while the connections wait.
        for _ in range(20):
            assert server.ask("GET", "/sip")[0] == 200
        assert server.ask("GET", "/sip/admin", headers={"Authorization": LOGIN})[0] == 200


def test_wrong_passwords_of_many_networks_at_once(server):
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
            # A few are looked at; the others do not wait in the server's threads.
            assert {status for status, _ in told} == {401, 503}
    assert took
