"""The address of the client that sent a request, ``request.peer``."""

from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import Any, Final

from sipapp.model.address import parse_address

_CUT_IPV4_MAPPED: Final = IPv6Address("::ffff")
"""What waitress makes of ``::ffff:198.51.100.7``, whose end it takes for a port."""


def peer_of(environ: Mapping[str, Any]) -> str | None:
    """The address of the client; ``None`` if it is not known, such as behind a Unix socket.

    Not Pyramid's ``client_addr``, which believes any X-Forwarded-For header: waitress puts
    into REMOTE_ADDR what a trusted proxy says.
    """
    remote = environ.get("REMOTE_ADDR") or ""
    address = parse_address(remote)
    if address is None or address == _CUT_IPV4_MAPPED:
        address = parse_address(_forwarded_hop(environ, remote))
    return str(address) if address else None


def _forwarded_hop(environ: Mapping[str, Any], remote: str) -> str:
    """The address in X-Forwarded-For that waitress cut; empty if that is not where it comes from.

    Waitress leaves the hops of trusted proxies in the header, the client's first.
    """
    hop: str = environ.get("HTTP_X_FORWARDED_FOR", "").partition(",")[0].strip().strip('"')
    return hop if remote and hop.startswith(remote) else ""
