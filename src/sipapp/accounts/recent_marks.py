"""Names and passwords that were looked at a while ago, as digests under a key of the process."""

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class RecentMarks:
    """Remembers texts for a while without keeping them.  For several threads."""

    def __init__(
        self, lifetime: float, capacity: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``lifetime`` is in seconds; of more than ``capacity`` the oldest are dropped."""
        self._lifetime = lifetime
        self._capacity = capacity
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._lock = Lock()

    def has(self, *texts: str) -> bool:
        """Whether these texts were added, and their time is not over."""
        mark = self._mark(texts)
        with self._lock:
            return self._until.get(mark, 0.0) > self._clock()

    def add(self, *texts: str) -> None:
        """Remember these texts from now on."""
        mark = self._mark(texts)
        with self._lock:
            self._until[mark] = self._clock() + self._lifetime
            self._until.move_to_end(mark)
            while len(self._until) > self._capacity:
                self._until.popitem(last=False)

    def _mark(self, texts: tuple[str, ...]) -> bytes:
        text = "\0".join(texts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")
