"""Throttling of log-ins: each further failure doubles the delay until the next attempt.

Attempts are counted by network, and by network and name; never by name alone, so that a
stranger cannot lock out an account.  A name that was right from a network before is counted by
network and name only, so that others in that network cannot lock it out there.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sipapp.model.address import network_of, parse_address
from sipapp.model.errors import TooManyAttempts
from sipapp.state.failed_networks import FailedNetworks
from sipapp.state.shared import ClaimSet, Counter, CounterSet, SharedState

ACCOUNTS: Final = "accounts"
"""The name of the throttle of the manager's log-in."""
ACCOUNTS_BY_LINK: Final = "accounts, by links of other sites"
"""The name of the throttle of the manager's log-in by ``https://name:password@this-server/``."""
PHONES: Final = "phones"
"""The name of the throttle of phones' proofs."""
MAX_DELAY_S: Final = 900.0
"""The longest delay until the next attempt, in seconds."""
FORGET_AFTER_S: Final = 3600.0
"""Seconds after the last attempt of a key when its attempts do not count any more."""
CAPACITY: Final = 10_000
"""Keys that are remembered; of more, those whose last attempt is the oldest are dropped."""
FREE_BY_NAME: Final = 5
FREE_BY_NETWORK: Final = {64: 20, 56: 40, 48: 80}
"""Failures without a delay, by prefix of IPv6: a customer may have any of these networks.

An IPv4 address counts as a /64.
"""
KNOWN_NETWORK_LIFETIME_S: Final = 30 * 86400.0
"""Seconds for which a name is known in a network, after it was right from there."""
MAX_KNOWN_NETWORKS: Final = 50_000
"""Pairs of network and name that are known."""
MAX_KNOWN_NETWORKS_PER_NAME: Final = 20
"""Networks of one name: who has an account cannot take the place of all others."""
UNKNOWN_NETWORK: Final = "unknown"
"""The network of all clients without an address, such as those behind a Unix socket."""
_MAX_NAME_LENGTH: Final = 128


class Throttle:
    """Counts attempts by key.  For several threads and processes.

    After ``free`` attempts each further one doubles the delay, from one second to
    :data:`MAX_DELAY_S`.  Throttles of the same ``name`` have the same attempts.
    """

    def __init__(self, state: SharedState, name: str, free: int) -> None:
        self._state = state
        self._counters = _counters(name, free)

    def attempt(self, key: str) -> float:
        """Count an attempt; returns 0, or if it came too early, the seconds until the next.

        One that came too early is not counted.
        """
        return self._state.attempt([(self._counters, key)])


class LoginAttempt:
    """An attempt to log in that was counted; it is a failure unless it is said to be right."""

    def __init__(self) -> None:
        self.right = False
        self.repeated = False
        """It is a wrong password that was counted before: nobody guesses the same one twice."""


class LoginThrottle:
    """Throttles attempts to log in, by network and name.  For several threads and processes.

    The address has to be ``request.peer``, which no client can choose.
    """

    def __init__(self, state: SharedState, name: str, *, known_to: str = "") -> None:
        """``name`` is that of what one logs in to.

        With ``known_to`` the networks in which names are known are those of that throttle.
        """
        self._state = state
        self._by_name = _counters(f"{name}, by name", FREE_BY_NAME)
        self._by_network = {
            prefix: _counters(f"{name}, by /{prefix}", free)
            for prefix, free in FREE_BY_NETWORK.items()
        }
        self._known = ClaimSet(
            f"{known_to or name}, known networks",
            KNOWN_NETWORK_LIFETIME_S,
            MAX_KNOWN_NETWORKS,
            max_per_owner=MAX_KNOWN_NETWORKS_PER_NAME,
            drops_oldest=True,
            renewable=True,
        )
        self._failed = FailedNetworks(state, name)

    @contextmanager
    def attempt(self, address: str | None, name: str) -> Iterator[LoginAttempt]:
        """Count an attempt while its password is checked.

        It is counted before, so that many attempts at the same time are limited too.  An
        attempt that was right takes back what was counted, and forgets the failures of this name
        in this network, but not those of the network: a user with an account of their own could
        otherwise go on guessing other passwords without any delay.  An exception takes the
        attempt back: nothing was judged.  Raises ``TooManyAttempts``.
        """
        name = _folded(name)
        network = _network(address)
        by_name = (self._by_name, _pair(network, name))
        by_network = [] if self.knows(address, name) else self._network_counters(address)
        delay = self._state.attempt([by_name, *by_network])
        if delay:
            raise TooManyAttempts("Too many wrong passwords from this address.", delay)
        attempt = LoginAttempt()
        try:
            yield attempt
        except BaseException:
            self._state.take_back([by_name, *by_network])
            raise
        if attempt.right:
            self._state.take_back(by_network)
            self._state.reset(by_name)
            self.remember(address, name)
        elif attempt.repeated:
            self._state.take_back([by_name, *by_network])
        else:
            self._failed.add(network, name)

    def knows(self, address: str | None, name: str) -> bool:
        """Whether a name was right from the network of an address before."""
        name = _folded(name)
        return _pair(_network(address), name) in self._state.claimed(self._known, name)

    def remember(self, address: str | None, name: str) -> None:
        """Remember that a name was right from the network of an address."""
        name = _folded(name)
        self._state.claim(self._known, [_pair(_network(address), name)], name)

    def _network_counters(self, address: str | None) -> Sequence[Counter]:
        # An IPv4 address is one network, whatever the prefix.
        counted: dict[str, CounterSet] = {}
        for prefix, counters in self._by_network.items():
            counted.setdefault(_network(address, prefix), counters)
        return [(counters, network) for network, counters in counted.items()]


def _counters(name: str, free: int) -> CounterSet:
    return CounterSet(name, FORGET_AFTER_S, CAPACITY, free, MAX_DELAY_S)


def _network(address: str | None, ipv6_prefix: int = 64) -> str:
    parsed = parse_address(address or "")
    return network_of(parsed, ipv6_prefix) if parsed else UNKNOWN_NETWORK


def _folded(name: str) -> str:
    # Cut, because names of any length would be remembered.
    return name[:_MAX_NAME_LENGTH].casefold()


def _pair(network: str, name: str) -> str:
    return f"{network}\n{name}"
