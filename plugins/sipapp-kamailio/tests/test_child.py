"""Kamailio comes and goes with the server, whatever happens to either."""

import contextlib
import http.server
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sipapp.api import (
    SwitchConnectionRefused,
    SwitchProtocolError,
    SwitchTimeout,
    SwitchUnreachable,
)
from sipapp.testing.waiting import eventually
from sipapp_kamailio.program import find_program

SERVER = """
import sys, time
from pathlib import Path
from sipapp.api import Extension, SwitchContext
from sipapp.testing.listed_view import ListedView
from sipapp_kamailio.strategy import KamailioReload

switch = KamailioReload(
    directory=Path(sys.argv[1]), spawn=True, port=int(sys.argv[2]), command=None, timeout=5
)
stored = ListedView(lambda: [Extension("1000", password="secret-1000")])
switch.start(SwitchContext("phone.test", stored))
switch.reload(timeout=5)
print("ready", flush=True)
sys.stdin.read()
"""


def answers(switch):
    with contextlib.suppress(SwitchUnreachable):
        return switch.ping(timeout=1)


@pytest.fixture
def server(home, free_port, processes):
    """A server of its own, as a process that can be killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(free_port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()
    for pid in processes():  # only if a test failed
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def kamailio(server, processes):
    """The processes of the server's Kamailio."""
    return lambda: [pid for pid in processes() if pid != server.pid]


def test_it_says_its_version(switch):
    assert switch.ping(timeout=5).startswith("Kamailio 5.")


def test_stopping_leaves_nothing_running(switch, processes):
    assert processes()
    switch.stop()

    assert processes() == []
    with pytest.raises(SwitchUnreachable, match="not running"):
        switch.ping(timeout=5)


def test_stopping_is_no_failure(switch, caplog):
    switch.stop()
    switch.stop()

    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_nothing_is_left_when_the_server_is_killed(server, kamailio):
    assert kamailio()
    server.kill()

    eventually(lambda: not kamailio())


def test_nothing_is_left_when_the_server_ends_without_stopping(server, kamailio):
    server.stdin.close()
    assert server.wait(5) == 0

    eventually(lambda: not kamailio())


def test_a_new_server_takes_over_from_a_killed_one(server, make_switch, directory, open_phone):
    server.kill()
    server.wait(5)
    switch = make_switch()
    switch.start(directory.context())
    switch.reload(timeout=5)

    assert open_phone("1000").register().status == 200


def test_a_killed_kamailio_is_noticed_and_comes_back(switch, caplog, phone, processes):
    os.kill(min(processes()), signal.SIGKILL)  # its first process: the others go on
    eventually(lambda: processes() == [])
    eventually(lambda: "Kamailio ended with status -9" in caplog.text)
    with pytest.raises(SwitchUnreachable, match=r"ended with status -9; .*kamailio\.log says why"):
        switch.ping(timeout=5)

    assert switch.reload(timeout=5) == "2 extensions in Kamailio's table"
    assert phone("1000").register().status == 200


@pytest.fixture
def run_kamailio(home, free_port):
    """Run Kamailio without sipapp, in a directory and with more environment variables."""
    program = find_program(home)
    with contextlib.ExitStack() as stack:

        def run(directory, **environment):
            process = subprocess.Popen(
                program.arguments(directory=directory, port=free_port, domains=["phone.test"]),
                env={**program.variables(), **environment},
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            stack.enter_context(process)
            stack.callback(process.terminate)
            return process

        yield run


def test_what_a_killed_server_and_kamailio_left_is_ended(
    run_kamailio, make_switch, home, directory, caplog
):
    orphan = run_kamailio(home, SIPAPP_KAMAILIO=str(home))
    others = make_switch(spawn=False)
    eventually(lambda: answers(others))
    switch = make_switch()
    switch.start(directory.context())

    assert orphan.wait(5) == -signal.SIGKILL
    assert "that an earlier server left" in caplog.text
    assert switch.reload(timeout=5) == "2 extensions in Kamailio's table"


def test_a_foreign_kamailio_is_left_alone(run_kamailio, make_switch, tmp_path, directory):
    other = run_kamailio(tmp_path)
    others = make_switch(directory=tmp_path, spawn=False)
    eventually(lambda: answers(others))
    switch = make_switch()
    switch.start(directory.context())

    with pytest.raises(SwitchUnreachable, match="taken by another program"):
        switch.reload(timeout=5)
    assert other.poll() is None


def test_a_taken_port_is_reported_and_used_once_it_is_free(
    make_switch, free_port, directory, caplog
):
    switch = make_switch()
    with socket.create_server(("127.0.0.1", free_port)):
        switch.start(directory.context())
        with pytest.raises(SwitchUnreachable) as failure:
            switch.reload(timeout=5)

    assert f"Port {free_port} on 127.0.0.1 is taken" in caplog.text
    assert "sipapp.reloader.NAME.port" in str(failure.value)
    assert "sipapp.phone.server" in str(failure.value)
    assert switch.reload(timeout=5) == "2 extensions in Kamailio's table"


def test_a_second_server_in_the_same_directory_is_refused(server, make_switch, directory, kamailio):
    running = kamailio()
    switch = make_switch()
    switch.start(directory.context())

    with pytest.raises(SwitchUnreachable, match="Another server runs its Kamailio in"):
        switch.reload(timeout=5)
    assert kamailio() == running
    server.stdin.close()
    server.wait(5)
    assert switch.reload(timeout=5) == "2 extensions in Kamailio's table"


def test_a_directory_that_is_none_is_reported(make_switch, home, directory, caplog):
    file = home / "file"
    file.touch()
    switch = make_switch(directory=file)
    switch.start(directory.context())

    assert f"Kamailio's directory {file} cannot be used: File exists." in caplog.text


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/nonexistent/kamailio", "There is no program /nonexistent/kamailio"),
        ("/bin/false", r"Kamailio ended with status 1; .* websocket and sqlite modules"),
    ],
)
def test_a_program_that_does_not_run_is_reported(make_switch, directory, command, told):
    switch = make_switch(command=Path(command))
    switch.start(directory.context())

    with pytest.raises(SwitchUnreachable, match=told):
        switch.reload(timeout=5)
    with pytest.raises(SwitchUnreachable, match=told):
        switch.ping(timeout=5)


