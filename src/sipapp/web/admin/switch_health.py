"""The health of the switches in one word, for the bar of the list."""

import time
from dataclasses import dataclass
from typing import Final, Literal

from sipapp.concurrency.background_check import refresh
from sipapp.web.switch_status import SwitchStatus

STATE_KEPT_S: Final = 5.0
"""Typing into the search does not ping the switch each time."""
PING_WAIT_S: Final = 0.5
"""How long the page waits for the ping that it began."""


@dataclass(frozen=True)
class SwitchHealth:
    """A word for people, and the state that gives it its colour and shape."""

    word: Literal["OK", "Behind", "Asking", "Fault", "None"]
    state: Literal["ok", "busy", "fault", "off"]


def switch_health(switches: SwitchStatus) -> SwitchHealth:
    """Ping the switches, unless their state is fresh, and return the worst state."""
    probes = switches.ping_checks().values()
    refresh(probes, keep=STATE_KEPT_S, deadline=time.monotonic() + PING_WAIT_S)
    states = {each.state for each in probes}
    if not states:
        return SwitchHealth("None", "off")
    if "fault" in states:
        return SwitchHealth("Fault", "fault")
    if "asking" in states:
        return SwitchHealth("Asking", "busy")
    return SwitchHealth("Behind", "busy") if switches.behind() else SwitchHealth("OK", "ok")
