"""The reader of Event Socket's messages: any bytes in any pieces."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sipapp.api import SwitchError, SwitchProtocolError, SwitchTimeout
from sipapp_esl.client import Client, Login
from sipapp_esl.protocol import MAX_BODY, MAX_HEADERS, Connection, Framer

PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"\n",
                b"\n\n",
                b"\r\n\r\n",
                b"Content-Type: auth/request\n\n",
                b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n",
                b"Content-Type: command/reply\nReply-Text: -ERR invalid\n\n",
                b"Content-Type: api/response\nContent-Length: 14\n\n+OK [Success]\n",
                b"Content-Type: text/disconnect-notice\nContent-Length: 3\n\nbye",
                b"Content-Type: text/rude-rejection\n\n",
                b"Content-Length: ",
                b"Content-Length: -1\n\n",
                b"Content-Length: 99999999999999999999\n\n",
                b"Content-Length: 3\n\n",
            ]
        ),
    ),
    max_size=12,
)


def messages(*pieces):
    framer = Framer()
    found = []
    for piece in pieces:
        framer.feed(piece)
        while (message := framer.take()) is not None:
            found.append((dict(message.headers), message.body))
    return found


STREAM = (
    b"Content-Type: auth/request\n\n"
    b"Content-Type: api/response\nContent-Length: 6\n\n\xe2\x82\xac\n\n\n"
    b"content-type: command/reply\nReply-Text: +OK: yes\n\n"
)
EXPECTED = [
    ({"content-type": "auth/request"}, b""),
    ({"content-type": "api/response", "content-length": "6"}, b"\xe2\x82\xac\n\n\n"),
    ({"content-type": "command/reply", "reply-text": "+OK: yes"}, b""),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
@settings(deadline=None)
def test_messages_do_not_depend_on_how_bytes_arrive(cuts):
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert messages(*pieces) == EXPECTED


def test_one_byte_at_a_time():
    assert messages(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == EXPECTED


def test_carriage_returns_are_tolerated():
    assert messages(b"A: 1\r\nContent-Length: 2\r\n\r\n\r\n") == [
        ({"a": "1", "content-length": "2"}, b"\r\n")
    ]


def test_a_line_separator_in_a_value_ends_no_line():
    assert messages("Reply-Text: a\u2028b\x0bc\n\n".encode()) == [
        ({"reply-text": "a\u2028b\x0bc"}, b"")
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        b"\n\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"Content-Length: x\n\n",
        b"Content-Length: -1\n\n",
        b"Content-Length: +1\n\n",
        "Content-Length: \u0661\n\n".encode(),
        b"Content-Length: 1e3\n\n",
        b"Content-Length: %d\n\n" % (MAX_BODY + 1),
        b"Content-Length: " + b"9" * 5000 + b"\n\n",
        b"x" * (MAX_HEADERS + 1),
        b"a: " + b"x" * MAX_HEADERS + b"\n\n",
    ],
    ids=lambda wrong: ascii(wrong[:30]),
)
def test_what_is_no_message_is_refused(wrong):
    with pytest.raises(SwitchProtocolError):
        messages(wrong)


def test_the_largest_message_is_read_whole():
    body = b"x" * MAX_BODY
    head = b"Content-Length: %d\n\n" % MAX_BODY
    assert messages(head, body)[0][1] == body


def test_a_password_cannot_become_another_command():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(ours)
        with pytest.raises(ValueError, match="CR, LF or NUL"):
            connection.send("auth pass\n\napi shutdown", deadline=time.monotonic() + 1)
        connection.send("auth pass", deadline=time.monotonic() + 1)
        assert theirs.recv(100) == b"auth pass\n\n"


def test_a_deadline_that_has_passed_sends_nothing():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(SwitchTimeout):
            Connection(ours).send("api status", deadline=time.monotonic())
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


def test_a_peer_that_takes_nothing_ends_at_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(SwitchTimeout):
        Connection(ours).send("x" * 10_000_000, deadline=time.monotonic() + 0.2)


def test_a_peer_that_is_gone_is_reported():
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        with pytest.raises(SwitchProtocolError, match="ended the connection"):
            Connection(ours).send("api status", deadline=time.monotonic() + 1)


def test_a_reset_is_reported():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
        with ours:
            ours.sendall(b"unread, so that closing resets")
            theirs.close()
            with pytest.raises(SwitchProtocolError, match="ended the connection"):
                Connection(ours).receive(deadline=time.monotonic() + 1)


@given(PIECES)
@example([b"Content-Type: auth/request\n\n", b"Content-Type: api/response\n\n"])
@example(
    [
        b"Content-Type: auth/request\n\n",
        b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n",
        b"Content-Type: text/event-plain\n\n",
    ]
)
@settings(deadline=None)
def test_a_hostile_server_gets_an_answer_or_a_typed_error_and_never_a_hang(pieces):
    with server_saying(b"".join(pieces)) as (host, port):
        deadline = time.monotonic() + 2
        with (
            suppress(SwitchError),
            Client(Login(host, port, "pass"), deadline=deadline) as client,
        ):
            assert isinstance(client.api("reloadxml", deadline=deadline), str)


@contextmanager
def server_saying(said):
    """A server that says this to one connection, whatever it hears, and nothing more."""

    def serve():
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        yield listener.getsockname()
        server.join()
