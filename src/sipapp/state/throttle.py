"""Slows down, then stops, whoever keeps guessing.

Counted by address, and by address and name; never by name alone, so that nobody can lock
somebody else out.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

LONGEST: Final = 900.0
"""Seconds: the longest that anybody has to wait."""
FORGET: Final = 3600.0
"""Seconds after the last failure when none is held against anybody any more."""
CAPACITY: Final = 10_000
"""Keys that are remembered; of more, those that failed longest ago are forgotten."""
_MAX_NAME: Final = 128


@dataclass
class _Failures:
    count: int = 0
    last: float = 0.0


class Throttle:
    """Counts failures by key.  For several threads, in bounded memory.

    After ``free`` failures each further one doubles the wait, from one second to
    :data:`LONGEST`.
    """

    def __init__(
        self,
        free: int,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        self._free = free
        self._clock = clock
        self._capacity = capacity
        self._failures: OrderedDict[Hashable, _Failures] = OrderedDict()
        self._lock = Lock()

    def delay(self, key: Hashable) -> float:
        """Seconds until the next attempt may be made; 0 if it may be made now."""
        with self._lock:
            return self._delay(key, self._clock())

    def failed(self, key: Hashable) -> None:
        """Count an attempt that failed."""
        with self._lock:
            now = self._clock()
            found = self._failures.setdefault(key, _Failures())
            if now - found.last > FORGET:
                found.count = 0
            found.count += 1
            found.last = now
            self._failures.move_to_end(key)
            while len(self._failures) > self._capacity:
                self._failures.popitem(last=False)

    def withdraw(self, key: Hashable) -> None:
        """Count one failure less."""
        with self._lock:
            found = self._failures.get(key)
            if found is not None:
                found.count -= 1
                if found.count <= 0:
                    del self._failures[key]

    def forgive(self, key: Hashable) -> None:
        """Forget all failures of a key."""
        with self._lock:
            self._failures.pop(key, None)

    def _delay(self, key: Hashable, now: float) -> float:
        found = self._failures.get(key)
        if found is None or found.count < self._free:
            return 0.0
        # The exponent is bounded, because a power of many failures is no number any more.
        wait = min(2.0 ** min(found.count - self._free, 60), LONGEST)
        return max(0.0, found.last + wait - now)


class LoginThrottle:
    """For attempts to log in, from an address and by a name.

    Ask for the delay; if there is none, count the attempt as failed *before* looking at it, so
    that many at the same time do not all get their try; take that back when it was right.

    The address has to be ``request.peer``, which no client can choose.
    """

    def __init__(
        self,
        *,
        by_name: int = 5,
        by_address: int = 20,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        self._by_name = Throttle(by_name, clock, capacity)
        self._by_address = Throttle(by_address, clock, capacity)

    def delay(self, address: str | None, name: str) -> float:
        """Seconds until this address may try this name again; 0 if it may now."""
        by_name, network = _keys(address, name)
        return max(self._by_name.delay(by_name), self._by_address.delay(network))

    def failed(self, address: str | None, name: str) -> None:
        """Count a failure, or an attempt that is not known to be right yet."""
        by_name, network = _keys(address, name)
        self._by_name.failed(by_name)
        self._by_address.failed(network)

    def withdraw(self, address: str | None, name: str) -> None:
        """Take back what :meth:`failed` counted for an attempt that was not looked at."""
        by_name, network = _keys(address, name)
        self._by_name.withdraw(by_name)
        self._by_address.withdraw(network)

    def succeeded(self, address: str | None, name: str) -> None:
        """Take back what :meth:`failed` counted for an attempt, and the name's failures.

        The address's other failures stay: somebody with an account of their own could
        otherwise go on guessing others' for ever.
        """
        by_name, network = _keys(address, name)
        self._by_name.forgive(by_name)
        self._by_address.withdraw(network)


def _keys(address: str | None, name: str) -> tuple[tuple[str, str], str]:
    network = network_of(address)
    # Cut, because names of any length would be remembered.
    return (network, name[:_MAX_NAME].casefold()), network


def network_of(address: str | None) -> str:
    """Whom an address stands for: a whole /64 of IPv6, which one person may have all of."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:  # such as none at all, behind a Unix socket
        return address or ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))
