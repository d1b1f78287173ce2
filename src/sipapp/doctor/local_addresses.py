"""Addresses of hosts, and whether they are of this machine."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address


def address_of(text: str) -> Address | None:
    """Parse an address, IPv6 with or without brackets; ``None`` for another text."""
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def is_here(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    address = address_of(host)
    if address is None:
        return host.casefold() == "localhost" or host.casefold().endswith(".localhost")
    return address.is_loopback


def connectable(host: str) -> str:
    """The host to connect to for a server that listens on ``host``: loopback for all addresses."""
    address = address_of(host)
    if address is None:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return str(address)


def addresses(host: str) -> tuple[Address, ...]:
    """The addresses that a name resolves to here; none if it does not resolve."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    known = (address_of(str(entry[4][0]).partition("%")[0]) for entry in found)
    return tuple(each for each in known if each is not None)
