"""How a server ends while a change is on its way, and what the next one finds."""

import http.client
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.browser.server import Application, Switch

from sipapp.testing.fake_freeswitch import FakeEventSocket
from sipapp.testing.ports import reserve_port


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


def ended(pid, patience):
    """Whether a process ends within so many seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
