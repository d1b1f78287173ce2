"""The presence of extensions, from the live status of the switches."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from sipapp.model.extension import split_id
from sipapp.model.live import Call
from sipapp.switches.live_view import LiveOverview

PresenceState = Literal["offline", "available", "ringing", "busy"]


def presence_states(
    live: LiveOverview, extension_ids: Collection[str]
) -> Mapping[str, PresenceState]:
    """The presence of each of these extensions whose presence is known.

    An extension without a call is ``available`` or ``offline`` only if the registrations and
    calls that say so are known: it may have a phone or a call at a switch that is lost now.
    """
    registrations = live.registrations_of(extension_ids)
    calls = live.calls_of(extension_ids)
    found: dict[str, PresenceState] = {}
    for each in extension_ids:
        if each in calls:
            users = {split_id(name)[0] for name in live.aliases.names_of(each)}
            found[each] = "ringing" if _only_rings(users, calls[each]) else "busy"
        elif live.lost:
            continue
        elif each in registrations:
            if live.has_calls:
                found[each] = "available"
        elif live.has_registrations:
            found[each] = "offline"
    return found


def _only_rings(users: Collection[str], calls: Iterable[Call]) -> bool:
    """Whether an extension of these names is called by all of the calls, and has answered none."""
    return all(each.state in {"dialing", "ringing"} and each.caller not in users for each in calls)
