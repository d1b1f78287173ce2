"""Committing a change: applied by the pipeline, recorded in the history, sent to observers."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from sipapp.changes.outages import logged
from sipapp.changes.pipeline import LOCK_TIMEOUT_S, Changes, Edit
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.history.entry import Entry
from sipapp.history.history import History
from sipapp.hooks.backends import Action, ExtensionChanged
from sipapp.hooks.manager import Plugins
from sipapp.model.apply import Apply
from sipapp.model.change import Actor
from sipapp.model.errors import ChangeRefused, StorageUnavailable
from sipapp.model.extension import Extension

log = logging.getLogger(__name__)

_MAX_CHANGES: Final = 20
"""Requests that make a change at the same time.  It can wait for other changes, a plugin, the
storage, the history and switches: whatever hangs, there are threads for all other requests."""


@dataclass(frozen=True)
class Saved:
    """The result of a change.

    ``extension`` is as stored after it (as before it for a deletion), without
    passwords.  ``generated`` holds the secrets that the server made, by field
    name: the client sees them this once.  ``unrecorded`` says why the history does not
    have it, and is empty if it does.  If nothing had to be changed, the state of ``apply``
    is ``unchanged``.
    """

    extension: Extension
    apply: Apply
    generated: Mapping[str, str] = field(default_factory=dict, repr=False)
    unrecorded: str = ""


@dataclass(frozen=True)
class Committed:
    """A change of one extension, stored and applied: as stored, or as it was if it is gone."""

    action: Action
    extension: Extension
    old: Extension | None
    result: Apply
    entry: Entry
    unrecorded: str
    exists: bool

    @property
    def old_id(self) -> str:
        """The id that it had before, empty if that is the same."""
        return self.old.id if self.old and self.old.id != self.extension.id else ""


class Committer:
    """Locks extensions, applies changes to them, records them and notifies observers."""

    def __init__(self, changes: Changes, history: History, plugins: Plugins) -> None:
        self._changes = changes
        self._history = history
        self._plugins = plugins
        self._limit = ConcurrencyLimit(_MAX_CHANGES, _busy, timeout=LOCK_TIMEOUT_S)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Be one of a limited number of changes, until its observers have been notified.

        Raises ``StorageUnavailable``.
        """
        with ExitStack() as held:
            with logged("A change was not begun"):
                held.enter_context(self._limit.slot())
            yield

    @contextmanager
    def locked(self, ids: Collection[str]) -> Iterator[None]:
        """Hold an exclusive lock on these extensions.  Raises ``StorageUnavailable``."""
        with ExitStack() as held:
            with logged("A change was not begun"):
                held.enter_context(self._changes.lock(ids))
            yield

    def commit(
        self, actor: Actor, action: Action, edit: Edit, *, undoes: str = ""
    ) -> Sequence[Committed]:
        """Make a change, and record it; one result for each extension.

        Raises ``ChangeRefused``, ``StorageUnavailable``, and what the edit raises.
        """
        with (
            logged("A change was not made"),
            self._history.recording(actor, edit.old) as recording,
        ):

            def store(version: str | None) -> Sequence[Extension]:
                stored = edit.store(version)
                recording.stored(stored)
                return stored

            try:
                stored, result = self._changes.make(replace(edit, store=store))
            except ChangeRefused as error:
                if error.kept is not None:
                    recording.made(action, error.kept, error.apply, undoes=undoes)
                raise
            entries = recording.made(action, stored, result, undoes=undoes)
        about = stored or [each for each in [edit.old] if each]
        return [
            Committed(action, extension, edit.old, result, entry, recording.fault, bool(stored))
            for extension, entry in zip(about, entries, strict=True)
        ]

    def announce(
        self,
        made: Committed,
        fields: tuple[str, ...] = (),
        generated: Mapping[str, str] | None = None,
    ) -> Saved:
        """Log a committed change and notify observers; call it when the lock is released."""
        shown = made.extension.without_secrets()
        before = f", before {made.old_id}," if made.old_id else ""
        log.info(
            "Extension %s%s %s by %s: %s.",
            shown.id,
            before,
            made.action,
            ascii(str(made.entry.actor)),
            made.result.state,
        )
        event = ExtensionChanged(
            action=made.action,
            extension=shown,
            fields=fields,
            apply=made.result,
            actor=made.entry.actor,
            changes=tuple(made.entry.changes),
            old_id=made.old_id,
            at=made.entry.at,
            entry_id=made.entry.id,
            undoes=made.entry.undoes,
            exists=made.exists,
        )
        self._plugins.notify("sipapp_extension_changed", event=event)
        return Saved(shown, made.result, generated or {}, made.unrecorded)


def _busy() -> StorageUnavailable:
    return StorageUnavailable(
        f"{_MAX_CHANGES} other changes are being made and have not come to an end yet. Nothing "
        "was changed; try again in a moment."
    )
