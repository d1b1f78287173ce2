"""Addresses of clients, as proxies and web servers spell them, and their networks."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

UNKNOWN_ADDRESS: Final = "an unknown address"
"""What the log says of a client without an address."""
_BRACKETS: Final = re.compile(r"\[([^\]]*)\](?::\d*)?")
_IPV4_WITH_PORT: Final = re.compile(r"((?:::ffff:)?[\d.]+):\d*", re.IGNORECASE)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Where a network that has IPv6 only puts clients that have IPv4."""


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text, which may be quoted, in brackets, with a port and a zone.

    The zone is dropped, and an IPv4 address in an IPv6 one is that IPv4 address.  ``None`` if the
    text is no address.
    """
    text = text.strip().strip('"')
    inner = _BRACKETS.fullmatch(text) or _IPV4_WITH_PORT.fullmatch(text)
    try:
        address = ip_address((inner[1] if inner else text).partition("%")[0])
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def network_of(address: IPv4Address | IPv6Address, ipv6_prefix: int = 64) -> str:
    """The network that an address is counted as: an IPv4 address itself, of IPv6 a prefix.

    One customer has at least a /64.
    """
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), ipv6_prefix), strict=False))
