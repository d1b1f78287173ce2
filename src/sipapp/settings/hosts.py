"""Hosts of HTTP requests: a name or an address, and a port."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from sipapp.settings.options import host, port

_DEFAULT_PORTS: Final = frozenset({80, 443})


@dataclass(frozen=True)
class Host:
    """A host as :func:`parse_host` makes it; a ``port`` of ``None`` is the scheme's own."""

    name: str
    """In lower case and without a dot at its end; an IPv6 address without its brackets."""
    port: int | None = None

    def matches(self, asked: "Host") -> bool:
        """Whether a request for ``asked`` is for this host: at any port, if it has none."""
        if self.name != asked.name:
            return False
        if asked.port is None:
            return self.port is None or self.port in _DEFAULT_PORTS
        return self.port in {None, asked.port}


def parse_host(text: str) -> Host:
    """Parse ``NAME`` or ``NAME:PORT``.  Raises ``ValueError`` with a sentence."""
    name, colon, number = text.rpartition(":")
    # The colons of an IPv6 address without brackets are its own.
    if colon and (":" not in name or name.endswith("]")):
        return Host(_normalized(host(name)), port(number))
    return Host(_normalized(host(text)))


def parse_hosts(text: str) -> tuple[Host, ...]:
    """Parse hosts that are separated by spaces or line ends."""
    return tuple(dict.fromkeys(map(parse_host, text.split())))


def _normalized(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        return name.casefold().removesuffix(".")
