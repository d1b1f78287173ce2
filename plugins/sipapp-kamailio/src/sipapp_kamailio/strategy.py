"""The reload strategy ``kamailio``: a subscriber table in step with the storage."""

import hmac
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from sipapp.api import (
    LiveStatus,
    Registration,
    ReloadStrategy,
    StorageError,
    SwitchContext,
    SwitchTimeout,
    SwitchUnreachable,
    Values,
    ha1,
    split_id,
)
from sipapp.freeswitch.api import Poller
from sipapp_kamailio import control
from sipapp_kamailio.child import HOST, Child
from sipapp_kamailio.locations import read_locations
from sipapp_kamailio.program import find_program
from sipapp_kamailio.table import SubscriberTable

log = logging.getLogger(__name__)

DEFAULT_REALM: Final = "localhost"
"""What phones are asked to hash when the ini names no domain; they take any."""
_NO_CALLS: Final = "The demo switch does not tell which calls are up."
_NONE: Final = Values()
STOP_TIMEOUT_S: Final = 10.0
"""Seconds that :meth:`KamailioReload.stop` waits for a change that is under way."""
MAX_NAMED: Final = 5
"""How many of the extensions that were left out are named."""


class KamailioReload(ReloadStrategy):
    """Keeps the table; with ``spawn``, runs Kamailio too.

    An extension without a password of its own (it inherits the default one, or
    has none) is left out: what phones would have to know is not in the storage.
    """

    def __init__(
        self,
        *,
        directory: Path,
        spawn: bool,
        port: int,
        command: Path | None,
        timeout: float,
    ) -> None:
        self.timeout = timeout
        self._directory = directory
        self._port = port
        self._table = SubscriberTable(directory / "subscribers.db")
        self._child = (
            Child(directory, port, lambda: find_program(directory, command)) if spawn else None
        )
        self._context: SwitchContext | None = None
        self._left_out: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._poller = Poller({"location": self._registered}, None, "asked every few seconds")

    def start(self, context: SwitchContext) -> None:
        try:
            with self._turn(self.timeout):
                self._context = context
                self._bring_up(self.timeout)
        except SwitchUnreachable as error:
            log.error("%s", error)  # noqa: TRY400  (the text says it all to the administrator)

    def reload(self, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        with self._turn(timeout):
            said = self._bring_up(deadline - time.monotonic())
            if self._child is not None:
                self._child.version(timeout=deadline - time.monotonic())
        return said

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        if extension_id in self._left_out:
            return None  # not a failure of this switch: it cannot have it
        return _is_username(extension_id) and self._table.has(
            self._address(extension_id), timeout=timeout
        )

    def differences(
        self, extension_ids: Sequence[str], values: Mapping[str, Values], *, timeout: float
    ) -> Mapping[str, Sequence[str] | None]:
        found = dict(super().differences(extension_ids, values, timeout=timeout))
        digests = {
            each: ha1(*self._address(each), password)
            for each, differ in found.items()
            if differ == () and (password := values.get(each, _NONE).now.get("password"))
        }
        addresses = [self._address(each) for each in digests]
        kept = self._table.digests(addresses, timeout=timeout) if digests else {}
        for (each, digest), address in zip(digests.items(), addresses, strict=True):
            if not hmac.compare_digest(digest, kept.get(address, "")):
                found[each] = ("password",)
        return found

    def forget(self, extension_id: str, *, timeout: float) -> str:
        # Kamailio keeps registrations by the user name alone: they are of the default domain.
        if not _is_username(extension_id) or split_id(extension_id)[1]:
            return ""
        control.forget(self._directory, [extension_id], timeout=timeout)
        return "Its registrations were dropped."

    def live(self) -> LiveStatus | None:
        status = self._poller.status()
        return replace(status, notes=(*status.notes, _NO_CALLS)) if status.fresh else status

    def drop_registration(self, registration: Registration, *, timeout: float) -> str:
        control.forget(self._directory, [registration.extension], timeout=timeout)
        return "All registrations of the extension were dropped."

    def _registered(self) -> Mapping[str, Registration]:
        told = control.locations(self._directory, timeout=self.timeout)
        return read_locations(told, self._realm)

    def ping(self, *, timeout: float) -> str:
        if self._child is None:
            return f"Kamailio {control.version(HOST, self._port, timeout=timeout)}"
        return f"Kamailio {self._child.version(timeout=timeout)}"

    def stop(self) -> None:
        with self._turn(STOP_TIMEOUT_S):
            self._context = None
            if self._child is not None:
                self._child.stop()

    def _bring_up(self, timeout: float) -> str:
        """Make the table right, and Kamailio run if it is ours; returns words for the first."""
        deadline = time.monotonic() + timeout
        child = self._child
        if child is None:
            return self._sync(timeout)[0]
        if child.running:
            said, outdated = self._sync(timeout)
            if outdated:
                self._forget(outdated, deadline - time.monotonic())
            return said
        child.claim()
        self._table.clear()  # nobody has it open: whatever it was, it is good again
        said, _ = self._sync(timeout)
        child.spawn(self._realm)
        return said

    def _sync(self, timeout: float) -> tuple[str, list[str]]:
        """Returns words, and whose password is not what it was, of the default domain."""
        if self._context is None:
            raise SwitchUnreachable("Kamailio's table is not kept: the server is not running.")
        try:
            extensions = list(self._context.extensions())
        except StorageError as error:
            raise SwitchUnreachable(f"The extensions cannot be read: {error}") from error
        kept = {
            each.id: each.password
            for each in extensions
            if each.enabled and each.password and _is_username(each.id)
        }
        wanted = {}
        for extension_id, password in kept.items():
            address = self._address(extension_id)
            wanted[address] = ha1(*address, password)
        changed = self._table.sync(wanted, timeout=timeout)
        outdated = [user for user, domain in changed if domain == self._realm]
        self._left_out = frozenset(each.id for each in extensions) - kept.keys()
        nameless = [each.id for each in extensions if not (each.password or each.read_only)]
        return _words(len(wanted), nameless), outdated

    def _address(self, extension_id: str) -> tuple[str, str]:
        user, domain = split_id(extension_id)
        return user, domain or self._realm

    @property
    def _realm(self) -> str:
        return (self._context and self._context.domain) or DEFAULT_REALM

    def _forget(self, usernames: list[str], timeout: float) -> None:
        try:
            control.forget(self._directory, usernames, timeout=timeout)
        except SwitchUnreachable as error:
            log.warning("%s", error)

    @contextmanager
    def _turn(self, timeout: float) -> Iterator[None]:
        """One change at a time: an older list of extensions must not follow a newer one."""
        if not self._lock.acquire(timeout=max(0.0, timeout)):
            raise SwitchTimeout("An earlier change still occupies Kamailio's table.")
        try:
            yield
        finally:
            self._lock.release()


def _is_username(extension_id: str) -> bool:
    # What storages find in files of others may have control characters or, from file names
    # that are not UTF-8, lone surrogates: SQLite takes neither.
    return extension_id.isprintable()


def _words(count: int, without_password: Sequence[str]) -> str:
    said = f"{count} extension{'' if count == 1 else 's'} in Kamailio's table"
    if not without_password:
        return said
    names = ", ".join(sorted(without_password)[:MAX_NAMED])
    more = len(without_password) - MAX_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"{said}; left out, having no password of their own: {names}{rest}"
