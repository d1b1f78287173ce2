"""The reload strategy ``kamailio``: a subscriber table in step with the storage."""

import hmac
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sipapp.api import (
    ChangeSet,
    Extension,
    ExtensionNotFound,
    LiveView,
    Registration,
    ReloadStrategy,
    Secret,
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
from sipapp_kamailio.table import Address, SubscriberTable

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

    An extension is left out if the storage does not tell what phones have to know of it: if
    it has no password, or inherits one that is not known.
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
        self._lock = threading.Lock()
        self._poller = Poller(
            {"location": self._registered}, None, "asked every few seconds", notes=[_NO_CALLS]
        )

    def start(self, context: SwitchContext) -> None:
        try:
            with self._turn(self.timeout):
                self._context = context
                self._bring_up(None, self.timeout)
        except SwitchUnreachable as error:
            log.error("%s", error)  # noqa: TRY400  (the text says it all to the administrator)

    def reload(self, *, timeout: float) -> str:
        return self._take_over(None, timeout)

    def apply(self, changes: ChangeSet, *, timeout: float) -> str:
        return self._take_over(None if changes.everything else changes.changed, timeout)

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        if not _is_username(extension_id):
            return False
        if self._table.has(self._address(extension_id), timeout=timeout):
            return True
        # If the storage has it, it was left out: that is not a failure of this switch.
        with _reading():
            extension = self._stored([extension_id]).get(extension_id)
            return None if extension and self._digest(extension) is None else False

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

    def live(self) -> LiveView | None:
        return self._poller.view()

    def drop_registration(self, registration: Registration, *, timeout: float) -> str:
        control.forget(self._directory, [registration.extension], timeout=timeout)
        return "All registrations of the extension were dropped."

    def _registered(self) -> Mapping[str, Registration]:
        reply = control.locations(self._directory, timeout=self.timeout)
        return read_locations(reply, self._realm)

    def ping(self, *, timeout: float) -> str:
        if self._child is None:
            return f"Kamailio {control.version(HOST, self._port, timeout=timeout)}"
        return f"Kamailio {self._child.version(timeout=timeout)}"

    def stop(self) -> None:
        with self._turn(STOP_TIMEOUT_S):
            self._context = None
            if self._child is not None:
                self._child.stop()

    def _take_over(self, changed: Sequence[str] | None, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        with self._turn(timeout):
            said = self._bring_up(changed, deadline - time.monotonic())
            if self._child is not None:
                self._child.version(timeout=deadline - time.monotonic())
        return said

    def _bring_up(self, changed: Sequence[str] | None, timeout: float) -> str:
        """Make the table right, and Kamailio run if it is ours; returns words for the first.

        Only rows of ids that were ``changed`` are compared, unless that is ``None``.
        """
        deadline = time.monotonic() + timeout
        child = self._child
        if child is None or child.running:
            said, outdated = self._sync(changed, timeout)
            if child is not None and outdated:
                self._forget(outdated, deadline - time.monotonic())
            return said
        child.claim()
        self._table.clear()  # no process has it open, so a broken table can be replaced
        said, _ = self._sync(None, timeout)
        child.spawn(self._realm)
        return said

    def _sync(self, changed: Sequence[str] | None, timeout: float) -> tuple[str, list[str]]:
        """Returns words, and whose password is not what it was, of the default domain."""
        if self._context is None:
            raise SwitchUnreachable("Kamailio's table is not kept: the server is not running.")
        left_out = _LeftOut()
        with _reading():
            if changed is None:
                rows = self._rows(self._context.storage.iterate(), left_out)
                count, outdated = self._table.sync(rows, timeout=timeout)
                said = f"{_counted(count)} in Kamailio's table"
            else:
                usernames = [each for each in changed if _is_username(each)]
                gone = dict.fromkeys(map(self._address, usernames))
                found = gone | dict(self._rows(self._stored(usernames).values(), left_out))
                outdated = self._table.change(found, timeout=timeout)
                said = f"{_counted(len(changed))} taken over into Kamailio's table"
        return f"{said}{left_out.words}", [
            user for user, domain in outdated if domain == self._realm
        ]

    def _stored(self, extension_ids: Sequence[str]) -> Mapping[str, Extension]:
        """Those of the extensions that are stored under exactly these ids."""
        if self._context is None:
            return {}
        found = self._context.storage.get_many(extension_ids)
        return {each: extension for each, extension in found.items() if extension.id == each}

    def _rows(
        self, extensions: Iterable[Extension], left_out: "_LeftOut"
    ) -> Iterator[tuple[Address, str]]:
        for each in extensions:
            digest = self._digest(each)
            if digest is not None:
                yield self._address(each.id), digest
            else:
                left_out.add(each)

    def _digest(self, extension: Extension) -> str | None:
        """What its password must hash to; ``None`` if no phone can register."""
        if not (self._context and extension.enabled and _is_username(extension.id)):
            return None
        secret: Secret | None = Secret(extension.password)
        if not secret:
            with suppress(ExtensionNotFound):
                secret = self._context.storage.secret(extension.id)
        return secret.ha1_of(*self._address(extension.id)) if secret else None

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


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise SwitchUnreachable(f"The extensions cannot be read: {error}") from error


def _is_username(extension_id: str) -> bool:
    # What storages find in files of others may have control characters or, from file names
    # that are not UTF-8, lone surrogates: SQLite takes neither.
    return extension_id.isprintable()


def _counted(number: int) -> str:
    return "1 extension" if number == 1 else f"{number} extensions"


class _LeftOut:
    """Counts the extensions that no phone can register as, and keeps the names of some."""

    def __init__(self) -> None:
        self._count = 0
        self._named: list[str] = []

    def add(self, extension: Extension) -> None:
        """Add one, unless that is meant: of one that is disabled it is."""
        if extension.password or extension.read_only:
            return
        self._count += 1
        if len(self._named) < MAX_NAMED:
            self._named.append(extension.id)

    @property
    def words(self) -> str:
        """What to say of them, empty if there are none."""
        if not self._count:
            return ""
        more = self._count - len(self._named)
        rest = f" and {more} more" if more else ""
        return f"; left out, having no password of their own: {', '.join(self._named)}{rest}"
