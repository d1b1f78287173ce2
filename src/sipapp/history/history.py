"""The history of an application: what is written into it, found in it, and taken back by it."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.history.digest import UNKNOWN, content_digest, is_of_content, version_digest
from sipapp.history.entry import Entry, Operation, field_changes, new_id
from sipapp.history.lineage import is_same
from sipapp.history.store import FORGOTTEN, HistoryPage, HistoryStore, HistoryStoreError
from sipapp.model.apply import Apply, SwitchOutcome
from sipapp.model.change import Actor, FieldChange
from sipapp.model.errors import (
    ExtensionExists,
    ExtensionNotFound,
    SipappError,
    StorageError,
    StorageUnavailable,
)
from sipapp.model.extension import Extension, fold_id
from sipapp.storages.base import ExtensionStorage

log = logging.getLogger(__name__)

_MAX_READS: Final = 6
"""Requests that read the history at the same time: while it hangs, all others are answered."""
_READ_WAIT_S: Final = 5.0
"""Seconds that a request waits until it may read."""


class EntryNotFound(SipappError):
    """There is no such entry, or not any more."""

    def __init__(self) -> None:
        super().__init__("The history has no such entry (any more).")


class CannotUndo(SipappError):
    """This entry cannot be taken back; the text says why."""


class ChangedSince(SipappError):
    """The extension is not what the change made of it; ``differences`` are what came after.

    Of an entry of an earlier version that is not ``certain``: the machine may have been
    restarted, or be another one.
    """

    def __init__(self, differences: Sequence[FieldChange], *, certain: bool) -> None:
        self.differences = tuple(differences)
        self.certain = certain
        why = _CHANGED if certain else _PERHAPS_CHANGED
        super().__init__(f"{why} Nothing was taken back.")


_CHANGED: Final = "The extension was changed again since."
_PERHAPS_CHANGED: Final = (
    "It is not known whether the extension was changed again since: an earlier version of sipapp "
    "wrote this entry, on another machine or before a restart."
)


@dataclass(frozen=True)
class Undoing:
    """How to take an entry back: what is there now, and what will be."""

    entry: Entry
    now: Extension | None = field(repr=False)
    """As it is, with its secrets; ``None`` if there is no such extension."""
    snapshot: object = field(repr=False)
    then: Extension | None = field(repr=False)
    """As it will be, with its secrets; ``None`` if it will be gone."""

    @property
    def changes(self) -> Sequence[FieldChange]:
        """What taking it back changes, secrets by name only."""
        return tuple(_changes(self.now, self.then))


class Recording:
    """One change on its way into the history."""

    def __init__(
        self, history: "History", actor: Actor, old: Extension | None, snapshot: bytes | None
    ) -> None:
        self._history = history
        self._actor = actor
        self._old = old
        self._snapshot = snapshot
        self._at = datetime.now(UTC)
        self._digests: Mapping[str, str] = {}
        self.fault = ""
        """Why it could not be written down after it was made; empty if it was."""

    def stored(self, extensions: Sequence[Extension]) -> None:
        """Take the digests of what has just been stored, before the switches are waited for."""
        self._digests = self._history.digests(extensions)

    def made(
        self, action: str, stored: Sequence[Extension], result: Apply, *, undoes: str = ""
    ) -> Sequence[Entry]:
        """Record that a change was made; ``stored`` are its extensions, none for a deletion.

        Returns the entries, one for each that was stored.
        """
        afters: Sequence[Extension | None] = stored or [None]
        entries = [
            Entry(
                # A microsecond apart, so that their ids sort as they are here.
                id=new_id(self._at + timedelta(microseconds=place)),
                at=self._at,
                actor=self._actor,
                action=action,
                extension=self._id_of(after),
                changes=tuple(_changes(self._old, after)),
                switches=result.switches,
                digest=self._digests.get(after.id, UNKNOWN) if after else "",
                undoes=undoes,
            )
            for place, after in enumerate(afters)
        ]
        self.fault = self._history.write(entries, self._snapshot)
        return entries

    def _id_of(self, after: Extension | None) -> str:
        about = after or self._old
        return about.id if about else ""


class History:
    """Writes entries, finds them, and prepares to take them back.  For several threads."""

    def __init__(self, store: HistoryStore, storage: ExtensionStorage) -> None:
        self._store = store
        self._storage = storage
        self._limit = ConcurrencyLimit(_MAX_READS, _no_answer, timeout=_READ_WAIT_S)
        self.fault = ""
        """Why the last change could not be written down; empty if it was."""

    @property
    def lasting(self) -> bool:
        """Whether it outlives the server."""
        return self._store.lasting

    def check(self) -> None:
        """Raise ``StorageUnavailable`` if a change could not be written down now."""
        try:
            self._store.check()
        except HistoryStoreError as error:
            raise StorageUnavailable(
                "The history (sipapp.history) cannot be written, and without it nothing is "
                f"changed. {error}"
            ) from error

    @contextmanager
    def recording(self, actor: Actor, old: Extension | None) -> Iterator[Recording]:
        """Take a snapshot of the old extension, for an undo; then let the change be made.

        ``old`` is ``None`` for new ones.  Raises ``StorageUnavailable`` if the change could not
        be recorded: a change without an undo is not made.
        """
        self.check()
        snapshot = self._storage.snapshot(old.id) if old else None
        packed = None if snapshot is None else self._storage.pack(snapshot)
        yield Recording(self, actor, old, packed)

    def record_operation(
        self,
        actor: Actor,
        operation: Operation,
        *,
        extension: str = "",
        detail: str = "",
        switches: Sequence[SwitchOutcome] = (),
    ) -> None:
        """Log and record an operation that took place; ``detail`` tells what it was about.

        It stands when the history cannot be written: there is nothing to take back.
        """
        log.info("%s by %s: %s", operation, ascii(str(actor)), ascii(f"{extension} {detail}"))
        now = datetime.now(UTC)
        entry = Entry(
            id=new_id(now),
            at=now,
            actor=actor,
            action=operation,
            extension=extension,
            changes=(),
            switches=switches,
            digest="",
            detail=detail,
        )
        self.write([entry], None)

    def write(self, entries: Sequence[Entry], snapshot: bytes | None) -> str:
        """Write entries down; returns why that was not possible, and nothing if it was.

        What cannot be written goes to the log, and to the health page.
        """
        try:
            self._store.append(entries, snapshot)
            self.fault = ""
        except HistoryStoreError as error:
            self.fault = (
                "The last change was made, but could not be written into the history "
                f"(sipapp.history): {error}"
            )
            for entry in entries:
                log.error("Not in the history (%s): %s", error, entry.to_json())  # noqa: TRY400
        return self.fault

    def find(self, search: str = "", *, before: str = "", limit: int = 50) -> HistoryPage:
        """Entries that have a text in them, newest first, older than the entry ``before``.

        Raises ``StorageUnavailable`` if the history cannot be read.
        """
        with self._reading():
            return self._store.find(search, before=before, limit=limit)

    def get(self, entry_id: str) -> Entry:
        """One entry.  Raises ``EntryNotFound`` and ``StorageUnavailable``."""
        with self._reading():
            entry = self._store.get(entry_id)
        if entry is None:
            raise EntryNotFound
        return entry

    def names(self, entry: Entry) -> Collection[str]:
        """All ids and aliases that taking an entry back is about.  Raises ``CannotUndo``."""
        undoing = self._undoing(entry)
        extensions = [each for each in (undoing.now, undoing.then) if each]
        return [entry.extension, *(name for each in extensions for name in each.names)]

    def prepare(self, entry: Entry, *, anyway: bool = False) -> Undoing:
        """How to take an entry back.

        Raises ``ChangedSince`` if something else has changed the extension, unless that is
        to be lost too (``anyway``); ``ExtensionExists`` and ``CannotUndo``, also if the id
        belongs to another extension now.
        """
        undoing = self._undoing(entry)
        if not self._is_unchanged(entry, undoing.now):
            later = self._since(entry)
            if undoing.now is not None and not is_same(entry, later):
                raise _another(entry)
            if not anyway:
                certain = is_of_content(entry.digest) or undoing.now is None or bool(later)
                raise ChangedSince(undoing.changes, certain=certain)
        return undoing

    def digests(self, extensions: Sequence[Extension]) -> Mapping[str, str]:
        """Keyed digests of the stored content of extensions, by id.

        One that has another version by now is missing, and all are if the storage fails.
        """
        try:
            key = self._store.key()
            snapshots = self._storage.snapshot_many([each.id for each in extensions])
            return {
                each.id: content_digest(key, self._storage.content(snapshot))
                for each, snapshot in zip(extensions, snapshots, strict=True)
                if snapshot is not None and self._storage.get(each.id).version == each.version
            }
        except Exception:
            # A change is made already; an undo of it will ask.
            log.exception("The content of an extension cannot be read for the history.")
            return {}

    def _is_unchanged(self, entry: Entry, now: Extension | None) -> bool:
        if now is None or not entry.digest:
            return now is None and not entry.digest
        if is_of_content(entry.digest):
            with self._reading():
                return self.digests([now]).get(now.id) == entry.digest
        with self._reading():
            return version_digest(self._store.key(), now.version) == entry.digest

    def _undoing(self, entry: Entry) -> Undoing:
        if not entry.is_change:
            raise CannotUndo("This changed no extension: there is nothing to take back.")
        with self._reading():
            packed = self._store.snapshot(entry.id)
        if packed is None and entry.action not in _WITHOUT_SNAPSHOT:
            raise CannotUndo("What was there before the change is not kept (any more).")
        if packed == FORGOTTEN:
            raise CannotUndo(
                "What was there before the change was removed from the history (sipapp history "
                "forget), so that it cannot be taken back. Set what you need by hand."
            )
        snapshot, then = self._unpacked(packed)
        now = self._now(entry.extension)
        if _opens(now, then):
            raise CannotUndo(
                "Before this change the extension had no password, and FreeSWITCH would let in "
                "anyone. Set what you need by hand."
            )
        return Undoing(entry, now, snapshot, then)

    def _now(self, extension_id: str) -> Extension | None:
        try:
            with self._reading():
                return self._storage.get(extension_id)
        except ExtensionNotFound:
            return None

    def _unpacked(self, packed: bytes | None) -> tuple[object, Extension | None]:
        if packed is None:
            return None, None
        try:
            snapshot = self._storage.unpack(packed)
            return snapshot, self._storage.seen(snapshot)
        except (ValueError, StorageError) as error:
            raise CannotUndo(
                "What was there before the change cannot be read any more. Perhaps another "
                "storage kept it."
            ) from error

    def _since(self, entry: Entry) -> Sequence[Entry]:
        """The changes after one about any id that its extension has had, the oldest first."""
        ids: set[str] = set()
        more = {fold_id(entry.extension), fold_id(entry.old_extension)}
        later: Sequence[Entry] = ()
        while not more <= ids:
            ids |= more
            with self._reading():
                found = self._store.later(entry.id, ids)
            later = [each for each in found if each.is_change]
            more = {fold_id(each.extension) for each in later}
            more |= {fold_id(each.old_extension) for each in later}
        return later

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with self._limit.slot():
                yield
        except HistoryStoreError as error:
            words = f"The history (sipapp.history) cannot be read. {error}"
            raise StorageUnavailable(words) from error


_WITHOUT_SNAPSHOT: Final = ("created", "undone")
"""Actions that may have made an extension where there was none."""


def _no_answer() -> StorageUnavailable:
    return StorageUnavailable(
        f"The history (sipapp.history) has not answered for {_READ_WAIT_S:.0f} seconds, so it was "
        "not asked again. Nothing was changed."
    )


def _another(entry: Entry) -> SipappError:
    if not entry.digest:
        return ExtensionExists(entry.extension)
    return CannotUndo(
        f"Extension {entry.extension!r} is another one now than this change was about: that one "
        "was deleted or got another id since."
    )


def _opens(now: Extension | None, then: Extension | None) -> bool:
    """Whether an undo lets anyone register who could not before it."""
    was_open = now is not None and now.enabled and now.authentication == "none"
    return then is not None and then.authentication == "none" and not was_open


def _changes(before: Extension | None, after: Extension | None) -> Iterator[FieldChange]:
    if before and after and before.id != after.id:
        yield FieldChange("id", before.id, after.id)
    if before and after and before.enabled is not after.enabled:
        yield FieldChange("enabled", _word(before), _word(after))
    yield from field_changes(before, after)


def _word(extension: Extension) -> str:
    return "yes" if extension.enabled else "no"
