"""A client of Event Socket: connect, log in, run API commands."""

import socket
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from sipapp.api import (
    SwitchAccessDenied,
    SwitchConnectionRefused,
    SwitchProtocolError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnreachable,
    SwitchWrongPassword,
    one_line,
)
from sipapp_esl.protocol import Connection, Message, seconds_left

ACCEPTED: Final = "+OK accepted"
EVENT: Final = "text/event-json"
_LISTEN: Final = (
    "Is FreeSWITCH running, with mod_event_socket loaded, and listening there "
    "(listen-ip and listen-port in event_socket.conf.xml)?"
)


@dataclass(frozen=True)
class Login:
    """Where to connect, and as whom.

    Without ``user``, the Event Socket's own password; else ``user`` is
    ``name@domain`` of a user of the directory, with ``esl-password`` in its params.
    """

    host: str
    port: int
    password: str = field(repr=False)
    user: str = ""

    @property
    def address(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Client:
    """A connection that is logged in.  Not for several threads at once."""

    def __init__(self, login: Login, *, deadline: float) -> None:
        """Connect and log in until ``deadline``, a time of ``time.monotonic()``.

        Raises ``SwitchConnectionRefused``, ``SwitchAccessDenied``,
        ``SwitchWrongPassword``, ``SwitchTimeout``, ``SwitchProtocolError``, and plain
        ``SwitchUnreachable`` when there is no way to the host.
        """
        self._login = login
        self._events: deque[Message] = deque()
        self._connection = Connection(_connect(login, deadline))
        try:
            self._log_in(deadline)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def api(self, command: str, *, deadline: float) -> str:
        """Run one API command; returns its output, or ``-ERR ...`` if that is the reply.

        Raises ``SwitchTimeout``, ``SwitchProtocolError``, and ``ValueError`` for a
        command with CR, LF or NUL in it.
        """
        (reply,) = self.apis([command], deadline=deadline)
        return reply

    def apis(self, commands: Sequence[str], *, deadline: float) -> Iterator[str]:
        """Run several API commands; they are sent before the first reply is read.

        Not more than fit into the buffers on the way.  Raises as :meth:`api`.
        """
        for command in commands:
            self._connection.send(f"api {command}", deadline=deadline)
        for _ in commands:
            yield self._reply(deadline)

    def _reply(self, deadline: float) -> str:
        answer = self._answer(deadline)
        match answer.content_type:
            case "api/response":
                return answer.text
            case "command/reply":
                # Not allowed to this user (mod_event_socket.c says so without a body).
                return answer.headers.get("reply-text", "")
        raise _unexpected(answer)

    def subscribe(self, command: str, *, deadline: float) -> None:
        """Ask for events, by a command such as ``event json CHANNEL_CREATE``.

        Raises ``SwitchRefused`` with FreeSWITCH's words, and as :meth:`api`.
        """
        self._connection.send(command, deadline=deadline)
        reply = self._answer(deadline).headers.get("reply-text", "")
        if not reply.startswith("+OK"):
            raise SwitchRefused(
                f"FreeSWITCH does not send events: {one_line(reply)}. A user of the directory "
                "needs them in esl-allowed-events; see the README of sipapp-esl."
            )

    def next_event(self, *, deadline: float) -> Message:
        """Wait for an event.  Raises ``SwitchTimeout`` when none came until the deadline."""
        while not self._events:
            message = self._receive(deadline)
            if message.content_type == EVENT:
                return message
        return self._events.popleft()

    def interrupt(self) -> None:
        """Make another thread that waits in here end with ``SwitchProtocolError``."""
        self._connection.interrupt()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _answer(self, deadline: float) -> Message:
        """Wait for an answer; events that come before it are kept."""
        while (message := self._receive(deadline)).content_type == EVENT:
            self._events.append(message)
        return message

    def _log_in(self, deadline: float) -> None:
        greeting = self._receive(deadline)
        if greeting.content_type != "auth/request":
            raise _unexpected(greeting)
        login = self._login
        verb = f"userauth {login.user}:" if login.user else "auth "
        self._connection.send(verb + login.password, deadline=deadline)
        answer = self._receive(deadline)
        reply = answer.headers.get("reply-text", "")
        if answer.content_type == "command/reply" and reply.startswith("-ERR"):
            whose = f"user {login.user}" if login.user else "its Event Socket"
            raise SwitchWrongPassword(
                f"FreeSWITCH at {login.address} does not accept our password for {whose}. "
                + (
                    "It must be the user's esl-password in the directory."
                    if login.user
                    else "It must be the password in event_socket.conf.xml."
                )
            )
        if answer.content_type != "command/reply" or reply != ACCEPTED:
            raise _unexpected(answer)

    def _receive(self, deadline: float) -> Message:
        message = self._connection.receive(deadline=deadline)
        if message.content_type == "text/rude-rejection":
            raise SwitchAccessDenied(
                f"FreeSWITCH at {self._login.address} turns this machine away: its address is "
                "not in the list apply-inbound-acl of event_socket.conf.xml (only loopback is, "
                "when none is set)."
            )
        if message.content_type == "text/disconnect-notice":
            raise SwitchProtocolError(
                "FreeSWITCH said goodbye in place of an answer: it is shutting down, or its "
                "Event Socket is being reloaded."
            )
        return message


def _connect(login: Login, deadline: float) -> socket.socket:
    """Connect to the first of the host's addresses that answers.

    Each gets its share of the time that is left, so that one that swallows packets
    does not keep the others from being tried.
    """
    addresses = _resolve(login)
    failure = OSError()
    for tried, (family, address) in enumerate(addresses):
        share = seconds_left(deadline) / (len(addresses) - tried)
        connection = socket.socket(family, socket.SOCK_STREAM)
        # Commands that are sent one after the other must not wait for each other's ACK (40 ms).
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(share)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise _unreachable(login, failure) from failure


def _resolve(login: Login) -> list[tuple[int, Any]]:
    """The host's addresses, each with its family, in the order of the system's preference."""
    try:
        found = socket.getaddrinfo(login.host, login.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SwitchUnreachable(
            f"The host name {login.host!r} cannot be resolved ({error.strerror}). "
            "Correct it, or give the address."
        ) from error
    return [(family, address) for family, _, _, _, address in found]


def _unreachable(login: Login, failure: OSError) -> SwitchUnreachable:
    if isinstance(failure, ConnectionRefusedError):
        return SwitchConnectionRefused(f"Nothing listens at {login.address}. {_LISTEN}")
    if isinstance(failure, TimeoutError):
        return SwitchTimeout(
            f"{login.address} does not answer at all. Does a firewall swallow it? {_LISTEN}"
        )
    return SwitchUnreachable(f"{login.address} cannot be reached ({failure.strerror}). {_LISTEN}")


def _unexpected(message: Message) -> SwitchProtocolError:
    return SwitchProtocolError(
        f"FreeSWITCH sent an answer that does not fit ({message.content_type[:60]!r}). "
        "Is it FreeSWITCH that listens there?"
    )
