"""The history of an application: what is written into it, found in it, and taken back by it."""

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from sipapp.history.entry import Entry, around, field_changes, id_of, is_id, new_id
from sipapp.history.lineage import is_same
from sipapp.history.shelf import Shelf
from sipapp.model.apply import Apply
from sipapp.model.change import Actor, FieldChange
from sipapp.model.errors import (
    ExtensionExists,
    ExtensionNotFound,
    SipappError,
    StorageError,
    StorageUnavailable,
)
from sipapp.model.extension import Extension
from sipapp.storages.base import ExtensionStorage

log = logging.getLogger(__name__)

SEARCHED: Final = 10_000
"""Lines that one search looks at: a fraction of a second.  Then one has to ask again."""


class EntryNotFound(SipappError):
    """There is no such entry, or not any more."""

    def __init__(self) -> None:
        super().__init__("The history has no such entry (any more).")


class CannotUndo(SipappError):
    """This entry cannot be taken back; the text says why."""


class ChangedSince(SipappError):
    """The extension is not what the change made of it; ``differences`` are what came after."""

    def __init__(self, differences: Sequence[FieldChange]) -> None:
        self.differences = tuple(differences)
        super().__init__("The extension was changed again since. Nothing was taken back.")


@dataclass(frozen=True)
class Found:
    """A part of the history.

    If there is more, ``next`` is the entry before which to go on.  A search that is
    ``unfinished`` has looked at :data:`SEARCHED` entries, and not at all of them.
    """

    entries: Sequence[Entry]
    next: str = ""
    unfinished: bool = False


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

    def __init__(self, history: "History", actor: Actor, old: Extension | None) -> None:
        self._history = history
        self._actor = actor
        self._old = old
        self._at = datetime.now(UTC)
        self.id = new_id(self._at)
        self.is_made = False
        self.fault = ""
        """Why it could not be written down after it was made; empty if it was."""

    def made(
        self, action: str, stored: Sequence[Extension], result: Apply, *, undoes: str = ""
    ) -> Sequence[Entry]:
        """Write down that it was made; ``stored`` is what came of it, nothing for a deletion.

        Returns the entries, one for each that was stored.
        """
        self.is_made = True
        afters: Sequence[Extension | None] = stored or [None]
        first, *others = afters
        entries = [self._entry(self.id, action, first, result, undoes)]
        for place, each in enumerate(others, 1):
            # A microsecond apart, so that they sort as they are here.
            entry_id = new_id(self._at + timedelta(microseconds=place))
            entries.append(self._entry(entry_id, action, each, result))
        self.fault = self._history.write(entries)
        return entries

    def _entry(
        self, entry_id: str, action: str, new: Extension | None, result: Apply, undoes: str = ""
    ) -> Entry:
        about = new or self._old
        return Entry(
            id=entry_id,
            at=self._at,
            actor=self._actor,
            action=action,
            extension=about.id if about else "",
            changes=tuple(_changes(self._old, new)),
            switches=result.switches,
            digest=self._history.digest(new),
            undoes=undoes,
        )


