"""The phones that Kamailio knows, as its module usrloc lists them (``ul.dump``, 5.6)."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sipapp.api import Registration, SwitchProtocolError, one_line
from sipapp.freeswitch.api import contact_transport

_RECEIVED: Final = re.compile(r"sips?:(?P<address>[^;]+)")
_UNKNOWN: Final = frozenset({"n/a", "[not set]"})


def read_locations(reply: Mapping[str, Any]) -> dict[str, Registration]:
    """Registrations by Call-ID.  Raises ``SwitchProtocolError`` for what is no such reply."""
    now = time.time()
    try:
        contacts = list(_contacts(reply))
        found = [_registration(address, contact, now) for address, contact in contacts]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SwitchProtocolError("Kamailio told its registrations in an unknown way.") from error
    return {each.call_id: each for each in found}


def _contacts(reply: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for domain in reply["result"]["Domains"]:
        for entry in domain["Domain"].get("AoRs", ()):
            for contact in entry["Info"]["Contacts"]:
                yield entry["Info"]["AoR"], contact["Contact"]


def _registration(address: str, contact: Mapping[str, Any], now: float) -> Registration:
    user, _, domain = address.rpartition("@")
    received = _RECEIVED.match(contact["Received"])
    where = contact["Received"] if received else contact["Address"]
    agent = str(contact["User-Agent"])
    return Registration(
        extension=one_line(user),
        domain=one_line(domain),
        address=one_line(received["address"] if received else str(contact["Address"])),
        transport=contact_transport(str(where)),
        user_agent="" if agent in _UNKNOWN else one_line(agent),
        # Of a registration that was renewed, when that was.
        since=float(contact["Last-Modified"]),
        expires=now + float(contact["Expires"]),
        call_id=str(contact["Call-ID"]),
    )
