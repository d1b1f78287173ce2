"""Where a host is, seen from here."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address


def address_of(text: str) -> Address | None:
    """The address that a text is, if it is one; IPv6 with or without brackets."""
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
    """A host to connect to, for one that somebody listens on: all addresses are ours as well."""
    address = address_of(host)
    if address is None:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return str(address)


def addresses(host: str) -> tuple[Address, ...]:
    """What a name means to this machine; nothing if it means nothing."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    known = (address_of(str(entry[4][0]).partition("%")[0]) for entry in found)
    return tuple(each for each in known if each is not None)
