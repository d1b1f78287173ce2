"""Ports for servers that tests start, and that cannot choose one themselves."""

import socket
from collections.abc import Iterator
from typing import Final

# Below the ports that Linux gives to outgoing connections and to servers that ask for any.
_PORTS: Final = range(20_000, 30_000)


def _reservations() -> Iterator[int]:
    for port in _PORTS:
        # Only one process can have this name, and it is free again when that process ends.
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0sipapp-test-port-{port}")
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
        else:
            reservation.detach()  # and stays open as long as the process
            yield port


_next: Final = _reservations()


def reserve_port() -> int:
    """Return a TCP port of the loopback that no test gets again, of whatever process.

    A port that was only looked for (``bind`` to 0, then ``close``) may be another's by the time
    the server listens.
    """
    return next(_next)
