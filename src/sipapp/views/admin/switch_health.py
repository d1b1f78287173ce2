"""Whether the switches answer, in a word, for the bar of the list."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final, Literal

from pyramid.config import Configurator

from sipapp.switches import Switches

KEEP: Final = 5.0
"""Seconds that a word is kept: typing into the search does not ask the switch each time."""
LIMIT: Final = 1.0
"""Seconds that the page waits for a switch."""


@dataclass(frozen=True)
class Health:
    """A word for people, and the state that gives it its colour and shape."""

    word: Literal["OK", "Behind", "Fault", "None"]
    state: Literal["ok", "busy", "fault", "off"]


class SwitchHealth:
    """Asks the switches, at most once in :data:`KEEP` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._known: tuple[float, Health] | None = None

    def __call__(self, switches: Switches) -> Health:
        with self._lock:
            if self._known is None or self._clock() - self._known[0] >= KEEP:
                self._known = (self._clock(), _ask(switches))
            return self._known[1]


def _ask(switches: Switches) -> Health:
    outcomes = {each.outcome for each in switches.ping(limit=LIMIT)}
    if not outcomes:
        return Health("None", "off")
    if outcomes != {"applied"}:
        return Health("Fault", "fault")
    return Health("Behind", "busy") if switches.behind() else Health("OK", "ok")


def includeme(config: Configurator) -> None:
    """Make one for the application, ``registry.switch_health``."""
    config.registry.switch_health = SwitchHealth()
