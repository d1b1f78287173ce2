"""Trusted proxies: addresses, networks and host names."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from sipapp.settings.options import host

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Proxies:
    """The proxies whose X-Forwarded headers are believed."""

    networks: tuple[Network, ...] = ()
    """An address is the network of it alone."""
    names: tuple[str, ...] = ()
    """In lower case; each stands for the addresses that it has now."""

    def __str__(self) -> str:
        networks = (str(each).removesuffix(f"/{each.max_prefixlen}") for each in self.networks)
        return ", ".join((*networks, *self.names))


def parse_proxies(text: str) -> Proxies:
    """Parse addresses, networks and names, separated by spaces or line ends.

    Raises ``ValueError`` with a sentence.
    """
    networks: dict[Network, None] = {}
    names: dict[str, None] = {}
    for word in text.split():
        network = _network(word)
        if network is None:
            names[_name(word)] = None
        elif not network.prefixlen:
            raise ValueError(f"{word!r} has all addresses: anyone could say to come from anywhere.")
        else:
            networks[network] = None
    return Proxies(tuple(networks), tuple(names))


def _network(word: str) -> Network | None:
    address, slash, prefix = word.partition("/")
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        return ip_network(f"{bare}{slash}{prefix}")
    except ValueError as error:
        if not slash:
            return None
        words = "is not a network such as 172.18.0.0/16 or fd00:1::/64"
        raise ValueError(f"{word!r} {words}: {error}.") from error


def _name(word: str) -> str:
    try:
        return host(word).casefold().removesuffix(".")
    except ValueError:
        raise ValueError(
            f"{word!r} is neither an address, a network (172.18.0.0/16) nor a host name; several "
            "are separated by spaces."
        ) from None
