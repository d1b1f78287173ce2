"""How a change flows: validate, store, apply on every switch, tell observers."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final, cast

from sipapp.changes.pipeline import Changes, Edit
from sipapp.concurrency.gc_pause import no_garbage
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.history.entry import Entry
from sipapp.history.history import History
from sipapp.hooks.backends import Action, ExtensionChanged
from sipapp.hooks.manager import Plugins
from sipapp.model.apply import Apply
from sipapp.model.change import NOBODY, Actor
from sipapp.model.defaults import default_extension, following
from sipapp.model.errors import (
    ChangeRefused,
    ExtensionExists,
    ExtensionNotFound,
    FieldError,
    InvalidExtension,
    StorageUnavailable,
)
from sipapp.model.extension import Extension, check_fields, check_id
from sipapp.model.passwords import generate_password, generate_pin
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.listed import SORT_KEYS, Catalogs
from sipapp.switches.fleet import SwitchFleet

log = logging.getLogger(__name__)

_READING: Final = 6
"""Requests that read the storage at the same time: while it hangs, all others are answered."""
_PATIENCE: Final = 5.0


@dataclass(frozen=True)
class Page:
    """Part of a list: ``items`` of ``total``, without passwords."""

    total: int
    items: Sequence[Extension]


@dataclass(frozen=True)
class Saved:
    """What came of a change.

    ``extension`` is as stored after it (as before it for a deletion), without
    passwords.  ``generated`` holds the secrets that the server made, by field
    name: whoever asked sees them this once.  ``unrecorded`` says why the history does not
    have it, and is empty if it does.
    """

    extension: Extension
    apply: Apply
    generated: Mapping[str, str] = field(default_factory=dict, repr=False)
    unrecorded: str = ""


class ExtensionService:
    """The only way from a view to storage and switches."""

    def __init__(
        self, storage: ExtensionStorage, switches: SwitchFleet, plugins: Plugins, history: History
    ) -> None:
        self._storage = storage
        self._switches = switches
        self._changes = Changes(storage, switches)
        self._plugins = plugins
        self._history = history
        self._catalogs = Catalogs(storage)
        self._reading = ConcurrencyLimit(_READING, _no_answer, timeout=_PATIENCE)
        self._actor = NOBODY

    def by(self, actor: Actor) -> "ExtensionService":
        """The same service, for what somebody does with it: the history says who."""
        mine = copy(self)
        mine._actor = actor  # noqa: SLF001  (it is one of us)
        return mine

    def list(self, *, search: str = "", sort: str = "id", offset: int = 0, limit: int = 50) -> Page:
        """A page of the extensions whose id, name or number contain ``search``.

        ``sort`` is one of :data:`sipapp.storages.listed.SORT_KEYS`, with a leading ``-`` for
        descending.  Raises ``InvalidExtension`` for others.
        """
        key, descending = sort.removeprefix("-"), sort.startswith("-")
        if key not in SORT_KEYS:
            known = ", ".join(SORT_KEYS)
            raise InvalidExtension([FieldError("sort", f"Sort by one of: {known}.")])
        with self._reading.slot():
            catalog = self._catalogs.current()
        found = catalog.find(search, key, descending=descending)
        page = found[offset : offset + limit]
        return Page(len(found), [catalog.shown(each) for each in page])

    def get(self, extension_id: str) -> Extension:
        """One extension, without passwords.  Raises ``ExtensionNotFound``."""
        return self._stored(extension_id).without_secrets()

    def create(self, extension_id: str, values: Mapping[str, str]) -> Saved:
        """Add an extension; missing values get FreeSWITCH's usual ones, empty ones stay empty.

        A secret that is missing or empty is made.
        Raises ``InvalidExtension``, ``ExtensionExists``, ``ChangeRefused`` and storage errors.
        """
        new = _New.make(extension_id, values)
        self._refuse(self._faults(new))
        with self._changes.lock([extension_id]):
            if self._exists(extension_id):
                raise ExtensionExists(extension_id)
            (made,) = self._make("created", Edit(lambda _: [self._storage.create(new.extension)]))
        return self._saved(made, new.fields, new.generated)

    @no_garbage()
    def create_many(self, wanted: "Sequence[tuple[str, Mapping[str, str]]]") -> "Sequence[Saved]":
        """Add extensions of these ids and values, all or none, with one reload for all.

        Values are completed as in :meth:`create`.  Raises ``InvalidExtension``, which also
        tells the ids that are taken; its fields are such as ``items[0].id``.
        """
        new = [_New.make(extension_id, values) for extension_id, values in wanted]
        with self._reading.slot():
            taken = {each.id.casefold() for each in self._storage.list()}
        errors: list[FieldError] = []
        for place, each in enumerate(new):
            faults = self._faults(each) or _taken(each.extension.id, taken)
            errors += [FieldError(f"items[{place}].{at.field}", at.message) for at in faults]
            taken.add(each.extension.id.casefold())
        self._refuse(errors)
        ids = [each.extension.id for each in new]
        with self._changes.lock(ids):
            made = self._make(
                "created",
                Edit(lambda _: self._storage.create_many([each.extension for each in new])),
            )
        return [
            self._saved(one, each.fields, each.generated)
            for one, each in zip(made, new, strict=True)
        ]

    def update(
        self, extension_id: str, values: Mapping[str, str], *, version: str | None = None
    ) -> Saved:
        """Change the given fields; those that already have the value are left alone.

        Raises ``InvalidExtension``, ``ExtensionNotFound``, ``VersionConflict``,
        ``ReadOnlyExtension``, ``ChangeRefused`` and storage errors.
        """
        return self._update("updated", extension_id, values, version)

    def set_password(
        self,
        extension_id: str,
        password: str | None = None,
        *,
        version: str | None = None,
        end_calls: bool = False,
    ) -> Saved:
        """Set a new password, or make one when none is given.  Raises as :meth:`update`.

        Its registrations are dropped; with ``end_calls`` its calls end too.
        """
        new = password or generate_password()
        generated = {} if password else {"password": new}
        values = {"password": new}
        return self._update(
            "password", extension_id, values, version, generated, end_calls=end_calls
        )

    def rename(
        self,
        extension_id: str,
        new_id: str,
        *,
        password: str | None = None,
        version: str | None = None,
        end_calls: bool = False,
    ) -> Saved:
        """Give an extension another id; everything else stays, but for what follows.

        A caller ID and an account code that are made of the old id (:func:`following`) are
        made of the new one then.  A ``password`` is needed where the storage keeps a hash
        that fits the old id only.  Switches must know the new one and not the old one, whose
        registrations are dropped.  Raises as :meth:`update`, and ``ExtensionExists``.
        """
        self._refuse([error for error in [check_id(new_id)] if error])
        with self._changes.lock([extension_id, new_id]):
            old = self._stored(extension_id)
            given = {"password": password} if password else {}
            self._refuse(list(check_fields(given)))
            values = {**following(old, new_id), **given}
            if new_id == old.id:
                raise InvalidExtension([FieldError("id", "It has this id already.")])
            self._refuse(self._vetoes(replace(old, id=new_id, **values), old))  # type: ignore[arg-type]
            (made,) = self._make(
                "renamed",
                Edit(
                    lambda seen: [self._storage.rename(old.id, new_id, values, version=seen)],
                    old,
                    version if version is not None else old.version,
                    forget=True,
                    end_calls=end_calls,
                ),
            )
        return self._saved(made, ("id", *values))

    def set_enabled(
        self,
        extension_id: str,
        *,
        enabled: bool,
        version: str | None = None,
        end_calls: bool = False,
    ) -> Saved:
        """Hide an extension from the switches, or show it again.  Raises as :meth:`update`.

        One that is hidden loses its registrations; with ``end_calls`` its calls end too.
        """
        with self._changes.lock(self._names(extension_id)):
            old = self._stored(extension_id)
            (made,) = self._make(
                "enabled" if enabled else "disabled",
                Edit(
                    lambda seen: [self._storage.set_enabled(old.id, enabled=enabled, version=seen)],
                    old,
                    version if version is not None else old.version,
                    end_calls=end_calls,
                ),
            )
        return self._saved(made, ("enabled",))

    def delete(
        self, extension_id: str, *, version: str | None = None, end_calls: bool = False
    ) -> Saved:
        """Remove an extension.  Raises ``ExtensionNotFound``, ``VersionConflict``, ...

        Its registrations are dropped; with ``end_calls`` its calls end too.
        """

        def store(seen: str | None) -> Sequence[Extension]:
            self._storage.delete(old.id, version=seen)
            return ()

        with self._changes.lock(self._names(extension_id)):
            old = self._stored(extension_id)
            expected = version if version is not None else old.version
            (made,) = self._make("deleted", Edit(store, old, expected, end_calls=end_calls))
        return self._saved(made)

    def undo(self, entry: Entry, *, anyway: bool = False) -> Saved:
        """Make an extension what it was before a change of the history, to the byte.

        Raises ``ChangedSince`` if it was changed again since, unless that is to be lost too
        (``anyway``); ``CannotUndo``, ``ExtensionExists`` if the id that it would get is somebody
        else's now, and as :meth:`update` does.
        """
        with self._changes.lock(self._history.names(entry)):
            undoing = self._history.prepare(entry, anyway=anyway)
            now, then = undoing.now, undoing.then
            if then is not None:
                self._refuse(self._vetoes(then, now))

            def store(seen: str | None) -> Sequence[Extension]:
                self._storage.restore(entry.extension, undoing.snapshot, version=seen)
                return [] if then is None else [self._storage.get(then.id)]

            forget = now is not None and (then is None or then.password != now.password)
            edit = Edit(store, now, now.version if now else None, forget=forget)
            (made,) = self._make("undone", edit, undoes=entry.id)
        return self._saved(made, tuple(change.field for change in undoing.changes))

    def reload(self) -> Apply:
        """Make every switch read the storage again."""
        return self._switches.apply()

    def _update(
        self,
        action: Action,
        extension_id: str,
        values: Mapping[str, str],
        version: str | None,
        generated: Mapping[str, str] | None = None,
        *,
        end_calls: bool = False,
    ) -> Saved:
        with self._changes.lock([extension_id]):
            old = self._stored(extension_id)
            changes = {name: value for name, value in values.items() if getattr(old, name) != value}
            errors = list(check_fields(changes))
            self._refuse(errors or self._vetoes(replace(old, **changes), old))  # type: ignore[arg-type]
            (made,) = self._make(
                action,
                Edit(
                    lambda seen: [self._storage.update(old.id, changes, version=seen)],
                    old,
                    # What would be taken back is what was seen here.
                    version if version is not None else old.version,
                    forget="password" in changes,
                    end_calls=end_calls,
                ),
            )
        return self._saved(made, tuple(changes), generated)

    def _make(self, action: Action, edit: Edit, *, undoes: str = "") -> "Sequence[_Made]":
        """Make a change, and write it into the history."""
        with self._history.recording(self._actor, edit.old) as recording:

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
            _Made(action, extension, edit.old, result, entry, recording.fault)
            for extension, entry in zip(about, entries, strict=True)
        ]

    def _saved(
        self,
        made: "_Made",
        fields: tuple[str, ...] = (),
        generated: Mapping[str, str] | None = None,
    ) -> Saved:
        shown = made.extension.without_secrets()
        before = f", before {made.old_id}," if made.old_id else ""
        log.info("Extension %s%s %s: %s.", shown.id, before, made.action, made.result.state)
        event = ExtensionChanged(
            made.action,
            shown,
            fields,
            made.result,
            made.entry.actor,
            tuple(made.entry.changes),
            made.old_id,
        )
        for _ in self._plugins.collect("sipapp_extension_changed", event=event):
            pass
        return Saved(shown, made.result, generated or {}, made.unrecorded)

    def _faults(self, new: "_New") -> "Sequence[FieldError]":
        extension = new.extension
        errors = [error for error in [check_id(extension.id)] if error]
        errors.extend(check_fields(new.wanted))
        return errors or self._vetoes(extension, None)

    def _vetoes(self, new: Extension, old: Extension | None) -> "Sequence[FieldError]":
        lists = self._plugins.collect("sipapp_validate_extension", _field_errors, new=new, old=old)
        return [error for _, errors in lists for error in errors]

    def _stored(self, extension_id: str) -> Extension:
        with self._reading.slot():
            return self._storage.get(extension_id)

    def _names(self, extension_id: str) -> Collection[str]:
        """What nobody else may be given until it is sure that it does not come back."""
        try:
            return self._stored(extension_id).names
        except ExtensionNotFound:
            return [extension_id]

    def _exists(self, extension_id: str) -> bool:
        try:
            self._stored(extension_id)
        except ExtensionNotFound:
            return False
        return True

    def _refuse(self, errors: "Sequence[FieldError]") -> None:
        if errors:
            raise InvalidExtension(errors)


@dataclass(frozen=True)
class _Made:
    """A change that was made, of one extension: as stored, or as it was if it is gone."""

    action: Action
    extension: Extension
    old: Extension | None
    result: Apply
    entry: Entry
    unrecorded: str

    @property
    def old_id(self) -> str:
        """The id that it had before, empty if that is the same."""
        return self.old.id if self.old and self.old.id != self.extension.id else ""


@dataclass(frozen=True)
class _New:
    """An extension that is to be created, from values that somebody wants and others."""

    extension: Extension
    wanted: Mapping[str, str] = field(repr=False)
    generated: Mapping[str, str] = field(repr=False)

    @classmethod
    def make(cls, extension_id: str, values: Mapping[str, str]) -> "_New":
        wanted = {name: value for name, value in values.items() if value or name not in _GENERATORS}
        generated = {name: make() for name, make in _GENERATORS.items() if not wanted.get(name)}
        new = replace(default_extension(extension_id), **wanted, **generated)  # type: ignore[arg-type]
        return cls(new, wanted, generated)

    @property
    def fields(self) -> tuple[str, ...]:
        return ("id", *self.wanted, *self.generated)


def _no_answer() -> StorageUnavailable:
    return StorageUnavailable(
        f"The storage has not answered for {_PATIENCE:.0f} seconds, so it was not asked again. "
        "Nothing was changed."
    )


def _taken(extension_id: str, taken: Collection[str]) -> Sequence[FieldError]:
    if extension_id.casefold() not in taken:
        return ()
    return (FieldError("id", str(ExtensionExists(extension_id))),)


def _field_errors(result: Iterable[object]) -> list[FieldError]:
    errors = list(result)
    for error in errors:
        if not isinstance(error, FieldError):
            raise TypeError(f"sipapp_validate_extension gave {type(error)}, not a FieldError")
    return cast("list[FieldError]", errors)


_GENERATORS: Final[Mapping[str, Callable[[], str]]] = {
    "password": generate_password,
    "vm_password": generate_pin,
}
