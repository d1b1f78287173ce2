"""Reading and changing extensions: validate, lock, store, apply on every switch, notify."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sipapp.changes.committer import Committed, Committer, Saved
from sipapp.changes.mending import Mended, concerned, mending_edit
from sipapp.changes.new_extension import NewExtension, taken_errors
from sipapp.changes.outages import logged
from sipapp.changes.pipeline import Changes, Edit
from sipapp.changes.reader import ExtensionReader
from sipapp.changes.renaming import mentions, plan_renaming
from sipapp.changes.validation import Vetoes, refuse
from sipapp.freeswitch.vanilla import CONTEXT
from sipapp.history.entry import Entry
from sipapp.history.history import History
from sipapp.hooks.backends import Action, ProposedChange
from sipapp.hooks.manager import Plugins
from sipapp.model.apply import Apply
from sipapp.model.change import SYSTEM, Actor
from sipapp.model.errors import (
    ExtensionExists,
    FieldError,
    InvalidExtension,
    VersionConflict,
)
from sipapp.model.extension import Extension, check_fields, check_id, check_new_id
from sipapp.model.findings import DEFAULT_CONTEXT, NEW_PASSWORD, Finding
from sipapp.model.mentions import Mention
from sipapp.model.passwords import generate_password
from sipapp.state.shared import SharedState
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import disabling, mending
from sipapp.storages.query import Page
from sipapp.switches.fleet import SwitchFleet

__all__ = ["ExtensionService", "Saved", "ServiceParts"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class ServiceParts:
    """What the services of all actors share: locks, limits and caches."""

    storage: ExtensionStorage
    switches: SwitchFleet
    history: History
    reader: ExtensionReader
    vetoes: Vetoes
    committer: Committer

    @classmethod
    def make(
        cls,
        storage: ExtensionStorage,
        switches: SwitchFleet,
        plugins: Plugins,
        history: History,
        state: SharedState,
    ) -> "ServiceParts":
        """Make them, once for an application."""
        committer = Committer(Changes(storage, switches, state), history, plugins)
        reader = ExtensionReader(storage)
        return cls(storage, switches, history, reader, Vetoes(plugins), committer)


def _counted(
    change: "Callable[Concatenate[ExtensionService, P], T]",
) -> "Callable[Concatenate[ExtensionService, P], T]":
    """A method that is one of a limited number of changes: it waits for others, and for plugins."""

    @wraps(change)
    def counted(service: "ExtensionService", /, *args: P.args, **options: P.kwargs) -> T:
        with service.slot():
            return change(service, *args, **options)

    return counted


class ExtensionService:
    """The only way from a view to storage and switches, for one actor.

    The history and observers get the actor.  A change that would change nothing
    is not made, recorded or announced: the state of its ``apply`` is ``unchanged``.
    """

    def __init__(self, parts: ServiceParts, actor: Actor = SYSTEM) -> None:
        self._parts = parts
        self._actor = actor
        self._storage = parts.storage
        self._reader = parts.reader
        self._vetoes = parts.vetoes
        self._committer = parts.committer

    def slot(self) -> AbstractContextManager[None]:
        """Be one of a limited number of changes.  Raises ``StorageUnavailable``."""
        return self._committer.slot()

    def by(self, actor: Actor) -> "ExtensionService":
        """The same service for another actor."""
        return ExtensionService(self._parts, actor)

    def find(
        self,
        *,
        search: str = "",
        sort: str = "id",
        after: str = "",
        offset: int = 0,
        limit: int = 50,
    ) -> Page[Extension]:
        """A page of the extensions whose id, alias, name or number contains ``search``.

        They are without passwords.  ``sort`` is one of :data:`sipapp.storages.query.SORT_KEYS`,
        with a leading ``-`` for descending.  ``after`` is the cursor of the page before;
        ``offset``, at most :data:`sipapp.storages.query.COUNTED`, leaves out so many behind it.
        Raises ``InvalidExtension`` for others, ``InvalidCursor``, and ``StorageUnavailable``.
        """
        return self._reader.find(search, sort, after=after, offset=offset, limit=limit)

    def get(self, extension_id: str) -> Extension:
        """One extension, without passwords.  Raises ``ExtensionNotFound``."""
        return self._reader.stored(extension_id).without_secrets()

    def domains(self) -> Sequence[str]:
        """The domains of the extensions, the default one first (empty if it has no name)."""
        return self._storage.domains()

    @_counted
    def create(self, extension_id: str, values: Mapping[str, str]) -> Saved:
        """Add an extension; missing values get FreeSWITCH's usual ones, empty ones stay empty.

        A secret that is missing or empty is generated.  Raises ``InvalidExtension``,
        ``ExtensionExists``, ``CheckFailed``, ``ChangeRefused`` and storage errors.
        """
        new = NewExtension.make(extension_id, values)
        refuse(new.errors(self._storage.domains()))
        self._vetoes.check(ProposedChange(new.extension))
        with self._committer.locked([extension_id]):
            if self._reader.exists(extension_id):
                raise ExtensionExists(extension_id)
            edit = Edit(lambda _: [self._storage.create(new.extension)], new_mailbox=True)
            made = self._commit("created", edit)
        return self._committer.announce(made, new.fields, new.generated)

    @_counted
    def create_many(self, wanted: Sequence[tuple[str, Mapping[str, str]]]) -> Sequence[Saved]:
        """Add extensions of these ids and values, all or none, with one reload for all.

        Values are completed as in :meth:`create`.  Raises ``InvalidExtension``, which also
        tells the ids that are taken; its fields are such as ``items[0].id``.
        """
        new = [NewExtension.make(extension_id, values) for extension_id, values in wanted]
        if not new:
            return []
        faults = self._faults(new)
        extensions = [each.extension for each in new]
        ids = [each.id for each in extensions]
        with self._committer.locked(ids):
            taken = taken_errors(new, self._reader.taken(ids))
            refuse(
                FieldError(f"items[{place}].{error.field}", error.message)
                for place, (own, ids) in enumerate(zip(faults, taken, strict=True))
                for error in own or ids
            )
            made = self._committer.commit(
                self._actor,
                "created",
                Edit(lambda _: self._storage.create_many(extensions), new_mailbox=True),
            )
        return [
            self._committer.announce(one, each.fields, each.generated)
            for one, each in zip(made, new, strict=True)
        ]

    def update(
        self, extension_id: str, values: Mapping[str, str], *, version: str | None = None
    ) -> Saved:
        """Change the given fields; those that already have the value are left alone.

        Raises ``InvalidExtension``, ``ExtensionNotFound``, ``VersionConflict``,
        ``ReadOnlyExtension``, ``CheckFailed``, ``ChangeRefused`` and storage errors.
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
        """Set a new password, or generate one when none is given.  Raises as :meth:`update`.

        Its registrations are dropped; with ``end_calls`` its calls end too.
        """
        new = password or generate_password()
        generated = {} if password else {"password": new}
        values = {"password": new}
        return self._update(
            "password", extension_id, values, version, generated, end_calls=end_calls
        )

    @_counted
    def rename(
        self,
        extension_id: str,
        new_id: str,
        *,
        changes: Collection[str] | None = None,
        password: str | None = None,
        version: str | None = None,
        end_calls: bool = False,
    ) -> Saved:
        """Give an extension another id of its domain; all else stays, but for what follows.

        ``changes`` are the names of :meth:`mentions` that get the new number in place of the old
        one.  By default those do that are made of the old id alone: a caller ID and an account
        code.  A ``password`` is needed where the storage keeps a hash
        that fits the old id only.  The switches must know the new one and not the old one,
        whose registrations are dropped.  Raises as :meth:`update`, and ``ExtensionExists``.
        """
        refuse([check_id(new_id)])
        with self._committer.locked([extension_id, new_id]):
            old = self._reader.stored(extension_id)
            refuse([check_new_id(old.id, new_id)])
            given = {"password": password} if password else {}
            refuse(check_fields(given))
            if new_id == old.id:
                if given:
                    raise InvalidExtension([FieldError("id", "It has this id already.")])
                return _unchanged(old, version)
            if version not in {None, old.version}:
                raise VersionConflict(old.id)
            plan = plan_renaming(self._storage, old, new_id, changes, given)
            refuse(check_fields(plan.fields))
            self._vetoes.check(ProposedChange(replace(old, id=new_id, **plan.fields), old))  # type: ignore[arg-type]
            made = self._commit(
                "renamed",
                Edit(
                    lambda seen: [plan.store(self._storage, old, new_id, seen)],
                    old,
                    version if version is not None else old.version,
                    forget_if_secret_changes=True,
                    end_calls=end_calls,
                    new_mailbox=True,
                ),
            )
        return self._committer.announce(made, ("id", *plan.fields))

    def mentions(self, extension_id: str, new_id: str = "") -> Sequence[Mention]:
        """The values that hold the number of an extension, and what they are with a new id.

        Raises ``ExtensionNotFound``, ``InvalidExtension`` for a new id that cannot be, and
        ``StorageUnavailable``.
        """
        old = self._reader.stored(extension_id)
        if new_id:
            refuse([check_id(new_id), check_new_id(old.id, new_id)])
        with logged("The values of an extension were not read"):
            return mentions(self._storage, old, new_id or old.id)

    @_counted
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
        with self._committer.locked(self._reader.names_of(extension_id)):
            old = self._reader.stored(extension_id)
            if old.enabled is enabled:
                return _unchanged(old, version)
            storage = disabling(self._storage, old.id)
            made = self._commit(
                "enabled" if enabled else "disabled",
                Edit(
                    lambda seen: [storage.set_enabled(old.id, enabled=enabled, version=seen)],
                    old,
                    version if version is not None else old.version,
                    end_calls=end_calls,
                ),
            )
        return self._committer.announce(made, ("enabled",))

    @_counted
    def delete(
        self, extension_id: str, *, version: str | None = None, end_calls: bool = False
    ) -> Saved:
        """Remove an extension.  Raises ``ExtensionNotFound``, ``VersionConflict``, ...

        Its registrations are dropped; with ``end_calls`` its calls end too.
        """

        def store(seen: str | None) -> Sequence[Extension]:
            self._storage.delete(old.id, version=seen)
            return ()

        with self._committer.locked(self._reader.names_of(extension_id)):
            old = self._reader.stored(extension_id)
            expected = version if version is not None else old.version
            made = self._commit("deleted", Edit(store, old, expected, end_calls=end_calls))
        return self._committer.announce(made)

    @_counted
    def undo(self, entry: Entry, *, anyway: bool = False) -> Saved:
        """Make an extension what it was before a change of the history, to the byte.

        Raises ``ChangedSince`` if it was changed again since, unless that is to be lost too
        (``anyway``); ``CannotUndo``, ``ExtensionExists`` if another extension has the id that
        it would get, and as :meth:`update` does.
        """
        history = self._parts.history
        with self._committer.locked(history.names(entry)):
            undoing = history.prepare(entry, anyway=anyway)
            now, then = undoing.now, undoing.then
            if then is not None:
                self._vetoes.check(ProposedChange(then, now))

            def store(seen: str | None) -> Sequence[Extension]:
                self._storage.restore(entry.extension, undoing.snapshot, version=seen)
                return [] if then is None else [self._storage.get(then.id)]

            version = now.version if now else None
            edit = Edit(store, now, version, forget_if_secret_changes=True)
            made = self._commit("undone", edit, undoes=entry.id)
        return self._committer.announce(made, tuple(change.field for change in undoing.changes))

    def mend(self, finding: Finding) -> Mended:
        """Mend a finding, and make the switches take it over.

        What the storage mends in its own way at an extension is a change as any other.  What
        it mends elsewhere is recorded without an undo: there is no extension to take it back
        to.  Raises
        ``VersionConflict``, ``ReadOnlyExtension``, ``ChangeRefused`` and storage errors.
        """
        about, version = finding.extension, finding.version or None
        if finding.mending == NEW_PASSWORD:
            saved = self.set_password(about, version=version)
        elif finding.mending == DEFAULT_CONTEXT:
            saved = self.update(about, {"user_context": CONTEXT}, version=version)
        else:
            return self._mend_by_storage(finding)
        return Mended(finding, saved.apply, saved)

    @_counted
    def reload(self) -> Apply:
        """Make every switch read the storage again."""
        result = self._parts.switches.apply()
        self._parts.history.record_operation(self._actor, "reloaded", switches=result.switches)
        return result

    @_counted
    def _mend_by_storage(self, finding: Finding) -> Mended:
        about = finding.extension
        with self._committer.locked(self._reader.names_of(about) if about else ()):
            old = concerned(self._reader, finding)
            if old is None:
                return self._mend_outside(finding)
            made = self._commit("mended", mending_edit(self._storage, finding, old))
        fields = tuple(change.field for change in made.entry.changes)
        saved = self._committer.announce(made, fields)
        return Mended(finding, saved.apply, saved)

    def _mend_outside(self, finding: Finding) -> Mended:
        with logged("A finding was not mended"):
            mending(self._storage).mend(finding)
        result = self._parts.switches.apply()
        self._parts.history.record_operation(
            self._actor,
            "mended_elsewhere",
            extension=finding.extension,
            detail=f"{finding.title} ({finding.code}), {finding.source}",
            switches=result.switches,
        )
        return Mended(finding, result)

    @_counted
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
        with self._committer.locked([extension_id]):
            old = self._reader.stored(extension_id)
            changes = {name: value for name, value in values.items() if getattr(old, name) != value}
            if not changes:
                return _unchanged(old, version)
            refuse(check_fields(changes))
            self._vetoes.check(ProposedChange(replace(old, **changes), old))  # type: ignore[arg-type]
            made = self._commit(
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
        return self._committer.announce(made, tuple(changes), generated)

    def _faults(self, new: Sequence[NewExtension]) -> Sequence[Sequence[FieldError]]:
        """The errors of each: of its fields, else those of plugins, which see valid ones only."""
        domains = self._storage.domains()
        faults = [each.errors(domains) for each in new]
        valid = [place for place, errors in enumerate(faults) if not errors]
        vetoes = self._vetoes.of_each([ProposedChange(new[place].extension) for place in valid])
        for place, errors in zip(valid, vetoes, strict=True):
            faults[place] = errors
        return faults

    def _commit(self, action: Action, edit: Edit, *, undoes: str = "") -> Committed:
        """Commit a change of one extension."""
        (made,) = self._committer.commit(self._actor, action, edit, undoes=undoes)
        return made


def _unchanged(old: Extension, version: str | None) -> Saved:
    """The result of a change that has nothing to change.  Raises ``VersionConflict``."""
    if version is not None and version != old.version:
        raise VersionConflict(old.id)
    return Saved(old.without_secrets(), Apply.unchanged())
