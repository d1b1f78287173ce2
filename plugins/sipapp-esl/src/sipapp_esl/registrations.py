"""Registrations: what the events of mod_sofia make of a table of them.

Line numbers are of FreeSWITCH 1.10.12; what is said of events was recorded from it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from sipapp.api import Registration, one_line
from sipapp.freeswitch.api import contact_transport, network_address, steady
from sipapp_esl.events import Event
from sipapp_esl.settling import Settling

SUBCLASSES: Final = ("sofia::register", "sofia::unregister", "sofia::expire")
LATE_MARGIN: Final = 60.0
"""Seconds that FreeSWITCH keeps a registration for after it expired, unless
``sip-expires-late-margin`` of the profile says otherwise; snapshots then tell it."""

_NUMBER: Final = re.compile(r"[0-9]{1,16}")


class Registrations:
    """The registrations of some SIP profiles, by Call-ID."""

    def __init__(self, profiles: Sequence[str]) -> None:
        self._profiles = frozenset(profiles)
        self._table: Settling[Registration] = Settling()

    def all(self) -> tuple[Registration, ...]:
        """Every registration."""
        return tuple(self._table.entries.values())

    def take(self, event: Event, now: float) -> bool:
        """Take an event over; returns whether a snapshot is needed for the rest.

        ``now`` is a time of ``time.monotonic()``.
        """
        call_id = event.get("call-id", "")
        if event.get("profile-name") not in self._profiles or not call_id:
            return False
        match event.get("Event-Subclass"):
            case "sofia::register":
                return self._register(call_id, event, now)
            case "sofia::unregister" | "sofia::expire":
                # The first also when a WebSocket is closed, then with nothing but the
                # Call-ID (sofia.c:2080); the second also when it is flushed. A phone that
                # takes back all its registrations does so with a Call-ID of its own.
                return not self._table.drop(call_id, now)
        return False

    def take_snapshot(self, found: Mapping[str, Registration], now: float) -> None:
        """Take the answer to ``sofia xmlstatus`` over."""
        self._table.replace(steady(found.values(), self._table.entries), now)

    def _register(self, call_id: str, event: Event, now: float) -> bool:
        before = self._table.entries.get(call_id)
        new = _registration(call_id, event, before)
        others = before is None and any(
            (each.extension, each.domain) == (new.extension, new.domain)
            for each in self._table.entries.values()
        )
        self._table.put(call_id, new, now)
        # Without multiple-registrations, a phone takes the place of the user's other one,
        # which no event reports.
        return others


def _registration(call_id: str, event: Event, before: Registration | None) -> Registration:
    at = _number(event.get("Event-Date-Timestamp", "")) / 1e6
    return Registration(
        extension=one_line(event.get("from-user", "")),
        domain=one_line(event.get("from-host", "")),
        address=network_address(event.get("network-ip", ""), event.get("network-port", "")),
        transport=contact_transport(event.get("contact", "")),
        user_agent=one_line(event.get("user-agent", "")),
        since=before.since if before else at,
        expires=at + _number(event.get("expires", "")) + LATE_MARGIN,
        call_id=call_id,
    )


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0
