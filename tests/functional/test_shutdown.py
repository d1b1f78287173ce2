"""How a server ends while a change is on its way, and what the next one finds."""

import http.client
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.browser.server import Application, Switch

from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli
from sipapp.testing.ports import reserve_port
from sipapp.testing.waiting import eventually


class Thoughtful(FakeEventSocket):
    """Thinks about a reload until it may answer."""

    def __init__(self):
        super().__init__()
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def _reload(self):
        self.asked.set()
        self.may_answer.wait(30)
        return super()._reload()

    def ponder(self):
        self.may_answer.clear()
        self.asked.clear()


@pytest.fixture
def switch():
    with Thoughtful() as switch:
        yield switch
        switch.may_answer.set()


@pytest.fixture
def configured(switch, tmp_path):
    switch.directory = tmp_path / "directory"
    switch.directory.mkdir()
    reloaders = (
        f"sipapp.history = {tmp_path}/history\n"
        "sipapp.reloaders = pbx\nsipapp.reloader.pbx.use = esl\n"
        f"sipapp.reloader.pbx.port = {switch.port}\n"
        f"sipapp.reloader.pbx.password = {switch.password}\n"
    )
    return Switch(switch.domain, reserve_port(), tmp_path / "directory", reloaders)


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


def test_a_server_that_ends_and_one_that_is_killed(switch, configured, tmp_path):
    directory = configured.directory
    with Application(tmp_path, configured) as server, ThreadPoolExecutor(1) as pool:
        assert server.api("POST", "/extensions", {"id": "1000"}).status == 201
        switch.ponder()
        change = pool.submit(server.api, "PATCH", "/extensions/1000", {"caller_id_name": "First"})
        assert switch.asked.wait(10)
        # It ends when the change is made and answered, and not before.
        os.kill(server.pid, signal.SIGTERM)
        assert not ended(server.pid, 0.5)
        switch.may_answer.set()
        assert change.result(10).body["apply"]["state"] == "applied"
        assert ended(server.pid, 10.0)
    assert [each.name for each in directory.iterdir()] == ["1000.xml"]

    with Application(tmp_path, configured) as server, ThreadPoolExecutor(1) as pool:
        told = server.api("GET", "/history").body["entries"]
        assert [each["action"] for each in told] == ["updated", "created"]
        switch.ponder()
        change = pool.submit(server.api, "PATCH", "/extensions/1000", {"caller_id_name": "Second"})
        assert switch.asked.wait(10)
        assert children(server.pid) == []
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises((http.client.HTTPException, OSError)):
            change.result(10)
        assert ended(server.pid, 10.0)

    switch.may_answer.set()
    with Application(tmp_path, configured) as server:
        found = server.api("GET", "/extensions/1000").body
        assert found["caller_id_name"] == "Second"
        again = server.api("PATCH", "/extensions/1000", {"caller_id_name": "Third"})
        assert again.body["apply"]["state"] == "applied"
        assert [each.name for each in directory.iterdir()] == ["1000.xml"]


def test_nothing_of_fs_cli_outlives_a_server_that_is_killed(switch, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    (tmp_path / "password").write_text(switch.password)
    (tmp_path / "password").chmod(0o600)
    switch.directory = tmp_path / "directory"
    switch.directory.mkdir()
    fs_cli = FakeFsCli(tmp_path)
    reloaders = (
        "sipapp.reloaders = pbx\nsipapp.reloader.pbx.use = fs_cli\n"
        f"sipapp.reloader.pbx.command = {fs_cli.command}\n"
        f"sipapp.reloader.pbx.host = 127.0.0.1\nsipapp.reloader.pbx.port = {switch.port}\n"
        f"sipapp.reloader.pbx.password_file = {tmp_path}/password\n"
    )
    configured = Switch(switch.domain, reserve_port(), tmp_path / "directory", reloaders)
    with Application(tmp_path, configured) as server, ThreadPoolExecutor(1) as pool:
        switch.ponder()
        change = pool.submit(server.api, "POST", "/extensions", {"id": "1000"})
        assert switch.asked.wait(10)
        asking = processes_of(fs_cli.command)
        assert asking
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises((http.client.HTTPException, OSError)):
            change.result(10)
        assert ended(server.pid, 10.0)
        eventually(lambda: not asking & processes_of(fs_cli.command))
    left = {*temporary.rglob(".fs_cli_conf")}
    assert left
    switch.may_answer.set()
    with Application(tmp_path, configured):
        assert not left & {*temporary.rglob(".fs_cli_conf")}


def processes_of(program):
    """The ids of the processes that have this path in their arguments."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if os.fsencode(program) in entry.read_bytes().split(b"\0"):
                found.add(entry.parent.name)
    return found


def ended(pid, patience):
    """Whether a process ends within so many seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
