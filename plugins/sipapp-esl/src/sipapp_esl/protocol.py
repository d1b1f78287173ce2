"""Event Socket's framing: messages of headers and a body, cut out of a stream of bytes.

A message is header lines that end in a line feed, an empty line, and as many
*bytes* of body as its ``Content-Length`` says (mod_event_socket.c:1587 for
``api/response``; measured).  Line numbers are of FreeSWITCH 1.10.12.
"""

import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from sipapp.api import SwitchProtocolError, SwitchTimeout

MAX_HEADERS: Final = 64 * 1024
MAX_BODY: Final = 16 * 1024 * 1024

_END_OF_HEADERS: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(r"[0-9]{1,9}")
_LINE: Final = re.compile(r"[^\r\n\0]*")


@dataclass(frozen=True)
class Message:
    """One message: headers by lower-case name, and the body's bytes, which may be a password."""

    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def content_type(self) -> str:
        """What kind of message it is, such as ``api/response``."""
        return self.headers.get("content-type", "")

    @property
    def text(self) -> str:
        """The body as text.  FreeSWITCH passes on bytes as they are; wrong ones become U+FFFD."""
        return self.body.decode("utf-8", "replace")


class Framer:
    """Cuts messages out of what arrives, in pieces of any size."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._headers: Mapping[str, str] | None = None
        self._length = 0

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer += data

    def take(self) -> Message | None:
        """The next whole message, ``None`` if more must arrive first.

        Raises ``SwitchProtocolError`` for what is no message; nothing can be read
        after that.
        """
        if self._headers is None and not self._take_headers():
            return None
        if self._headers is None or len(self._buffer) < self._length:
            return None
        message = Message(self._headers, bytes(self._buffer[: self._length]))
        del self._buffer[: self._length]
        self._headers = None
        return message

    def _take_headers(self) -> bool:
        end = _END_OF_HEADERS.search(self._buffer, self._searched)
        if (end.end() if end else len(self._buffer)) > MAX_HEADERS:
            raise SwitchProtocolError("The switch sent headers without end.")
        if end is None:
            self._searched = max(0, len(self._buffer) - 3)
            return False
        headers = _parse_headers(self._buffer[: end.start()].decode("utf-8", "replace"))
        self._length = _body_length(headers)
        self._headers = headers
        del self._buffer[: end.end()]
        self._searched = 0
        return True


class Connection:
    """A TCP connection to an Event Socket.  ``deadline`` is always a time of ``time.monotonic()``.

    Every method raises ``SwitchTimeout`` when the deadline has passed and
    ``SwitchProtocolError`` when the other end is gone.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._framer = Framer()

    def send(self, line: str, *, deadline: float) -> None:
        """Send one command.  Raises ``ValueError`` if it would be more than one line."""
        if not is_one_line(line):
            raise ValueError("A command of Event Socket must not contain CR, LF or NUL.")
        self._socket.settimeout(seconds_left(deadline))
        try:
            self._socket.sendall(line.encode() + b"\n\n")
        except TimeoutError as error:
            raise SwitchTimeout(_NO_ANSWER) from error
        except OSError as error:
            raise SwitchProtocolError(_CUT_SHORT) from error

    def receive(self, *, deadline: float) -> Message:
        """Wait for one message."""
        while (message := self._framer.take()) is None:
            self._socket.settimeout(seconds_left(deadline))
            try:
                data = self._socket.recv(65536)
            except TimeoutError as error:
                raise SwitchTimeout(_NO_ANSWER) from error
            except OSError as error:
                raise SwitchProtocolError(_CUT_SHORT) from error
            if not data:
                raise SwitchProtocolError(_CUT_SHORT)
            self._framer.feed(data)
        return message

    def interrupt(self) -> None:
        """End the connection while another thread may be waiting on it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


_NO_ANSWER: Final = "FreeSWITCH did not answer within the time limit."
_CUT_SHORT: Final = "FreeSWITCH ended the connection before its answer was complete."


def is_one_line(text: str) -> bool:
    """Whether ``text`` can be part of a command without becoming another header or command."""
    return _LINE.fullmatch(text) is not None


def seconds_left(deadline: float) -> float:
    """Seconds until ``deadline``, more than 0.  Raises ``SwitchTimeout`` when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise SwitchTimeout(_NO_ANSWER)
    return left


def _parse_headers(text: str) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise SwitchProtocolError("What answers there does not speak Event Socket.")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers


def _body_length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not _LENGTH.fullmatch(text) or int(text) > MAX_BODY:
        raise SwitchProtocolError("The switch announced an answer of an impossible length.")
    return int(text)
