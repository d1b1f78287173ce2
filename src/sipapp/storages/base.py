"""What a storage of extensions must do."""

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sipapp.model.aliases import NO_ALIASES, Aliases
from sipapp.model.errors import ExtensionNotFound, StorageError
from sipapp.model.extension import FIELD_NAMES, Extension
from sipapp.model.secret import Secret
from sipapp.storages.capabilities import disabling, renaming
from sipapp.storages.query import Page, Query


class ExtensionStorage(ABC):
    """Keeps extensions.  One is active in an application; several threads use it.

    Every method may raise :class:`~sipapp.model.errors.StorageUnavailable`.  A write
    is atomic: after a failure, or a crash at any moment, the old state or the new
    one is there.  Values come checked by :mod:`sipapp.model.extension`; the storage
    makes sure that FreeSWITCH will read exactly them.
    """

    keeps_passwords: bool = True
    """Whether ``password`` comes back as it was set.

    A storage that keeps hashes only leaves it empty, and ``inherited["password"]`` is
    ``"a1-hash"``; its :meth:`secret` has the hash.
    """
    switch_directory: Path | None = None
    """Where it writes the files that a switch reads itself, if it does."""

    def domains(self) -> Sequence[str]:
        """Return the domains whose extensions it keeps, the default one first.

        The default one is empty if it has no name here; its extensions have bare ids, those
        of another domain ``user@domain``.  By default there is no other one.  A new extension
        in a domain that is not there raises ``InvalidExtension`` (for ``id``).
        """
        return ("",)

    def aliases(self) -> Aliases:
        """Return the aliases by which a switch finds extensions that are enabled.

        Where several extensions have a name, it leads to the one that the switch takes.  Called
        for each page of the live status: return the same object again until something changes.
        By default there are none; a storage that fills ``Extension.aliases`` overrides this.
        """
        return NO_ALIASES

    @abstractmethod
    def find(self, query: Query, *, after: str = "", limit: int = 50) -> Page[Extension]:
        """Return a page of the extensions that match, without passwords.

        ``after`` is the cursor that the page before had, empty for the first.  Read-only
        extensions are among them.  Raises ``InvalidCursor``, also for a cursor of another
        search or order (see :meth:`sipapp.api.Query.position`).
        """

    @abstractmethod
    def iterate(self, *, after: str = "") -> Iterator[Extension]:
        """Yield every extension with its passwords, by id (by Unicode code points).

        Begins behind the id ``after``.  Must not need memory for all of them.
        """

    @abstractmethod
    def revision(self) -> str:
        """Return a mark of all that is stored: it differs after any change, whoever made it."""

    @abstractmethod
    def get(self, extension_id: str) -> Extension:
        """One extension, with its passwords.  Raises ``ExtensionNotFound``."""

    def get_many(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        """Return those of the extensions that are there, with passwords, by the ids as given.

        By default they are read one by one; a storage that can read many at once should.
        """
        found = {}
        for each in extension_ids:
            with suppress(ExtensionNotFound):
                found[each] = self.get(each)
        return found

    def secret(self, extension_id: str) -> Secret | None:
        """The password, or its hash, that a phone of this extension needs to register.

        ``None`` if no phone can register, because the extension is disabled, or has no
        password; and if it is not known what its password comes to.  By default, that is so of
        one that is inherited.  Raises ``ExtensionNotFound``.
        """
        extension = self.get(extension_id)
        return Secret(extension.password) if extension.enabled and extension.password else None

    @abstractmethod
    def create(self, extension: Extension) -> Extension:
        """Add an extension; returns it as stored, with its version.

        Raises ``ExtensionExists``, also for an id that differs only in case.
        """

    def create_many(self, extensions: Sequence[Extension]) -> Sequence[Extension]:
        """Add extensions, all or none; returns them as stored, in the same order.

        Raises as :meth:`create` does, also for an id that is there twice.  By default they
        are created one after the other, and taken back when one fails; a storage that can
        do better should.
        """
        created: list[Extension] = []
        try:
            for each in extensions:
                # Appended one by one, so that the last ones are known when the next fails.
                created.append(self.create(each))  # noqa: PERF401
        except BaseException:
            for each in created:
                with suppress(StorageError):
                    self.delete(each.id, version=each.version)
            raise
        return created

    @abstractmethod
    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        """Change the named fields and nothing else; returns the extension as stored.

        ``changes`` maps names of :data:`sipapp.model.extension.FIELDS` to new values.
        With ``version``, raises ``VersionConflict`` if the stored one is another.
        Raises ``ExtensionNotFound``, ``ReadOnlyExtension``, and ``InvalidExtension`` for a
        name that is not a field (see :func:`sipapp.api.refuse_unknown_fields`).
        """

    @abstractmethod
    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        """Remove an extension.  Raises as :meth:`update` does."""

    def snapshot(self, extension_id: str) -> object:
        """Everything that :meth:`restore` needs to bring the extension back as it is now.

        By default its values; ``None`` if there is no such extension.  A storage that
        keeps more than values overrides both.
        """
        try:
            return self.get(extension_id)
        except ExtensionNotFound:
            return None

    def snapshot_many(self, extension_ids: Sequence[str]) -> "Sequence[object]":
        """A :meth:`snapshot` of each.  By default one after the other, which may be slow."""
        return [self.snapshot(each) for each in extension_ids]

    def restore(self, extension_id: str, snapshot: object, *, version: str | None) -> None:
        """Undo a change: make the extension what it was when the snapshot was taken.

        ``version`` is what the change made of it, ``None`` if it deleted it.  After
        :meth:`rename`, ``extension_id`` is the new id and the snapshot one of the old.  Raises
        ``VersionConflict``, ``ExtensionExists`` or ``ExtensionNotFound``, and does
        nothing, if that is not what is there, or if its id belongs to another one now.
        """
        if not isinstance(snapshot, Extension):
            self.delete(extension_id, version=version)
        elif version is None:
            self.create(snapshot)
        else:
            values = {name: getattr(snapshot, name) for name in FIELD_NAMES}
            if extension_id == snapshot.id:
                found = self.update(extension_id, values, version=version)
            else:
                found = renaming(self, extension_id).rename(
                    extension_id, snapshot.id, values, version=version
                )
            if found.enabled is not snapshot.enabled:
                enabled = snapshot.enabled
                disabling(self, snapshot.id).set_enabled(
                    snapshot.id, enabled=enabled, version=found.version
                )

    def seen(self, snapshot: object) -> Extension:
        """The extension that a snapshot (not ``None``) holds, with its passwords."""
        if not isinstance(snapshot, Extension):
            raise TypeError("This storage has snapshots of its own, and must read them itself.")
        return snapshot

    def pack(self, snapshot: object) -> bytes:
        """A snapshot (not ``None``) as bytes, to be kept; the same ones for the same snapshot.

        On other machines and after a restart they are the same too, so that no version and no
        place belongs into them.  They hold passwords.  A storage with snapshots of its own
        overrides this, :meth:`unpack` and :meth:`seen`.
        """
        content = asdict(replace(self.seen(snapshot), version="", source=""))
        del content["weak_secrets"]  # which follow from the secrets
        if not content["without_password"]:
            # As it was packed before there was this field: digests of the history stay.
            del content["without_password"]
        return json.dumps(content, default=sorted, sort_keys=True).encode()

    def content(self, snapshot: object) -> bytes:
        """The content of a snapshot (not ``None``): it differs after every change.

        The history tells by it whether an extension was changed.  By default all that is
        packed; a storage that packs more, such as the mode of a file, overrides this.
        """
        return self.pack(snapshot)

    def unpack(self, data: bytes) -> object:
        """The snapshot that was packed, perhaps long ago.  Raises ``ValueError``."""
        try:
            given: dict[str, Any] = json.loads(data)
            hidden, aliases = frozenset(given["hidden"]), tuple(given.get("aliases", ()))
            return Extension(**given | {"hidden": hidden, "aliases": aliases})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a snapshot of this storage") from error

    def check(self) -> None:
        """Raise ``StorageUnavailable`` if a change would fail now; for the health page."""
        self.find(Query(), limit=1)

    def close(self) -> None:
        """Release what the storage holds; the application ends."""
        return None
