"""Addresses that FreeSWITCH's SIP profile has bound for WebSockets."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from sipapp.doctor.local_addresses import connectable
from sipapp.doctor.websocket import Endpoint


def bound_place(running: Mapping[str, str], kind: str) -> tuple[str, int] | None:
    """Host and port of a binding, such as of ``sips:mod_sofia@[::]:7443``; ``kind`` ws or wss."""
    url = running.get(f"{kind}-bind-url", "")
    _, _, place = url.partition("@")
    parts = urlsplit(f"//{place.partition(';')[0]}")
    return (parts.hostname, parts.port) if parts.hostname and parts.port else None


def bound_endpoint(running: Mapping[str, str], kind: str) -> Endpoint | None:
    """Where a binding can be reached from this machine."""
    place = bound_place(running, kind)
    if place is None:
        return None
    host = connectable(place[0])
    return Endpoint(host, place[1], kind == "wss", host)
