"""Sessions of phones that have proved their extension's password.

They are in the memory of this process: several server processes would not know each other's.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from sipapp.model.errors import ExtensionNotFound
from sipapp.model.secret import Secret

LIFETIME: Final = 900
"""Seconds that a session lasts."""
CAPACITY: Final = 10_000
PER_EXTENSION: Final = 16
"""Sessions of one extension: a new one then ends its oldest."""


@dataclass(frozen=True)
class _Session:
    extension: str
    expires: float
    mark: bytes


class Sessions:
    """Makes tokens, and knows whose they are.  For several threads, in bounded memory.

    ``secret`` tells an extension's secret now; ``None`` if it has none, or is disabled, and
    ``ExtensionNotFound`` if it is gone.  It is asked whenever a token is used, so that a session
    ends with the password, whoever changed that and where.
    """

    def __init__(
        self,
        secret: Callable[[str], Secret | None],
        clock: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        self._secret = secret
        self._clock = clock
        self._capacity = capacity
        self._key = secrets.token_bytes(32)
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = Lock()

    def start(self, extension: str, secret: Secret) -> str:
        """A new token for an extension, whose secret was proved to be this one."""
        token = secrets.token_urlsafe(32)
        session = _Session(extension, self._clock() + LIFETIME, self._mark(secret))
        with self._lock:
            self._forget_expired()
            own = [key for key, each in self._sessions.items() if _same(each.extension, extension)]
            for key in own[: max(0, len(own) + 1 - PER_EXTENSION)]:
                del self._sessions[key]
            while len(self._sessions) >= self._capacity:
                self._sessions.popitem(last=False)
            self._sessions[_hash(token)] = session
        return token

    def extension_of(self, token: str) -> str | None:
        """The extension of a token that is good; ``None`` for any other.

        Raises what the storage raises if it cannot be asked.
        """
        key = _hash(token)
        with self._lock:
            self._forget_expired()
            session = self._sessions.get(key)
        if session is None:
            return None
        try:
            now = self._secret(session.extension)
        except ExtensionNotFound:
            now = None
        if now is None or not hmac.compare_digest(self._mark(now), session.mark):
            with self._lock:
                self._sessions.pop(key, None)
            return None
        return session.extension

    def _mark(self, secret: Secret) -> bytes:
        text = f"{secret.ha1}:{secret.password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")

    def _forget_expired(self) -> None:
        # All last as long, so the oldest expire first.
        now = self._clock()
        while self._sessions and next(iter(self._sessions.values())).expires <= now:
            self._sessions.popitem(last=False)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
