"""Calls: what the events of channels make of a table of them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sipapp.api import Call
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
    """The channels of a switch by their id, and the calls that they are part of."""

    def __init__(self) -> None:
        self._table: Settling[Channel] = Settling()

    def all(self) -> tuple[Call, ...]:
        """Every call."""
        return calls_of(self._table.entries.values())

    def take(self, event: Event, now: float) -> None:
        """Take an event over; ``now`` is a time of ``time.monotonic()``."""
        uuid = event.get("Unique-ID", "")
        channel = _channel(event)
        if channel is None:
            self._table.drop(uuid, now)
            return
        before = self._table.entries.get(uuid)
        if before is not None and not channel.peer and event["Event-Name"] != "CHANNEL_UNBRIDGE":
            channel = replace(channel, peer=before.peer)
        self._table.put(uuid, channel, now)

    def take_snapshot(self, found: Mapping[str, Channel], now: float) -> None:
        """Take the answer to ``show channels`` over; of later bridges, events are newer."""
        known = self._table.entries
        self._table.replace(
            {
                key: replace(each, peer=known[key].peer) if key in known else each
                for key, each in found.items()
            },
            now,
        )


def _channel(event: Event) -> Channel | None:
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
    )
