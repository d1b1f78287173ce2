"""Clients, kind and unkind."""

import base64
import http.client
import json
import re
import socket
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.server import ADMIN_PASSWORD, Application

LOGIN = "Basic " + base64.b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
# Seconds in which everybody else is answered, on two cores that others use too.
IN_TIME = 5.0


@dataclass
class Stressed:
    """The server under stress."""

    server: Application
    disk: Path

    @property
    def directory(self) -> Path:
        return self.server.switch.directory

    @property
    def pid(self) -> int:
        return self.server.pid

    @property
    def memory(self) -> int:
        """Resident memory of the server in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any, float]:
        """Status, document and seconds of an API call."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            headers = {"Authorization": LOGIN, "Content-Type": "application/json"}
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/sip/api/v1{path}", text, headers)
            answer = connection.getresponse()
            document = json.loads(answer.read() or b"null")
            return answer.status, document, time.monotonic() - began
        finally:
            connection.close()

    def answers_others(self) -> float:
        """Make sure that a read and a change are answered in time; returns the longer one."""
        read, _, first = self.ask("GET", "/extensions?limit=50")
        change = {"caller_id_name": f"At {time.monotonic()}"}
        changed, document, second = self.ask("PATCH", "/extensions/1000", change)
        assert (read, changed) == (200, 200), document
        assert f'value="{change["caller_id_name"]}"' in self.file("1000")
        assert max(first, second) < IN_TIME
        return max(first, second)

    def file(self, extension: str) -> str:
        return (self.directory / f"{extension}.xml").read_text(encoding="utf-8")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=30)

    @contextmanager
    def saying(self, said: bytes, times: int):
        """Many connections that said this, and then no more; they never read."""
        with ExitStack() as stack:
            found = []
            for _ in range(times):
                connection = stack.enter_context(self.connect())
                connection.sendall(said)
                found.append(connection)
            yield found

    def status_of(self, said: bytes, more: bytes = b"") -> int:
        """The status of the answer to raw bytes; ``more`` is sent as long as it is taken."""
        with self.connect() as connection:
            connection.sendall(said)
            try:
                for _ in range(64 if more else 0):
                    connection.sendall(more)
            except OSError:
                pass  # The server has closed its end: what it said is there still.
            try:
                return int(connection.recv(4096).split(b" ", 2)[1])
            except ConnectionResetError:
                return 0


def request(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} /sip{path} HTTP/1.1", "Host: localhost", f"Authorization: {LOGIN}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()
