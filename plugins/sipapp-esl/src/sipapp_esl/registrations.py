"""Registrations: what the events of mod_sofia make of a table of them.

Line numbers are of FreeSWITCH 1.10.12; what is said of events was recorded from it.
"""

import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from sipapp.api import LiveTable, Registration, one_line, registration_with_id
from sipapp.freeswitch.api import contact_transport, network_address, steady
from sipapp_esl.events import Event
from sipapp_esl.settling import Settling

SUBCLASSES: Final = ("sofia::register", "sofia::unregister", "sofia::expire")
LATE_MARGIN: Final = 60.0
"""Seconds that FreeSWITCH keeps a registration for after it expired, unless
``sip-expires-late-margin`` of the profile says otherwise; snapshots then tell it."""

_NUMBER: Final = re.compile(r"[0-9]{1,16}")


class Registrations:
    """The registrations of some SIP profiles, by Call-ID, and a table of them for views.

    One thread tells what events and snapshots say, others ask for the table.
    """

    def __init__(self, profiles: Sequence[str], domains: Sequence[str]) -> None:
        """``domains`` are the storage's, the default one first."""
        self._profiles = frozenset(profiles)
        self._domains = domains
        self._known: Settling[Registration] = Settling()
        self._phones: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._table: LiveTable[Registration] = LiveTable.of()
        self._changed: dict[str, Registration | None] = {}

    def table(self) -> LiveTable[Registration]:
        """Every registration, by the ids of the extensions."""
        with self._lock:
            if self._changed:
                changed, self._changed = self._changed, {}
                put = [self._with_id(each) for each in changed.values() if each]
                self._table = self._table.changed(put, changed.keys())
            return self._table

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
                return not self._drop(call_id, now)
        return False

    def take_snapshot(self, found: Mapping[str, Registration], now: float) -> None:
        """Take the answer to ``sofia xmlstatus`` over."""
        self._known.replace(steady(found.values(), self._known.entries), now)
        entries = self._known.entries.values()
        self._phones = Counter(map(_user, entries))
        # Outside of the lock, for which requests wait: a table of many takes a while.
        table = self._table.replaced(map(self._with_id, entries))
        with self._lock:
            self._table, self._changed = table, {}

    def _register(self, call_id: str, event: Event, now: float) -> bool:
        before = self._known.entries.get(call_id)
        new = _registration(call_id, event, before)
        self._known.put(call_id, new, now)
        self._phones.subtract([_user(before)] if before else ())
        self._phones.update([_user(new)])
        self._note(new.id, new)
        # Without multiple-registrations, a phone takes the place of the user's other one,
        # of which no event tells.
        return before is None and self._phones[_user(new)] > 1

    def _drop(self, call_id: str, now: float) -> bool:
        before = self._known.drop(call_id, now)
        if before is None:
            return False
        self._phones.subtract([_user(before)])
        self._note(before.id, None)
        return True

    def _note(self, registration_id: str, now: Registration | None) -> None:
        with self._lock:
            self._changed[registration_id] = now

    def _with_id(self, registration: Registration) -> Registration:
        return registration_with_id(registration, self._domains)


def _user(registration: Registration) -> tuple[str, str]:
    return registration.extension, registration.domain


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