def test_one_that_never_listens_is_reported(make_switch, directory, tmp_path):
    idle = tmp_path / "idle"
    idle.write_text("#!/bin/sh\nexec sleep 60\n")
    idle.chmod(0o755)
    switch = make_switch(command=idle)
    switch.start(directory.context())

    with pytest.raises(SwitchUnreachable, match="Nothing listens"):
        switch.reload(timeout=0.2)


def test_one_that_does_not_want_to_end_is_killed(make_switch, home, directory, monkeypatch):
    monkeypatch.setattr("sipapp_kamailio.child.END_TIMEOUT_S", 0.1)
    stubborn = home / "stubborn"
    stubborn.write_text("#!/bin/sh\ntrap '' TERM\necho $$\nwhile :; do sleep 1; done\n")
    stubborn.chmod(0o755)
    switch = make_switch(command=stubborn)
    switch.start(directory.context())
    eventually(lambda: (home / "kamailio.log").read_text().endswith("\n"))
    switch.stop()

    assert not Path("/proc", (home / "kamailio.log").read_text().strip()).exists()


def test_without_setpriv_it_is_reported(make_switch, directory, monkeypatch, tmp_path):
    monkeypatch.setattr("os.defpath", str(tmp_path))
    switch = make_switch()
    switch.start(directory.context())

    with pytest.raises(SwitchUnreachable, match="could not be started: setpriv: No such file"):
        switch.reload(timeout=5)


def test_secrets_of_the_server_do_not_reach_it(make_switch, directory, monkeypatch, processes):
    monkeypatch.setenv("SIP_ADMIN_PASS", "Top-Word")
    make_switch().start(directory.context())

    eventually(lambda: len(processes()) > 3)
    for pid in processes():
        assert b"Top-Word" not in Path(f"/proc/{pid}/environ").read_bytes()
        assert b"Top-Word" not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_its_log_begins_anew_at_each_start(make_switch, home, directory):
    (home / "kamailio.log").write_text("old\n" * 1000)
    make_switch().start(directory.context())

    assert "old" not in (home / "kamailio.log").read_text()


class TestPing:
    """What else may stand behind the port of a Kamailio that others run."""

    @pytest.fixture
    def others(self, make_switch, home, free_port):
        return make_switch(spawn=False)

    def test_a_kamailio_of_others_answers(self, switch, make_switch, tmp_path):
        others = make_switch(directory=tmp_path, spawn=False)

        assert others.ping(timeout=5) == switch.ping(timeout=5)

    def test_nothing(self, others, free_port):
        with pytest.raises(SwitchConnectionRefused, match=f"Nothing listens on port {free_port}"):
            others.ping(timeout=5)

    def test_silence(self, others, free_port):
        with (
            socket.create_server(("127.0.0.1", free_port)),
            pytest.raises(SwitchTimeout, match="No answer"),
        ):
            others.ping(timeout=0.1)

    def test_another_web_server(self, others, free_port):
        handler = http.server.BaseHTTPRequestHandler
        with http.server.HTTPServer(("127.0.0.1", free_port), handler) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            with pytest.raises(SwitchProtocolError, match="is not Kamailio"):
                others.ping(timeout=5)
            thread.join()

    def test_another_protocol(self, others, free_port):
        def greet(listener):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n")

        with socket.create_server(("127.0.0.1", free_port)) as listener:
            thread = threading.Thread(target=greet, args=[listener])
            thread.start()
            with pytest.raises(SwitchProtocolError, match="no answer in HTTP"):
                others.ping(timeout=5)
            thread.join()
