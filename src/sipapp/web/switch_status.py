"""The status of the switches, for pages and the health check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sipapp.concurrency.background_check import BackgroundCheck
from sipapp.switches.sync_state import Behind


@dataclass(frozen=True)
class SwitchStatus:
    """Read-only status of the switches; no reload or change can be started through it."""

    behind: Callable[[], Mapping[str, Behind]]
    ping_checks: Callable[[], Mapping[str, BackgroundCheck]]
