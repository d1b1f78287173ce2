"""What is at both ends of a proxy under test: a server and a switch behind it, and clients."""

import base64
import contextlib
import os
import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer

from tests.proxies import has_ipv6
from tests.unit.fake_websocket import sip

ADDRESSES = ["127.0.0.1", *(["::1"] if has_ipv6() else [])]
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


class Server(ThreadingHTTPServer):
    """In the place of sipapp: keeps what it was asked.

    Requests for ``/sip/slow`` last until they are told to go on.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked = []
        self.slow = threading.Semaphore(0)
        self.go_on = threading.Event()

    def handle_error(self, *_):
        """A proxy resets a connection that it does not need any more."""


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers))
        if self.path == "/sip/slow":
            self.server.slow.release()
            self.server.go_on.wait()
        if self.path == "/sip/busy":
            self.send_response(429)
            self.send_header("Retry-After", "77")
            self.send_header("Strict-Transport-Security", "max-age=99")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


class Switch(ThreadingTCPServer):
    """Takes each handshake, keeps its path, and sends back what comes then."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Echo)
        self.asked = []


class _Echo(BaseRequestHandler):
    def handle(self):
        received = b""
        while b"\r\n\r\n" not in received:
            data = self.request.recv(4096)
            if not data:
                return
            received += data
        self.server.asked.append(received.split()[1].decode())
        self.request.sendall(sip(re.search(rb"(?i)sec-websocket-key: *(\S+)", received)[1]))
        while data := self.request.recv(4096):
            self.request.sendall(data)


@contextlib.contextmanager
def listening(server):
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def connect(proxy, address="127.0.0.1", name="localhost"):
    plain = socket.create_connection((address, proxy.https), timeout=20)
    try:
        return TLS.wrap_socket(plain, server_hostname=name)
    except (ssl.SSLError, OSError):
        plain.close()
        raise


def handshake(proxy, origin="own", *, host=None, path="/sip/ws", **where):
    """Ask for a WebSocket; returns its connection and the status."""
    host = host or f"localhost:{proxy.https}"
    origin = f"https://{host}" if origin == "own" else origin
    connection = connect(proxy, **where)
    lines = [
        f"GET {path} HTTP/1.1",
        *(f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"),
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: sip"),
        *([] if origin is None else [f"Origin: {origin}"]),
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    received = b""
    with contextlib.suppress(ConnectionError):
        while b"\r\n\r\n" not in received and (data := connection.recv(4096)):
            received += data
    return connection, int(received.split()[1]) if received else 0


def status_of(proxy, origin="own", **given):
    connection, status = handshake(proxy, origin, **given)
    connection.close()
    return status