class History:
    """Writes entries, finds them, and prepares to take them back.  For several threads."""

    def __init__(self, shelf: Shelf, storage: ExtensionStorage) -> None:
        self._shelf = shelf
        self._storage = storage
        self.fault = ""
        """Why the last change could not be written down; empty if it was."""

    @property
    def lasting(self) -> bool:
        """Whether it outlives the server."""
        return self._shelf.lasting

    def check(self) -> None:
        """Raise ``StorageUnavailable`` if a change could not be written down now."""
        with self._writing():
            self._shelf.check()

    @contextmanager
    def recording(self, actor: Actor, old: Extension | None) -> Iterator[Recording]:
        """Keep the old extension as it is, for an undo; then let the change be made.

        ``old`` is ``None`` for new ones.  Raises ``StorageUnavailable`` if it cannot be kept, or
        the change could not be written down: what nobody could take back is not made.
        """
        recording = Recording(self, actor, old)
        self.check()
        if old:
            self._keep(recording.id, old.id)
        try:
            yield recording
        finally:
            if not recording.is_made:
                with suppress(OSError):
                    self._shelf.drop(recording.id)

    def write(self, entries: Sequence[Entry]) -> str:
        """Write entries down; returns why that was not possible, and nothing if it was.

        What cannot be written goes to the log, and to the health page.
        """
        try:
            self._shelf.append([entry.to_json() for entry in entries])
            self.fault = ""
        except OSError as error:
            self.fault = (
                "The last change was made, but could not be written into the history "
                f"(sipapp.history): {self._shelf.explain(error)}"
            )
            for entry in entries:
                log.error("Not in the history (%s): %s", error, entry.to_json())  # noqa: TRY400
        return self.fault

    def find(self, search: str = "", *, before: str = "", limit: int = 50) -> Found:
        """Entries that have a text in them, newest first, older than the entry ``before``.

        Raises ``StorageUnavailable`` if the history cannot be read.
        """
        wanted = search.casefold()
        found: list[Entry] = []
        last = ""
        with self._reading():
            for number, line in enumerate(self._older(before)):
                if number == SEARCHED:
                    return Found(found, next=last, unfinished=True)
                last = id_of(line) or last
                # A line that a crash cut off says nothing any more.
                with suppress(ValueError):
                    entry = Entry.from_json(line)
                    if wanted in _words(entry):
                        if len(found) == limit:
                            return Found(found, next=found[-1].id)
                        found.append(entry)
        return Found(found)

    def get(self, entry_id: str) -> Entry:
        """One entry.  Raises ``EntryNotFound`` and ``StorageUnavailable``."""
        with self._reading():
            for line in self._beside(entry_id):
                if id_of(line) == entry_id:
                    with suppress(ValueError):
                        return Entry.from_json(line)
        raise EntryNotFound

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
        if self.digest(undoing.now) != entry.digest:
            if undoing.now is not None and not is_same(entry, self._since(entry)):
                raise _another(entry)
            if not anyway:
                raise ChangedSince(undoing.changes)
        return undoing

    def _undoing(self, entry: Entry) -> Undoing:
        with self._reading():
            kept = self._shelf.get(entry.id)
        snapshot, then = self._unpacked(kept)
        if then is not None and not then.has_password:
            raise CannotUndo(
                "Before this change the extension had no password, and FreeSWITCH would let in "
                "anyone. Set what you need by hand."
            )
        return Undoing(entry, self._now(entry.extension), snapshot, then)

    def digest(self, extension: Extension | None) -> str:
        """A mark of what is stored, keyed by what only this history has.

        Raises ``StorageUnavailable`` if that cannot be read, or made.
        """
        if extension is None:
            return ""
        version = extension.version.encode()
        with self._writing():
            key = self._shelf.key()
        return hashlib.blake2b(version, key=key, digest_size=16).hexdigest()

    def _now(self, extension_id: str) -> Extension | None:
        try:
            return self._storage.get(extension_id)
        except ExtensionNotFound:
            return None

    def _keep(self, entry_id: str, extension_id: str) -> None:
        snapshot = self._storage.snapshot(extension_id)
        if snapshot is None:
            return
        with self._writing():
            self._shelf.put(entry_id, self._storage.pack(snapshot))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = self._shelf.explain(error)
            raise StorageUnavailable(
                "The history (sipapp.history) cannot be written, and without it nothing is "
                f"changed. {why}"
            ) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = self._shelf.explain(error)
            words = f"The history (sipapp.history) cannot be read. {why}"
            raise StorageUnavailable(words) from error

    def _unpacked(self, kept: bytes | None) -> tuple[object, Extension | None]:
        if kept is None:
            return None, None
        try:
            snapshot = self._storage.unpack(kept)
            return snapshot, self._storage.seen(snapshot)
        except (ValueError, StorageError) as error:
            raise CannotUndo(
                "What was there before the change cannot be read any more. Perhaps another "
                "storage kept it."
            ) from error

    def _older(self, before: str) -> Iterator[str]:
        """The lines that stand before that of an entry."""
        if not before:
            return self._shelf.backward()
        lines = self._shelf.backward(newest=around(before)[1])
        if any(id_of(line) == before for line in self._beside(before)):
            next((line for line in lines if id_of(line) == before), None)
            return lines
        return (line for line in lines if id_of(line) < before)

    def _beside(self, entry_id: str) -> Iterator[str]:
        """The lines among which is that of an entry, if there is one."""
        oldest, newest = around(entry_id)
        return self._shelf.backward(oldest, newest) if oldest else iter(())

    def _since(self, entry: Entry) -> Sequence[Entry]:
        """What was written down after an entry, the oldest first."""
        with self._reading():
            lines = self._shelf.backward(around(entry.id)[0])
            later = takewhile(lambda line: id_of(line) != entry.id, lines)
            return [*_entries(later)][::-1]


def _entries(lines: Iterable[str]) -> Iterator[Entry]:
    for line in lines:
        # A line that a crash cut off says nothing any more.
        with suppress(ValueError):
            yield Entry.from_json(line)


def _another(entry: Entry) -> SipappError:
    if not entry.digest:
        return ExtensionExists(entry.extension)
    return CannotUndo(
        f"Extension {entry.extension!r} is another one now than this change was about: that one "
        "was deleted or got another id since."
    )


def entry_id_of(line: str) -> str:
    """The id of a line of the history; empty if it is none."""
    try:
        document: Any = json.loads(line)
        found = document["id"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) and is_id(found) else ""


def _changes(before: Extension | None, after: Extension | None) -> Iterator[FieldChange]:
    if before and after and before.id != after.id:
        yield FieldChange("id", before.id, after.id)
    if before and after and before.enabled is not after.enabled:
        yield FieldChange("enabled", _word(before), _word(after))
    yield from field_changes(before, after)


def _word(extension: Extension) -> str:
    return "yes" if extension.enabled else "no"


def _words(entry: Entry) -> str:
    words = [entry.id, entry.actor.name, entry.actor.address, entry.action, entry.extension]
    for change in entry.changes:
        words += [change.field, change.old or "", change.new or ""]
    for switch in entry.switches:
        words += [switch.name, switch.outcome]
    return "\n".join(words).casefold()
