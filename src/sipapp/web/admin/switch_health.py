"""Whether the switches answer, in a word, for the bar of the list."""

import time
from dataclasses import dataclass
from typing import Final, Literal

from sipapp.concurrency.background_check import refresh
from sipapp.switches.fleet import SwitchFleet

KEEP: Final = 5.0
"""Seconds that a word is kept: typing into the search does not ask the switch each time."""
PATIENCE: Final = 0.5
"""Seconds that the page waits for a switch that nobody else has asked."""


@dataclass(frozen=True)
class Health:
    """A word for people, and the state that gives it its colour and shape."""

    word: Literal["OK", "Behind", "Asking", "Fault", "None"]
    state: Literal["ok", "busy", "fault", "off"]


def switch_health(switches: SwitchFleet) -> Health:
    """Ask the switches, if nobody has done so lately, and say what is known."""
    probes = switches.ping_checks().values()
    refresh(probes, keep=KEEP, deadline=time.monotonic() + PATIENCE)
    states = {each.state for each in probes}
    if not states:
        return Health("None", "off")
    if "fault" in states:
        return Health("Fault", "fault")
    if "asking" in states:
        return Health("Asking", "busy")
    return Health("Behind", "busy") if switches.behind() else Health("OK", "ok")
