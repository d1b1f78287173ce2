"""Whether an address is that of a trusted proxy; names of proxies are resolved again and again."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from sipapp.concurrency.background_check import BackgroundCheck, refresh
from sipapp.doctor.local_addresses import Address, addresses
from sipapp.model.address import parse_address
from sipapp.settings.proxies import Proxies

log = logging.getLogger(__name__)

RENEW_AFTER_S: Final = 30.0
"""Seconds after which the addresses of names are looked up again, while requests go on."""
RETRY_AFTER_S: Final = 2.0
"""Seconds until a request from an address that no name has makes names be looked up again."""
LOOKUP_WAIT_S: Final = 2.0
"""Seconds that such a request waits for the answer."""


class TrustedProxies:
    """The addresses of trusted proxies.  For several threads."""

    def __init__(
        self,
        proxies: Proxies,
        resolve: Callable[[str], Sequence[Address]] = addresses,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._proxies = proxies
        self._resolve = resolve
        self._of_names: dict[str, frozenset[Address]] = {}
        self._lookup = BackgroundCheck(
            "The lookup of the names in sipapp.trusted_proxies", self._look_up, LOOKUP_WAIT_S, clock
        )

    def trusts_peer(self, remote: str) -> bool:
        """Whether a connection comes from a trusted proxy.

        A container that is started again has another address: for one that is not known yet, the
        names are looked up again.
        """
        if self.trusts(remote):
            # One request in a while begins a lookup, and none waits for it.
            if self._proxies.names:
                self._lookup.begin(RENEW_AFTER_S)
            return True
        if not self._proxies.names:
            return False
        refresh([self._lookup], keep=RETRY_AFTER_S, deadline=time.monotonic() + LOOKUP_WAIT_S)
        return self.trusts(remote)

    def trusts(self, hop: str) -> bool:
        """Whether an address is that of a trusted proxy, as far as names have been looked up."""
        address = parse_address(hop)
        if address is None:  # waitress: "localhost" is the client of a Unix socket
            return hop in self._proxies.names
        if any(address in network for network in self._proxies.networks):
            return True
        return any(address in found for found in self._of_names.values())

    def _look_up(self) -> bool:
        for name in self._proxies.names:
            found = frozenset(self._resolve(name))
            if found:
                self._of_names = {**self._of_names, name: found}
            else:  # the addresses from before stay: a name server may be away for a moment
                log.warning("%s of sipapp.trusted_proxies has no address.", name)
        return True
