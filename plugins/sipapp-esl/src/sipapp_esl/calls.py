"""Calls: what the events of channels make of a table of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sipapp.api import Call, LiveTable, call_with_ids
from sipapp.freeswitch.api import Channel, calls_of, make_channel
from sipapp_esl.events import Event
from sipapp_esl.settling import Settling

NAMES: Final = (
    "CHANNEL_CREATE",
    "CHANNEL_CALLSTATE",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_HANGUP_COMPLETE",
)
_MICROSECONDS: Final = re.compile(r"[0-9]{1,17}")


class Calls:
    """The channels of a switch by their id, and a table of the calls that they are part of."""

    def __init__(self, profiles: Sequence[str], domains: Sequence[str]) -> None:
        """``profiles`` are those that phones register with, ``domains`` the storage's.

        The default domain is the first.
        """
        self._profiles = profiles
        self._domains = domains
        self._known: Settling[Channel] = Settling()
        self._table: LiveTable[Call] = LiveTable.of()

    def table(self) -> LiveTable[Call]:
        """Every call, by the ids of the extensions."""
        calls = calls_of(self._known.entries.values())
        self._table = self._table.replaced(call_with_ids(each, self._domains) for each in calls)
        return self._table

    def take(self, event: Event, now: float) -> None:
        """Take an event over; ``now`` is a time of ``time.monotonic()``."""
        uuid = event.get("Unique-ID", "")
        channel = self._channel(event)
        if channel is None:
            self._known.drop(uuid, now)
            return
        before = self._known.entries.get(uuid)
        if before is not None and not channel.peer and event["Event-Name"] != "CHANNEL_UNBRIDGE":
            channel = replace(channel, peer=before.peer)
        self._known.put(uuid, channel, now)

    def take_snapshot(self, found: Mapping[str, Channel], now: float) -> None:
        """Take the answer to ``show channels`` over; of later bridges, events are newer."""
        known = self._known.entries
        self._known.replace(
            {
                key: replace(each, peer=known[key].peer) if key in known else each
                for key, each in found.items()
            },
            now,
        )

    def _channel(self, event: Event) -> Channel | None:
        created = event.get("Caller-Channel-Created-Time", "")
        bridged = event.get("Event-Name") != "CHANNEL_UNBRIDGE"
        # The state after an answer is in the next event only.
        states = ("ACTIVE",) if event.get("Event-Name") == "CHANNEL_ANSWER" else ()
        return make_channel(
            uuid=event.get("Unique-ID", ""),
            call=event.get("Channel-Call-UUID", ""),
            peer=event.get("Other-Leg-Unique-ID", "") if bridged else "",
            direction=event.get("Call-Direction", ""),
            caller_name=event.get("Caller-Caller-ID-Name", ""),
            caller=event.get("Caller-Caller-ID-Number", ""),
            callee=event.get("Caller-Destination-Number", ""),
            presence=event.get("Channel-Presence-ID", ""),
            states=(*states, event.get("Channel-Call-State", ""), event.get("Channel-State", "")),
            since=int(created) // 1_000_000 if _MICROSECONDS.fullmatch(created) else 0,
            codec=event.get("Channel-Read-Codec-Name", ""),
            name=event.get("Channel-Name", ""),
            profiles=self._profiles,
        )
