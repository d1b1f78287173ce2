"""How a change flows: validate, store, apply on every switch, tell observers."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from sipapp.backends import Action, ExtensionChanged
from sipapp.catalog import SORT_KEYS, Catalog
from sipapp.changes import Changes
from sipapp.errors import ExtensionExists, ExtensionNotFound, FieldError, InvalidExtension
from sipapp.extension import Extension, check_fields, check_id
from sipapp.passwords import generate_password, generate_pin
from sipapp.plugins import Plugins
from sipapp.reload import Apply
from sipapp.storage import ExtensionStorage
from sipapp.switches import Switches

log = logging.getLogger(__name__)


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
    name: whoever asked sees them this once.
    """

    extension: Extension
    apply: Apply
    generated: Mapping[str, str] = field(default_factory=dict, repr=False)


class ExtensionService:
    """The only way from a view to storage and switches."""

    def __init__(self, storage: ExtensionStorage, switches: Switches, plugins: Plugins) -> None:
        self._storage = storage
        self._switches = switches
        self._changes = Changes(storage, switches)
        self._plugins = plugins
        self._catalog = Catalog(())

    def list(self, *, search: str = "", sort: str = "id", offset: int = 0, limit: int = 50) -> Page:
        """A page of the extensions whose id, name or number contain ``search``.

        ``sort`` is one of :data:`sipapp.catalog.SORT_KEYS`, with a leading ``-`` for
        descending.  Raises ``InvalidExtension`` for others.
        """
        key, descending = sort.removeprefix("-"), sort.startswith("-")
        if key not in SORT_KEYS:
            known = ", ".join(SORT_KEYS)
            raise InvalidExtension([FieldError("sort", f"Sort by one of: {known}.")])
        catalog = self._catalogued()
        found = catalog.find(search, key, descending=descending)
        page = found[offset : offset + limit]
        return Page(len(found), [catalog.shown(each) for each in page])

    def get(self, extension_id: str) -> Extension:
        """One extension, without passwords.  Raises ``ExtensionNotFound``."""
        return self._storage.get(extension_id).without_secrets()

    def create(self, extension_id: str, values: Mapping[str, str]) -> Saved:
        """Add an extension; missing values get FreeSWITCH's usual ones, empty ones stay empty.

        A secret that is missing or empty is made.
        Raises ``InvalidExtension``, ``ExtensionExists``, ``ChangeRefused`` and storage errors.
        """
        new = _New.make(extension_id, values)
        self._refuse(self._faults(new))
        with self._changes.alone([extension_id]):
            if self._exists(extension_id):
                raise ExtensionExists(extension_id)
            (stored,), result = self._changes.create(
                lambda: [self._storage.create(new.extension)], [extension_id]
            )
        return self._saved("created", stored, new.fields, result, new.generated)

    def create_many(self, wanted: "Sequence[tuple[str, Mapping[str, str]]]") -> "Sequence[Saved]":
        """Add extensions of these ids and values, all or none, with one reload for all.

        Values are completed as in :meth:`create`.  Raises ``InvalidExtension``, which also
        tells the ids that are taken; its fields are such as ``items[0].id``.  After the
        reload, switches are asked for the last one alone.
        """
        new = [_New.make(extension_id, values) for extension_id, values in wanted]
        taken = {each.id.casefold() for each in self._storage.list()}
        errors: list[FieldError] = []
        for place, each in enumerate(new):
            faults = self._faults(each) or _taken(each.extension.id, taken)
            errors += [FieldError(f"items[{place}].{at.field}", at.message) for at in faults]
            taken.add(each.extension.id.casefold())
        self._refuse(errors)
        ids = [each.extension.id for each in new]
        with self._changes.alone(ids):
            stored, result = self._changes.create(
                lambda: self._storage.create_many([each.extension for each in new]), ids
            )
        return [
            self._saved("created", extension, each.fields, result, each.generated)
            for extension, each in zip(stored, new, strict=True)
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
        self, extension_id: str, password: str | None = None, *, version: str | None = None
    ) -> Saved:
        """Set a new password, or make one when none is given.  Raises as :meth:`update`."""
        new = password or generate_password()
        generated = {} if password else {"password": new}
        return self._update("password", extension_id, {"password": new}, version, generated)

    def set_enabled(self, extension_id: str, *, enabled: bool, version: str | None = None) -> Saved:
        """Hide an extension from the switches, or show it again.  Raises as :meth:`update`."""
        with self._changes.alone([extension_id]):
            old = self._storage.get(extension_id)
            expected = version if version is not None else old.version
            stored, result = self._changes.update(
                old.id,
                lambda: self._storage.set_enabled(old.id, enabled=enabled, version=expected),
                forget=not enabled,
            )
        return self._saved("enabled" if enabled else "disabled", stored, ("enabled",), result)

    def delete(self, extension_id: str, *, version: str | None = None) -> Saved:
        """Remove an extension.  Raises ``ExtensionNotFound``, ``VersionConflict``, ..."""
        with self._changes.alone([extension_id]):
            old = self._storage.get(extension_id)
            expected = version if version is not None else old.version
            result = self._changes.delete(
                old.id, lambda: self._storage.delete(old.id, version=expected)
            )
        return self._saved("deleted", old, (), result)

    def reload(self) -> Apply:
        """Make every switch read the storage again."""
        return self._switches.apply()

    def _catalogued(self) -> Catalog:
        extensions = self._storage.list()
        catalog = self._catalog
        # The same tuple again has the same extensions in it.
        if not isinstance(extensions, tuple) or extensions is not catalog.extensions:
            self._catalog = catalog = Catalog(extensions)
        return catalog

    def _update(
        self,
        action: Action,
        extension_id: str,
        values: Mapping[str, str],
        version: str | None,
        generated: Mapping[str, str] | None = None,
    ) -> Saved:
        with self._changes.alone([extension_id]):
            old = self._storage.get(extension_id)
            changes = {name: value for name, value in values.items() if getattr(old, name) != value}
            errors = list(check_fields(changes))
            self._refuse(errors or self._vetoes(replace(old, **changes), old))  # type: ignore[arg-type]
            # What would be taken back is what was seen here.
            expected = version if version is not None else old.version
            stored, result = self._changes.update(
                old.id,
                lambda: self._storage.update(old.id, changes, version=expected),
                forget="password" in changes,
            )
        return self._saved(action, stored, tuple(changes), result, generated)

    def _saved(
        self,
        action: Action,
        extension: Extension,
        fields: tuple[str, ...],
        result: Apply,
        generated: Mapping[str, str] | None = None,
    ) -> Saved:
        shown = extension.without_secrets()
        log.info("Extension %s %s: %s.", shown.id, action, result.state)
        event = ExtensionChanged(action, shown, fields, result)
        for _ in self._plugins.collect("sipapp_extension_changed", event=event):
            pass
        return Saved(shown, result, generated or {})

    def _faults(self, new: "_New") -> "Sequence[FieldError]":
        extension = new.extension
        errors = [error for error in [check_id(extension.id)] if error]
        errors.extend(check_fields(new.wanted))
        return errors or self._vetoes(extension, None)

    def _vetoes(self, new: Extension, old: Extension | None) -> "Sequence[FieldError]":
        lists = self._plugins.collect("sipapp_validate_extension", _field_errors, new=new, old=old)
        return [error for _, errors in lists for error in errors]

    def _exists(self, extension_id: str) -> bool:
        try:
            self._storage.get(extension_id)
        except ExtensionNotFound:
            return False
        return True

    def _refuse(self, errors: "Sequence[FieldError]") -> None:
        if errors:
            raise InvalidExtension(errors)


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


def default_extension(extension_id: str) -> Extension:
    """An extension with the values that FreeSWITCH's own examples have, without secrets."""
    return Extension(
        extension_id,
        caller_id_name=f"Extension {extension_id}",
        caller_id_number=extension_id,
        user_context="default",
        toll_allow="domestic,international,local",
        accountcode=extension_id,
    )
