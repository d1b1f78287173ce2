"""Logging in: the environment's administrator, the file of users, and what plugins know."""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sipapp.accounts.recent_marks import RecentMarks
from sipapp.accounts.user_file import UserFile, equalize_timing, matches
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.hooks.manager import Plugins
from sipapp.model.account import Account, Role
from sipapp.model.errors import ServerBusy, SettingsError
from sipapp.settings.ini import AdminAccount

log = logging.getLogger(__name__)

CACHED_LOGIN_S: Final = 300.0
"""Seconds for which a password is not hashed again: each request carries it."""
_MAX_CACHED_LOGINS: Final = 200
_MAX_HASHES: Final = 2
"""Slow hashes at the same time: each takes a core, and 64 MiB."""
_MAX_WAITING_HASHES: Final = 4
"""Log-ins that wait for one of these.  More would take the threads of other requests."""
_HASH_WAIT_S: Final = 0.5
"""Seconds that a log-in waits until its password may be hashed."""
_MAX_PLUGIN_LOGINS: Final = 8
"""Log-ins that plugins check at the same time: one may ask a network, and hang."""
_PLUGIN_WAIT_S: Final = 1.0
"""Seconds that a log-in waits until plugins may be asked."""


class RefusedSoFar(ServerBusy):
    """The password is not that of the name; whether a further account fits was not checked.

    It counts as a failure: a busy server would otherwise let passwords be guessed without a limit.
    """


class Login:
    """Checks names and passwords.  For several threads."""

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
        self._right = RecentMarks(CACHED_LOGIN_S, _MAX_CACHED_LOGINS, clock)
        self._hashing = ConcurrencyLimit(
            _MAX_HASHES, too_many_logins, max_waiting=_MAX_WAITING_HASHES, timeout=_HASH_WAIT_S
        )
        self._plugin_logins = ConcurrencyLimit(
            _MAX_PLUGIN_LOGINS, too_many_logins, timeout=_PLUGIN_WAIT_S
        )

    @property
    def is_open(self) -> bool:
        """Whether every client is the administrator, because no account is set up at all.

        Never with a plugin that knows accounts: then who logs in is asked for a password.
        """
        return self._admin.password is None and self._users is None and not self._asks_plugins

    @property
    def has_administrator(self) -> bool:
        """Whether there is an administrator, as far as is known: plugins may have more accounts."""
        if self._users is None or self._admin.password is not None or self._asks_plugins:
            return True
        try:
            return self._users.has_administrator()
        except SettingsError:
            return False

    @property
    def _asks_plugins(self) -> bool:
        return bool(self._plugins.implementers("sipapp_authenticate"))

    @property
    def anonymous_admin(self) -> Account:
        """The account of every client where :attr:`is_open`."""
        return Account(self._admin.user, Role.ADMINISTRATOR)

    def find(self, name: str, password: str) -> Account | None:
        """The account of this name and password; ``None`` if there is none.

        Raises ``ServerBusy`` if there are too many others to find that out, ``RefusedSoFar`` if
        an account of this name has another password, and ``SettingsError`` if only the file of
        users could tell, which cannot be read.
        """
        account = self._of_environment(name, password)
        if account is None:
            with _refused_if(self._is_administrator(name)):
                account = self._of_file(name, password)
        if account is None:
            with _refused_if(self._is_administrator(name) or self._is_user(name)):
                account = self._of_plugins(name, password)
        if account is not None:
            self._right.add(name, password)
        return account

    def _of_environment(self, name: str, password: str) -> Account | None:
        if self._admin.password is None:
            return None
        # Both are always compared, so that the time tells nothing about either.
        right = _same(name, self._admin.user) & _same(password, self._admin.password)
        return self.anonymous_admin if right else None

    def remembers(self, name: str, password: str) -> bool:
        """Whether this name and password were right a moment ago.

        They are not throttled then: guesses from the same address do not lock out a user who
        is logged in.
        """
        return self._right.has(name, password)

    def _of_file(self, name: str, password: str) -> Account | None:
        if self._users is None:
            return None
        try:
            user = self._users.users().get(name)
        except SettingsError as error:
            log.error("Nobody of the file of users can log in: %s", error)  # noqa: TRY400  (the text says it all)
            if self._may_be_known_elsewhere(name):
                return None
            raise
        # The hash is part of it: a user whose password changed has to give the new one.
        login = (name, user.hash if user else "", password)
        if user is None:
            # A user of a plugin who was right a moment ago guesses at nothing.
            if not self.remembers(name, password):
                with self._hashing.slot():
                    equalize_timing()
            return None
        if not self._right.has(*login):
            with self._hashing.slot():
                right = matches(user, password)
            if not right:
                return None
        # Renewed each time, so that a user at work does not wait for others' guesses.
        self._right.add(*login)
        return Account(user.name, user.role)

    def _may_be_known_elsewhere(self, name: str) -> bool:
        return self._is_administrator(name) or self._asks_plugins

    def _is_administrator(self, name: str) -> bool:
        return self._admin.password is not None and name == self._admin.user

    def _is_user(self, name: str) -> bool:
        try:
            return self._users is not None and name in self._users.users()
        except SettingsError:
            return False

    def _of_plugins(self, name: str, password: str) -> Account | None:
        with self._plugin_logins.slot():
            found: Account | None = self._plugins.first_result(
                "sipapp_authenticate", _as_account, username=name, password=password
            )
        return found


@contextmanager
def _refused_if(is_refused: bool) -> Iterator[None]:
    """Say of a busy server that the password is wrong as far as it was checked."""
    try:
        yield
    except ServerBusy as error:
        raise RefusedSoFar(_BUSY, error.seconds) if is_refused else error from None


_BUSY: Final = "Too many log-ins are being checked now; yours was not."


def too_many_logins() -> ServerBusy:
    """The error for a log-in that was not looked at."""
    return ServerBusy(_BUSY, 1)


def _same(given: str, wanted: str) -> bool:
    # Digests are of one length, so the comparison tells nothing about the secret's.
    digests = (
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, wanted)
    )
    return hmac.compare_digest(*digests)


def _as_account(result: object) -> Account:
    if isinstance(result, Account):
        return result
    raise TypeError(f"sipapp_authenticate gave {type(result)}, not an Account")
