"""The state of an installation with one process, in memory."""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Condition, Lock

from sipapp.state.shared import BacklogItem, Busy, ClaimSet, Counter, SharedState


@dataclass
class _Count:
    """The attempts of one counter: how many, and when the last two were."""

    count: int
    last: float
    last_but_one: float


class _Claims:
    """The claims of one set, in the order in which they expire, with an index by owner."""

    def __init__(self) -> None:
        self.by_name: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self.by_owner: defaultdict[str, OrderedDict[str, None]] = defaultdict(OrderedDict)

    def put(self, name: str, owner: str, end: float) -> None:
        self.by_name[name] = (owner, end)
        self.by_owner[owner][name] = None

    def drop(self, name: str) -> None:
        owner, _ = self.by_name.pop(name)
        del self.by_owner[owner][name]
        if not self.by_owner[owner]:
            del self.by_owner[owner]

    def drop_oldest(self) -> None:
        self.drop(next(iter(self.by_name)))

    def drop_expired(self, now: float) -> None:
        while self.by_name and next(iter(self.by_name.values()))[1] <= now:
            self.drop_oldest()

    def make_room(self, claims: ClaimSet, owner: str) -> None:
        """Drop what a further claim of this owner takes the place of."""
        own = self.by_owner.get(owner, ())
        if claims.max_per_owner is not None and len(own) >= claims.max_per_owner:
            self.drop(next(iter(own)))
        if claims.drops_oldest and len(self.by_name) >= claims.capacity:
            self.drop_oldest()


class MemoryState(SharedState):
    """Keeps the state in memory.  For several threads of one process.

    ``clock`` is that of counters and claims; locks wait by the monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._locked: set[str] = set()
        self._unlocked = Condition()
        self._counters: defaultdict[str, OrderedDict[str, _Count]] = defaultdict(OrderedDict)
        self._claims: defaultdict[str, _Claims] = defaultdict(_Claims)
        self._backlogs: defaultdict[str, dict[str | None, BacklogItem]] = defaultdict(dict)

    @contextmanager
    def lock(self, names: Collection[str], *, wait_s: float) -> Iterator[None]:
        wanted = set(names)
        with self._unlocked:
            if not self._unlocked.wait_for(lambda: not wanted & self._locked, wait_s):
                raise Busy(f"Not free within {wait_s:.0f} s.")
            self._locked |= wanted
        try:
            yield
        finally:
            with self._unlocked:
                self._locked -= wanted
                self._unlocked.notify_all()

    def attempt(self, counters: Collection[Counter]) -> float:
        with self._lock:
            now = self._clock()
            delay = max((self._delay(each, now) for each in counters), default=0.0)
            if not delay:
                for each in counters:
                    self._count(each, now)
            return delay

    def _delay(self, counter: Counter, now: float) -> float:
        counters, key = counter
        found = self._counters[counters.name].get(key)
        return counters.delay_s(found.count, now - found.last) if found else 0.0

    def _count(self, counter: Counter, now: float) -> None:
        counters, key = counter
        by_key = self._counters[counters.name]
        found = by_key.get(key)
        if found is None or now - found.last > counters.lifetime_s:
            by_key[key] = _Count(1, now, now)
        else:
            by_key[key] = _Count(found.count + 1, now, found.last)
        by_key.move_to_end(key)
        while len(by_key) > counters.capacity:
            by_key.popitem(last=False)

    def take_back(self, counters: Collection[Counter]) -> None:
        with self._lock:
            for each, key in counters:
                by_key = self._counters[each.name]
                found = by_key.get(key)
                if found is None:
                    continue
                found.count -= 1
                found.last = found.last_but_one
                if not found.count:
                    del by_key[key]

    def reset(self, counter: Counter) -> None:
        counters, key = counter
        with self._lock:
            self._counters[counters.name].pop(key, None)

    def claim(self, claims: ClaimSet, names: Sequence[str], owner: str = "") -> str | None:
        with self._lock:
            now = self._clock()
            claimed = self._claims[claims.name]
            claimed.drop_expired(now)
            own = claimed.by_owner.get(owner, ())
            chosen = next((each for each in names if each in own), None)
            if chosen is not None and claims.renewable:
                claimed.drop(chosen)
            else:
                claimed.make_room(claims, owner)
                chosen = next((each for each in names if each not in claimed.by_name), None)
            if chosen is None or len(claimed.by_name) >= claims.capacity:
                return None
            claimed.put(chosen, owner, now + claims.lifetime_s)
            return chosen

    def claimed(self, claims: ClaimSet, owner: str = "") -> Sequence[str]:
        with self._lock:
            claimed = self._claims[claims.name]
            claimed.drop_expired(self._clock())
            return list(claimed.by_owner.get(owner, ()))

    def add_to_backlog(self, switch: str, items: Collection[BacklogItem]) -> None:
        with self._lock:
            backlog = self._backlogs[switch]
            for item in items:
                old = backlog.get(item.extension, item)
                backlog[item.extension] = replace(
                    item,
                    forget=item.forget or old.forget,
                    new_pin=item.new_pin or old.new_pin,
                )

    def backlog(self, switch: str) -> Sequence[BacklogItem]:
        with self._lock:
            return list(self._backlogs[switch].values())

    def settle_backlog(self, switch: str, items: Collection[BacklogItem]) -> None:
        with self._lock:
            backlog = self._backlogs[switch]
            for item in items:
                if backlog.get(item.extension) == item:
                    del backlog[item.extension]
