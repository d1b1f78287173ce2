"""What a running Kamailio is asked: its version, and to forget a registration."""

import http.client
import json
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sipapp.api import (
    SwitchConnectionRefused,
    SwitchProtocolError,
    SwitchTimeout,
    SwitchUnreachable,
)

Address = tuple[str, str]
"""User name and domain."""

MAX_REPLY: Final = 1 << 20
_SERVER: Final = re.compile(r"kamailio \((?P<version>[^ )]+)", re.IGNORECASE)


def version(host: str, port: int, *, timeout: float) -> str:
    """The version that Kamailio names in its answer to a plain HTTP request, as ``5.6.3``.

    Raises a kind of ``SwitchUnreachable``.
    """
    connection = http.client.HTTPConnection(host, port, timeout=max(timeout, 0.001))
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
    except ConnectionRefusedError as error:
        raise SwitchConnectionRefused(f"Nothing listens on port {port} of {host}.") from error
    except TimeoutError as error:
        raise SwitchTimeout(f"No answer from port {port} of {host}.") from error
    except (OSError, http.client.HTTPException) as error:
        raise SwitchProtocolError(f"Port {port} of {host} gives no answer in HTTP.") from error
    finally:
        connection.close()
    found = _SERVER.match(answer.getheader("Server", ""))
    if found is None:
        raise SwitchProtocolError(f"What answers on port {port} of {host} is not Kamailio.")
    return found["version"]


def forget(directory: Path, addresses: Iterable[Address], *, timeout: float) -> None:
    """Drop the registrations of extensions, by user name and domain, if they have any.

    ``ul.rm`` of Kamailio's module usrloc, as JSON-RPC 2.0 in one datagram to
    ``control.sock`` (module jsonrpcs).  Raises ``SwitchUnreachable``.
    """
    deadline = time.monotonic() + timeout
    try:
        with _connected(directory) as control:
            for user, domain in addresses:
                control.settimeout(max(0.001, deadline - time.monotonic()))
                control.send(_call("ul.rm", "location", f"{user}@{domain}"))
                control.recv(65536)  # it says an error for one who was not registered
    except OSError as error:
        raise SwitchUnreachable(
            f"Kamailio could not be told to end registrations ({error}): they last until the "
            "phones renew them, some minutes."
        ) from error


def locations(directory: Path, *, timeout: float) -> Mapping[str, Any]:
    """What ``ul.dump`` says.  Raises a kind of ``SwitchUnreachable``."""
    try:
        with _connected(directory) as control:
            control.settimeout(max(0.001, timeout))
            control.send(_call("ul.dump"))
            reply = json.loads(control.recv(MAX_REPLY))
    except OSError as error:
        raise SwitchUnreachable(f"Kamailio does not tell who is registered ({error}).") from error
    except ValueError as error:
        raise SwitchProtocolError("What Kamailio tells of registrations is no JSON.") from error
    if not isinstance(reply, dict):
        raise SwitchProtocolError("What Kamailio tells of registrations makes no sense.")
    return reply


@contextmanager
def _connected(directory: Path) -> Iterator[socket.socket]:
    """A datagram socket to Kamailio's own.  Raises ``OSError``."""
    folder = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
            control.bind("")  # an address of the kernel's choice, for the reply (unix(7))
            # Through the handle, because a socket's own path must be short.
            control.connect(f"/proc/self/fd/{folder}/control.sock")
            yield control
    finally:
        os.close(folder)


def _call(method: str, *parameters: str) -> bytes:
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    return json.dumps(call).encode()
