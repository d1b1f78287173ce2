"""A WebSocket server that does as much as the doctor asks of one, on loopback."""

import base64
import hashlib
import re
import socket
import threading
from contextlib import contextmanager, suppress

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def sip(key):
    """What FreeSWITCH answers."""
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())  # noqa: S324  (RFC 6455)
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
    )


@contextmanager
def websocket_server(answer=sip, tls=None):
    """Listen on a free port; ``answer`` makes an answer of a request's key."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_accept, args=(listener, answer, tls))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def _accept(listener, answer, tls):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            connection.settimeout(5)
            _serve(connection, answer, tls)


def _serve(plain, answer, tls):
    with tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
        received = b""
        while b"\r\n\r\n" not in received:
            data = connection.recv(4096)
            if not data:
                return
            received += data
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", received)[1]
        assert b"Sec-WebSocket-Protocol: sip\r\n" in received
        connection.sendall(answer(key))
