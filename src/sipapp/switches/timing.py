"""Time limits and pauses of the switches' machinery."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds, and a number of tries.

    Pauses between retries double from ``first_retry_s`` up to ``max_retry_s``.  With the
    defaults a switch is given up after about two hours.
    """

    start_reload_s: float = 2.0
    """From the start to the first reload, which takes over what was pending at the last end."""
    first_retry_s: float = 2.0
    max_retry_s: float = 600.0
    max_tries: int = 20
    """Retries in the background before a switch is given up."""
    overrun_s: float = 1.0
    """What a strategy may overrun its own time limit by before its caller stops waiting."""
    ping_timeout_s: float = 1.0
    """For a ping, which a page may wait for."""
