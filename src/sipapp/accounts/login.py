"""Logging in: the environment's administrator, the file of users, and what plugins know."""

import hashlib
import hmac
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from sipapp.accounts.user_file import UserFile, matches, waste_time
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.hooks.manager import Plugins
from sipapp.model.account import Account, Role
from sipapp.model.errors import ServerBusy, SettingsError
from sipapp.settings.ini import AdminAccount

log = logging.getLogger(__name__)

REMEMBERED: Final = 300.0
"""Seconds for which a password that was right is not hashed again: each request carries it."""
_MAX_REMEMBERED: Final = 200
_AT_ONCE: Final = 2
"""Slow hashes at the same time: each takes a core, and 64 MiB."""
_WAITING: Final = 4
"""Log-ins that wait for one of these.  More would keep everybody else's requests waiting."""
_PATIENCE: Final = 0.5
_ASKING: Final = 8
"""Log-ins that plugins are asked for at the same time: one may ask a network, and hang."""
_ASKING_PATIENCE: Final = 1.0


class Login:
    """Knows the accounts.  For several threads."""

    def __init__(
        self,
        admin: AdminAccount,
        users: UserFile | None,
        plugins: Plugins,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admin = admin
        self._users = users
        self._plugins = plugins
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, float] = OrderedDict()
        self._lock = Lock()
        self._hashing = ConcurrencyLimit(_AT_ONCE, _busy, max_waiting=_WAITING, timeout=_PATIENCE)
        self._asking = ConcurrencyLimit(_ASKING, _busy, timeout=_ASKING_PATIENCE)

    @property
    def is_open(self) -> bool:
        """Whether everybody is the administrator, because no account is set up at all."""
        return self._admin.password is None and self._users is None

    @property
    def has_administrator(self) -> bool:
        """Whether somebody may do everything, as far as is known: plugins know more people."""
        if self._users is None or self._admin.password is not None or self._asks_plugins:
            return True
        try:
            return self._users.has_administrator()
        except SettingsError:
            return False

    @property
    def _asks_plugins(self) -> bool:
        return bool(self._plugins.manager.hook.sipapp_authenticate.get_hookimpls())

    @property
    def everybody(self) -> Account:
        """Who everybody is where :attr:`is_open`."""
        return Account(self._admin.user, Role.ADMINISTRATOR)

    def find(self, name: str, password: str) -> Account | None:
        """The account of this name and password; ``None`` if there is none.

        Raises ``ServerBusy`` if there are too many others to find that out.
        """
        account = (
            self._of_environment(name, password)
            or self._of_file(name, password)
            or self._of_plugins(name, password)
        )
        if account is not None:
            self._remember(self._mark("right", name, password))
        return account

    def _of_environment(self, name: str, password: str) -> Account | None:
        if self._admin.password is None:
            return None
        # Both are always compared, so that the time tells nothing about either.
        right = _same(name, self._admin.user) & _same(password, self._admin.password)
        return self.everybody if right else None

    def remembers(self, name: str, password: str) -> bool:
        """Whether this name and password were right a moment ago: nobody guesses with them.

        So that whoever guesses from the same address does not lock out who is logged in.
        """
        return self._is_remembered(self._mark("right", name, password))

    def _of_file(self, name: str, password: str) -> Account | None:
        if self._users is None:
            return None
        try:
            user = self._users.users().get(name)
        except SettingsError as error:
            log.error("Nobody of the file of users can log in: %s", error)  # noqa: TRY400  (the text says it all)
            return None
        if user is None:
            # Who was right a moment ago, as one of a plugin's, need not be kept from guessing.
            if not self.remembers(name, password):
                with self._hashing.slot():
                    waste_time()
            return None
        # The hash is part of it: a user whose password changed has to give the new one.
        mark = self._mark(user.name, user.hash, password)
        if not self._is_remembered(mark):
            with self._hashing.slot():
                right = matches(user, password)
            if not right:
                return None
        # Again and again, so that who is at work does not have to wait for others' guesses.
        self._remember(mark)
        return Account(user.name, user.role)

    def _of_plugins(self, name: str, password: str) -> Account | None:
        with self._asking.slot():
            found = self._plugins.collect(
                "sipapp_authenticate", _as_account, username=name, password=password
            )
            return next((account for _, account in found if account is not None), None)

    def _mark(self, *parts: str) -> bytes:
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")

    def _is_remembered(self, mark: bytes) -> bool:
        with self._lock:
            return self._right.get(mark, 0.0) > self._clock()

    def _remember(self, mark: bytes) -> None:
        with self._lock:
            self._right[mark] = self._clock() + REMEMBERED
            self._right.move_to_end(mark)
            while len(self._right) > _MAX_REMEMBERED:
                self._right.popitem(last=False)


def _busy() -> ServerBusy:
    return ServerBusy("Too many log-ins are being checked now; yours was not.", 1)


def _same(given: str, wanted: str) -> bool:
    # Digests are of one length, so the comparison tells nothing about the secret's.
    digests = (
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, wanted)
    )
    return hmac.compare_digest(*digests)


def _as_account(result: object) -> Account | None:
    if result is None or isinstance(result, Account):
        return result
    raise TypeError(f"sipapp_authenticate gave {type(result)}, not an Account")
