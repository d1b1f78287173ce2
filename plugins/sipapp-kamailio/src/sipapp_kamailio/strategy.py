"""The reload strategy ``kamailio``: a subscriber table in step with the storage."""

import hmac
import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    is_domain,
    split_id,
)
from sipapp.freeswitch.api import Poller
from sipapp_kamailio import control
from sipapp_kamailio.child import HOST, Child
from sipapp_kamailio.control import Address
from sipapp_kamailio.full_sync import FullSync, FullSyncs
from sipapp_kamailio.locations import read_locations
from sipapp_kamailio.program import find_program
from sipapp_kamailio.table import SubscriberTable

log = logging.getLogger(__name__)

DEFAULT_REALM: Final = "localhost"
"""What phones are asked to hash when the ini names no domain; they take any."""
_NO_CALLS: Final = "The demo switch does not tell which calls are up."
_NONE: Final = Values()
START_WAIT_S: Final = 1.0
"""Seconds that the start of the server waits for the table; of very many it takes longer."""
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
        hosts: Sequence[str] = (),
    ) -> None:
        self.timeout = timeout
        self._directory = directory
        self._port = port
        self._table = SubscriberTable(directory / "subscribers.db")
        self._child = (
            Child(directory, port, lambda: find_program(directory, command), hosts)
            if spawn
            else None
        )
        self._context: SwitchContext | None = None
        self._lock = threading.Lock()
        self._syncs = FullSyncs(self._revision, self._bring_up)
        self._changed: set[Address] | None = None
        """Rows that are changed while a full synchronisation reads; ``None`` if none does."""
        self._poller = Poller(
            {"location": self._registered}, None, "asked every few seconds", notes=[_NO_CALLS]
        )

    def start(self, context: SwitchContext) -> None:
        with self._turn(self.timeout):
            self._context = context
        self._poller.domains = context.domains
        try:
            self._syncs.begin().wait(START_WAIT_S)
        except SwitchTimeout as error:
            log.info("%s", error)
        except SwitchUnreachable as error:
            log.error("%s", error)  # noqa: TRY400  (the text says it all to the administrator)

    def reload(self, *, timeout: float) -> str:
        return self.apply(ChangeSet(everything=True), timeout=timeout)

    def apply(self, changes: ChangeSet, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        if changes.everything:
            said = self._syncs.all(timeout)
            # It may have read before these were changed.
            self._take_over(changes.changed, deadline)
            return said
        with self._turn(timeout):
            is_up = self._child is None or self._child.running
        if not is_up:
            # Its table is made anew before it runs.
            self._syncs.join(deadline - time.monotonic())
        return self._take_over(changes.changed, deadline)

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
        if not _is_username(extension_id):
            return ""
        control.forget(self._directory, [self._address(extension_id)], timeout=timeout)
        return "Its registrations were dropped."

    def live(self) -> LiveView | None:
        return self._poller.view()

    def drop_registration(self, registration: Registration, *, timeout: float) -> str:
        address = split_id(registration.extension)[0], registration.domain
        control.forget(self._directory, [address], timeout=timeout)
        return "All registrations of the extension were dropped."

    def _registered(self) -> Mapping[str, Registration]:
        reply = control.locations(self._directory, timeout=self.timeout)
        return read_locations(reply)

    def ping(self, *, timeout: float) -> str:
        if self._child is None:
            return f"Kamailio {control.version(HOST, self._port, timeout=timeout)}"
        sync = self._syncs.running
        if sync is not None and not self._child.running:
            raise SwitchUnreachable(f"Kamailio has not been started yet: {sync.progress}")
        return f"Kamailio {self._child.version(timeout=timeout)}"

    def stop(self) -> None:
        with self._turn(STOP_TIMEOUT_S):
            self._context = None  # which ends a full synchronisation
        self._syncs.finish(STOP_TIMEOUT_S)
        with self._turn(STOP_TIMEOUT_S):
            if self._child is not None:
                self._child.stop()

    def _take_over(self, changed: Sequence[str], deadline: float) -> str:
        with self._turn(deadline - time.monotonic()):
            said = self._change(changed, deadline)
            if self._child is not None:
                self._child.version(timeout=deadline - time.monotonic())
        return said

    def _change(self, changed: Sequence[str], deadline: float) -> str:
        """Make the rows of these right; returns words for that."""
        left_out = _LeftOut()
        usernames = [each for each in changed if _is_username(each)]
        with _reading():
            self._running_context()
            gone = dict.fromkeys(map(self._address, usernames))
            found = gone | dict(self._rows(self._stored(usernames).values(), left_out))
        reading = self._changed
        if reading is not None:
            reading.update(found)
        outdated = self._table.change(found, timeout=deadline - time.monotonic())
        self._forget(outdated, deadline - time.monotonic())
        return f"{_counted(len(changed))} taken over into Kamailio's table{left_out.words}"

    def _bring_up(self, sync: FullSync) -> str:
        """Make the table right, and Kamailio run if it is ours; returns words for the first."""
        child = self._child
        with self._turn(self.timeout):
            context = self._running_context()
            is_down = child is not None and not child.running
            if child is not None and is_down:
                child.claim()
                self._table.clear()  # no program has it open: whatever it was, it is good again
        said, outdated = self._sync(context, sync)
        with self._turn(self.timeout):
            self._running_context()
            if child is not None and is_down:
                child.spawn(self._served(context))
            else:
                self._forget(outdated, self.timeout)
        return said

    def _sync(self, context: SwitchContext, sync: FullSync) -> tuple[str, Sequence[Address]]:
        """Returns words, and the addresses whose password is not what it was.

        Changes are made meanwhile: what reads and computes for long does not lock the table.
        """
        left_out = _LeftOut()
        with self._turn(self.timeout):
            self._changed = set()
        try:
            with _reading():
                rows = self._rows(sync.counted(self._while_running(context)), left_out)
                count, outdated = self._table.sync(
                    rows, timeout=self.timeout, writing=self._writing
                )
        finally:
            self._changed = None
        return f"{_counted(count)} in Kamailio's table{left_out.words}", outdated

    @contextmanager
    def _writing(self) -> Iterator[Collection[Address]]:
        with self._turn(self.timeout):
            yield self._changed or ()

    def _while_running(self, context: SwitchContext) -> Iterator[Extension]:
        for each in context.storage.iterate():
            self._running_context()
            yield each

    def _running_context(self) -> SwitchContext:
        if self._context is None:
            raise SwitchUnreachable("Kamailio's table is not kept: the server is not running.")
        return self._context

    def _revision(self) -> str:
        return self._context.storage.revision() if self._context else ""

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

    def _served(self, context: SwitchContext) -> Sequence[str]:
        """The domains that Kamailio is started for, the default one first."""
        return [self._realm, *filter(is_domain, context.domains[1:])]

    @property
    def _realm(self) -> str:
        return (self._context and self._context.domain) or DEFAULT_REALM

    def _forget(self, outdated: Sequence[Address], timeout: float) -> None:
        """Drop the registrations of addresses whose password is not what it was."""
        if self._child is None or not outdated:
            return
        try:
            control.forget(self._directory, outdated, timeout=timeout)
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
