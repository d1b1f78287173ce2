"""A real Kamailio, and a phone that speaks SIP over a real WebSocket (RFC 7118)."""

import base64
import contextlib
import hashlib
import os
import re
import secrets
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sipapp.api import Extension, SwitchContext
from sipapp.testing.listed_view import ListedView
from sipapp.testing.ports import reserve_port
from sipapp_kamailio import strategy
from sipapp_kamailio.install import main as install
from sipapp_kamailio.strategy import KamailioReload

CHECKOUT = Path(__file__).parents[3]
CACHE = CHECKOUT / "var/kamailio-test"
DOMAIN = "phone.test"


class Message:
    """A SIP request or response."""

    def __init__(self, text: str) -> None:
        head, _, self.body = text.partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = [line.split(": ", 1) for line in lines]

    @property
    def status(self) -> int:
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self.start.split()[0]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        return self.all(name)[0]

    def uri(self, name: str) -> str:
        match = re.search(r"<([^>]+)>", self.get(name))
        assert match
        return match[1]


class Phone:
    """One browser tab: a WebSocket, and an extension that registers through it."""

    def __init__(
        self,
        port: int,
        user: str,
        password: str,
        *,
        host: str = "127.0.0.1",
        domain: str = DOMAIN,
        origin: str | None = "http://localhost:6543",
    ) -> None:
        self.user, self.password, self.domain = user, password, domain
        self.host = f"{secrets.token_hex(6)}.invalid"
        self.contact = f"<sip:{user}@{self.host};transport=ws;ob>"
        self.tag = secrets.token_hex(4)
        self.call_id = secrets.token_hex(8)
        self.cseq = 0
        self._socket = socket.create_connection((host, port), timeout=5)
        self._buffer = b""
        self._handshake(port, origin)

    def close(self) -> None:
        self._socket.close()

    def register(self, expires: int = 600) -> Message:
        return self.request(
            "REGISTER", f"sip:{self.domain}", to=self.user, headers=(f"Expires: {expires}",)
        )

    def request(
        self, method: str, uri: str, *, to: str, headers: Sequence[str] = (), body: str = ""
    ) -> Message:
        """Send a request, again with credentials if asked for them; returns the final answer."""
        self.send_request(method, uri, to=to, headers=headers, body=body)
        answer = self.final()
        if answer.status not in {401, 407}:
            return answer
        if method == "INVITE":
            self.acknowledge(answer, uri)
        proof = self._proof(answer, method, uri)
        self.send_request(method, uri, to=to, headers=(*headers, proof), body=body)
        return self.final()

    def invite(self, number: str) -> None:
        """Send an INVITE with credentials; answers are left to be received."""
        uri = f"sip:{number}@{self.domain}"
        sdp = ("Content-Type: application/sdp",)
        self.send_request("INVITE", uri, to=number, headers=sdp, body="v=0\r\n")
        challenge = self.final()
        assert challenge.status == 407
        self.acknowledge(challenge, uri)
        proof = self._proof(challenge, "INVITE", uri)
        self.send_request("INVITE", uri, to=number, headers=(*sdp, proof), body="v=0\r\n")

    def send_request(
        self, method: str, uri: str, *, to: str, headers: Sequence[str] = (), body: str = ""
    ) -> None:
        self.cseq += 1
        self.branch = f"z9hG4bK{secrets.token_hex(6)}"
        self.send(
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/WS {self.host};branch={self.branch}",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{self.domain}>;tag={self.tag}",
            f"To: <sip:{to}@{self.domain}>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {method}",
            f"Contact: {self.contact}",
            *headers,
            body=body,
        )

    def acknowledge(self, answer: Message, uri: str) -> None:
        """ACK an answer that is no success: part of the INVITE's transaction."""
        self.send(
            f"ACK {uri} SIP/2.0",
            f"Via: {answer.get('Via')}",
            "Max-Forwards: 70",
            *(f"{name}: {answer.get(name)}" for name in ("From", "To", "Call-ID")),
            f"CSeq: {answer.get('CSeq').split()[0]} ACK",
        )

    def within(self, method: str, dialog: Message, *, cseq: int, body: str = "") -> None:
        """Send a request within the dialog of an INVITE received, or of the answer to ours."""
        received = dialog.method == "INVITE"
        routes = dialog.all("Record-Route")
        local, remote = ("To", "From") if received else ("From", "To")
        tag = f";tag={self.tag}" if received else ""
        self.send(
            f"{method} {dialog.uri('Contact')} SIP/2.0",
            f"Via: SIP/2.0/WS {self.host};branch=z9hG4bK{secrets.token_hex(6)}",
            "Max-Forwards: 70",
            *(f"Route: {route}" for route in (routes if received else reversed(routes))),
            f"From: {dialog.get(local)}{tag}",
            f"To: {dialog.get(remote)}",
            f"Call-ID: {dialog.get('Call-ID')}",
            f"CSeq: {cseq} {method}",
            f"Contact: {self.contact}",
            body=body,
        )

    def answer(self, request: Message, status: int, reason: str, body: str = "") -> None:
        to = request.get("To")
        copied = [
            f"{name}: {value}"
            for name in ("Via", "Record-Route", "From", "Call-ID", "CSeq")
            for value in request.all(name)
        ]
        self.send(
            f"SIP/2.0 {status} {reason}",
            *copied,
            f"To: {to}" if ";tag=" in to else f"To: {to};tag={self.tag}",
            f"Contact: {self.contact}",
            body=body,
        )

    def send(self, *lines: str, body: str = "") -> None:
        text = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", body)).encode()
        self._frame(0x1, text)

    def final(self) -> Message:
        while True:
            answer = self.receive()
            assert answer.status, answer.start
            if answer.status >= 200:
                return answer

    def receive(self) -> Message:
        """The next SIP message; answers pings.  ``TimeoutError`` after five seconds."""
        while True:
            first, second = self._read(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self._read(2))
            payload = self._read(length)
            if first & 0x0F == 0x9:
                self._frame(0xA, payload)
            elif first & 0x0F == 0x8:
                raise ConnectionError("The WebSocket was closed.")
            elif payload.strip():
                return Message(payload.decode())

    def _proof(self, challenge: Message, method: str, uri: str) -> str:
        kind = "WWW" if challenge.status == 401 else "Proxy"
        given = dict(re.findall(r'(\w+)="([^"]*)"', challenge.get(f"{kind}-Authenticate")))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        ha1 = md5(f"{self.user}:{given['realm']}:{self.password}")
        response = md5(f"{ha1}:{given['nonce']}:{md5(f'{method}:{uri}')}")
        name = "Authorization" if kind == "WWW" else "Proxy-Authorization"
        return (
            f'{name}: Digest username="{self.user}", realm="{given["realm"]}", '
            f'nonce="{given["nonce"]}", uri="{uri}", response="{response}"'
        )

    def _handshake(self, port: int, origin: str | None) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        named = "" if origin is None else f"Origin: {origin}\r\n"
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\n{named}Sec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._receive_some()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            self._socket.close()
            raise RuntimeError(f"No handshake: {head.decode()}")

    def _frame(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else struct.pack("!BH", 0x80 | 126, length)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(bytes([0x80 | opcode]) + size + mask + masked)

    def _read(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += self._receive_some()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _receive_some(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("The connection was closed.")
        return data


class Directory:
    """A storage for tests: what is in ``extensions`` is what the switch should know."""

    def __init__(self) -> None:
        self.extensions: dict[str, Extension] = {}

    def put(self, extension_id: str, password: str = "", **fields: object) -> None:
        self.extensions[extension_id] = Extension(extension_id, password=password, **fields)

    def context(self, domain: str = DOMAIN, *others: str) -> SwitchContext:
        stored = ListedView(lambda: list(self.extensions.values()))
        return SwitchContext(domain, stored, domains=("", *others))


@pytest.fixture(autouse=True)
def patient_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start waits for its table, on a slow machine too."""
    monkeypatch.setattr(strategy, "START_WAIT_S", 60.0)


@pytest.fixture(scope="session")
def kamailio_root() -> Path:
    """An unpacked Kamailio, kept for the next run (without apt: the machine's own)."""
    assert install([str(CACHE)]) == 0
    return CACHE / "root"


@pytest.fixture
def free_port() -> int:
    return reserve_port()


@pytest.fixture
def home(tmp_path: Path, kamailio_root: Path) -> Path:
    """A directory for a switch, in which Kamailio is unpacked (by a link)."""
    directory = tmp_path / "kamailio"
    directory.mkdir(mode=0o700)
    if kamailio_root.exists():
        (directory / "root").symlink_to(kamailio_root)
    return directory


@pytest.fixture
def directory() -> Directory:
    made = Directory()
    made.put("1000", "secret-1000")
    made.put("1001", "secret-1001")
    return made


@pytest.fixture
def make_switch(home: Path, free_port: int) -> Iterator[Callable[..., KamailioReload]]:
    """Make strategies that are stopped after the test; keywords as in the ini."""
    made: list[KamailioReload] = []

    def make(**options: object) -> KamailioReload:
        usual = {
            "directory": home,
            "spawn": True,
            "port": free_port,
            "command": None,
            "timeout": 5.0,
        }
        switch = KamailioReload(**{**usual, **options})
        made.append(switch)
        return switch

    yield make
    for switch in made:
        switch.stop()


@pytest.fixture
def switch(make_switch: Callable[..., KamailioReload], directory: Directory) -> KamailioReload:
    """A running demo switch with extensions 1000 and 1001."""
    started = make_switch()
    started.start(directory.context())
    started.reload(timeout=5)  # returns when it answers
    return started


@pytest.fixture
def processes(home: Path) -> Callable[[], list[int]]:
    """Who runs in the switch's directory, as anybody can see in ``ps``."""

    def find() -> list[int]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.fsencode(home) in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return sorted(found)

    return find


@pytest.fixture
def open_phone(free_port: int) -> Iterator[Callable[..., Phone]]:
    """Open phones at the port: ``open_phone("1000")`` knows its password."""
    made: list[Phone] = []

    def make(user: str, password: str | None = None, **options: Any) -> Phone:
        made.append(Phone(free_port, user, password or f"secret-{user}", **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def phone(switch: KamailioReload, open_phone: Callable[..., Phone]) -> Callable[..., Phone]:
    """Open phones of the running switch."""
    return open_phone


@pytest.fixture
def registered(phone: Callable[..., Phone]) -> Callable[[str], Phone]:
    """Open a phone and register it."""

    def open_registered(user: str) -> Phone:
        opened = phone(user)
        assert opened.register().status == 200
        return opened

    return open_registered
