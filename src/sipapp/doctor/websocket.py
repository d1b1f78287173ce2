"""A WebSocket handshake as a phone does it (RFC 6455 section 4.1, RFC 7118 section 4)."""

import base64
import hashlib
import os
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Final

from sipapp.doctor.certificate import unverified_context

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX_ANSWER: Final = 65536
TIMEOUT: Final = 4.0
"""Seconds for connecting, TLS and the answer together."""


class NoHandshake(Exception):
    """No WebSocket for SIP there; the text is a sentence."""


@dataclass(frozen=True)
class Endpoint:
    """Where to connect to, and the name that is asked for there."""

    address: str
    port: int
    secure: bool
    name: str
    path: str = "/"

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'wss' if self.secure else 'ws'}://{host}:{self.port}{self.path.rstrip('/')}"


def shake_hands(endpoint: Endpoint, *, origin: str = "", timeout: float = TIMEOUT) -> None:
    """Do the handshake and leave.  Whether the certificate is good is not asked here.

    ``origin`` is that of the page (RFC 6454), without which a proxy may refuse the handshake.
    Raises ``NoHandshake``.
    """
    deadline = time.monotonic() + timeout
    try:
        with (
            socket.create_connection((endpoint.address, endpoint.port), timeout) as plain,
            _secured(plain, endpoint) as connection,
        ):
            key = base64.b64encode(os.urandom(16)).decode()
            connection.sendall(_request(endpoint, origin, key))
            _check(_answer(connection, deadline), key)
    except ConnectionRefusedError as error:
        raise NoHandshake("Nothing listens there.") from error
    except TimeoutError as error:
        raise NoHandshake(f"No answer within {timeout:.0f} seconds.") from error
    except ssl.SSLError as error:
        raise NoHandshake(f"TLS failed: {error.reason or 'no TLS is spoken there'}.") from error
    except OSError as error:
        raise NoHandshake(f"No connection: {error.strerror or error}.") from error


def _secured(plain: socket.socket, endpoint: Endpoint) -> socket.socket:
    if not endpoint.secure:
        return plain
    return unverified_context().wrap_socket(plain, server_hostname=endpoint.name)


def _request(endpoint: Endpoint, origin: str, key: str) -> bytes:
    host = f"[{endpoint.name}]" if ":" in endpoint.name else endpoint.name
    # As browsers write it: a proxy compares it with the origin.
    place = host if endpoint.port == (443 if endpoint.secure else 80) else f"{host}:{endpoint.port}"
    header = f"Origin: {origin}\r\n" if origin else ""
    return (
        f"GET {endpoint.path} HTTP/1.1\r\nHost: {place}\r\n{header}"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
    ).encode()


def _answer(connection: socket.socket, deadline: float) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received and len(received) < _MAX_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        data = connection.recv(4096)
        if not data:
            raise NoHandshake("The connection was ended instead of an answer.")
        received += data
    return received


def _check(answer: bytes, key: str) -> None:
    head = answer.split(b"\r\n\r\n", 1)[0].decode("latin-1")
    status, *lines = head.split("\r\n")
    headers = {
        name.strip().casefold(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    words = status.split(" ", 2)
    if not status.startswith("HTTP/1.1 ") or len(words) < 2:
        raise NoHandshake("What answers there is no WebSocket server.")
    if words[1] != "101":
        raise NoHandshake(f"The answer is HTTP {words[1][:3]} instead of 101.")
    # SHA-1 is what RFC 6455 wants here; it protects nothing.
    digest = hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()
    if headers.get("sec-websocket-accept") != base64.b64encode(digest).decode():
        raise NoHandshake(
            "The answer is not to this handshake: something in between keeps answers."
        )
    if headers.get("sec-websocket-protocol", "").casefold() != "sip":
        raise NoHandshake("A WebSocket server answers, but it does not speak SIP.")
