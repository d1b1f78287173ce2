"""Throttling of log-ins: each further failure doubles the delay until the next attempt.

Failures are counted by address, and by address and name; never by name alone, so that a
stranger cannot lock out an account.
"""

from ipaddress import IPv6Address, ip_address
from typing import Final

from sipapp.state.shared import CounterSet, SharedState

MAX_DELAY_S: Final = 900.0
"""The longest delay until the next attempt, in seconds."""
FORGET_AFTER_S: Final = 3600.0
"""Seconds after the last failure of a key when its failures do not count any more."""
CAPACITY: Final = 10_000
"""Keys that are remembered; of more, those that failed longest ago are dropped."""
_MAX_NAME_LENGTH: Final = 128


class Throttle:
    """Counts failures by key.  For several threads and processes.

    After ``free`` failures each further one doubles the delay, from one second to
    :data:`MAX_DELAY_S`.  Throttles of the same ``name`` have the same failures.
    """

    def __init__(self, state: SharedState, name: str, free: int) -> None:
        self._state = state
        self._counters = CounterSet(name, FORGET_AFTER_S, CAPACITY)
        self._free = free

    def delay(self, key: str) -> float:
        """Seconds until the next attempt may be made; 0 if it may be made now."""
        found = self._state.failures(self._counters, key)
        if found.count < self._free:
            return 0.0
        # The exponent is bounded: a float overflows at a thousand failures.
        wait = min(2.0 ** min(found.count - self._free, 60), MAX_DELAY_S)
        return max(0.0, wait - found.age_s)

    def failed(self, key: str) -> None:
        """Count an attempt that failed."""
        self._state.add_failure(self._counters, key)

    def decrement(self, key: str) -> None:
        """Take back one failure of a key."""
        self._state.remove_failures(self._counters, key, 1)

    def reset(self, key: str) -> None:
        """Forget all failures of a key."""
        self._state.remove_failures(self._counters, key)


class LoginThrottle:
    """Throttles attempts to log in, by address and name.

    Ask for the delay; if there is none, count the attempt as failed *before* checking the
    password, so that many attempts at the same time are limited too; take that back when the
    password was right.

    The address has to be ``request.peer``, which no client can choose.
    """

    def __init__(
        self, state: SharedState, name: str, *, by_name: int = 5, by_address: int = 20
    ) -> None:
        """``name`` is that of what one logs in to."""
        self._by_name = Throttle(state, f"{name}, by name", by_name)
        self._by_address = Throttle(state, f"{name}, by address", by_address)

    def delay(self, address: str | None, name: str) -> float:
        """Seconds until this address may try this name again; 0 if it may now."""
        by_name, network = _keys(address, name)
        return max(self._by_name.delay(by_name), self._by_address.delay(network))

    def failed(self, address: str | None, name: str) -> None:
        """Count a failure, or an attempt whose password has not been checked yet."""
        by_name, network = _keys(address, name)
        self._by_name.failed(by_name)
        self._by_address.failed(network)

    def decrement(self, address: str | None, name: str) -> None:
        """Take back what :meth:`failed` counted for an attempt that could not be checked."""
        by_name, network = _keys(address, name)
        self._by_name.decrement(by_name)
        self._by_address.decrement(network)

    def succeeded(self, address: str | None, name: str) -> None:
        """Reset the name's failures, and take back this attempt's failure of the address.

        The address's other failures stay: otherwise a user with an account of their own
        could go on guessing other passwords without any delay.
        """
        by_name, network = _keys(address, name)
        self._by_name.reset(by_name)
        self._by_address.decrement(network)


def _keys(address: str | None, name: str) -> tuple[str, str]:
    network = network_of(address)
    # Cut, because names of any length would be remembered.
    return f"{network}\n{name[:_MAX_NAME_LENGTH].casefold()}", network


def network_of(address: str | None) -> str:
    """The network that an address is counted as: of IPv6 a /64, which one customer has."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:  # such as none at all, behind a Unix socket
        return address or ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))
