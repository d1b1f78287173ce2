"""Ports for servers that tests start, and that cannot choose one themselves."""

import socket
from collections.abc import Iterator
from typing import Final

# Below the ports that Linux gives to outgoing connections and to servers that ask for any.
_PORTS: Final = range(20_000, 30_000)


def _reservations() -> Iterator[tuple[int, socket.socket]]:
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
            yield port, reservation


_next: Final = _reservations()
_kept: Final[list[socket.socket]] = []


def reserve_port() -> int:
    """Return a TCP port of the loopback that no test gets again, of whatever process.

    A port that was only looked for (``bind`` to 0, then ``close``) may be another's by the time
    the server listens.
    """
    port, reservation = next(_next)
    _kept.append(reservation)
    return port
