"""Failed log-ins of one name from many networks: they are not throttled, but told."""

import logging
from collections.abc import Sequence
from typing import Final

from sipapp.state.shared import ClaimSet, SharedState

log = logging.getLogger(__name__)

PERIOD_S: Final = 86400.0
"""Seconds for which a failed network of a name counts, and a warning about a name stays."""
MANY_NETWORKS: Final = 20
"""Networks from which a log-in with one name failed, before that is told."""
MAX_NETWORKS: Final = 50_000
"""Failed networks that are remembered, of all names."""
MAX_WARNINGS: Final = 20
"""Names that are warned of; a new one then takes the place of the oldest."""


class FailedNetworks:
    """Remembers from which networks log-ins failed, by name.  For several threads and processes.

    It only warns: who guesses from many networks would otherwise lock out the name's owner.
    """

    def __init__(self, state: SharedState, name: str) -> None:
        """``name`` is that of what one logs in to."""
        self._state = state
        self._what = name
        self._networks = ClaimSet(
            f"{name}, failed networks",
            PERIOD_S,
            MAX_NETWORKS,
            max_per_owner=MANY_NETWORKS,
            drops_oldest=True,
            renewable=True,
        )
        self._warned = ClaimSet(
            f"{name}, many failed networks", PERIOD_S, MAX_WARNINGS, drops_oldest=True
        )

    def add(self, network: str, name: str) -> None:
        """Remember a failure; one line of the log in each period tells of a name with many."""
        self._state.claim(self._networks, [f"{network}\n{name}"], name)
        if len(self._state.claimed(self._networks, name)) < MANY_NETWORKS:
            return
        if name not in self.names() and self._state.claim(self._warned, [name]):
            log.warning("Many failed log-ins (%s) for %a from many addresses.", self._what, name)

    def names(self) -> Sequence[str]:
        """The names with failures from many networks."""
        return self._state.claimed(self._warned)
