"""The storage: FreeSWITCH's directory of one XML file for each extension."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

from sipapp.api import (
    SECRET_FIELDS,
    Diagnosis,
    Examination,
    Extension,
    ExtensionNotFound,
    Finding,
    ListedStorage,
    Secret,
    VersionConflict,
    try_to_write,
)
from sipapp_xmldir.directory.entry import as_disabled, entries_of
from sipapp_xmldir.directory.file_names import (
    FileNameTaken,
    IdConflict,
    check_rename,
    renamed_file,
)
from sipapp_xmldir.directory.folder import Folder, find
from sipapp_xmldir.directory.id_conflicts import check_id_conflicts
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.tracked_files import FileCache
from sipapp_xmldir.files.account import Account, freeswitch_users
from sipapp_xmldir.files.atomic_files import (
    DISABLED,
    create_files,
    remove_file,
    replace_file,
)
from sipapp_xmldir.files.backup import FileBackup
from sipapp_xmldir.files.lock import is_unlocked
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.health.doctor import diagnose
from sipapp_xmldir.health.examiner import Examiner
from sipapp_xmldir.health.permissions import REPAIR, account_finder, repair
from sipapp_xmldir.health.reload_errors import breaks_reload, first_error, shown
from sipapp_xmldir.health.variables import load_variables
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.usual_file import REFERENCE
from sipapp_xmldir.secret import inherited_password, inherited_secret
from sipapp_xmldir.write.contents import (
    changed_values,
    edited_content,
    new_content,
    translated_edit_errors,
)
from sipapp_xmldir.write.verification import check_new


class XmlDirectory(ListedStorage):
    """Extensions in the files ``*.xml`` of ``directory``.

    The id in a file counts, not the file's name; a new extension gets ``ID.xml``.
    Files that are not one plain extension are listed with the reason, and left alone.
    With ``create``, a missing directory is made.  ``vars`` and ``dialplan`` are paths of
    FreeSWITCH's, and ``freeswitch_user`` whom it runs as: the examination looks at them.
    """

    def __init__(
        self,
        *,
        directory: Path,
        create: bool,
        vars: Path | None = None,  # noqa: A002  (the name of the option)
        dialplan: Path | None = None,
        freeswitch_user: str = "",
    ) -> None:
        self._path = self.switch_directory = directory
        self._variables = FileCache(lambda: load_variables(vars))
        self._folder = Folder(directory, create=create, variables=lambda: self._variables().values)
        self._account = account_finder(freeswitch_user)
        self._is_user_given = bool(freeswitch_user)
        self._examiner = Examiner(
            directory, variables=vars, dialplan=dialplan, account=self._account
        )
        self._examiner_lock = Lock()

    def list(self) -> Sequence[Extension]:
        with self._folder.opened("read") as directory:
            return self._folder.snapshot(directory).extensions

    def get(self, extension_id: str) -> Extension:
        with self._folder.opened("read") as directory:
            extension = find(self._folder.snapshot(directory), extension_id).extension
        return self._resolved(extension) if extension.inherited else extension

    def get_many(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        with self._folder.opened("read") as directory:
            snapshot = self._folder.snapshot(directory)
        listed = ((each, snapshot.find(each)) for each in extension_ids)
        return {
            each: self._resolved(entry.extension) if entry.extension.inherited else entry.extension
            for each, entry in listed
            if entry is not None
        }

    def secret(self, extension_id: str) -> Secret | None:
        with self._folder.opened("read") as directory:
            listed = find(self._folder.snapshot(directory), extension_id)
            extension = listed.extension
            if not extension.enabled:
                return None
            inherited = extension.inherited.get("password", "")
            if not inherited:
                return Secret(extension.password) or None
            if listed.line:  # a file that holds nothing else
                return inherited_password(inherited, self._variables())
            data, _ = read_file(directory, listed.name, follow=True)
        return inherited_secret(extension, data, self._around(listed.name), self._variables())

    def create(self, extension: Extension) -> Extension:
        (created,) = self.create_many([extension])
        return created

    def create_many(self, extensions: Sequence[Extension]) -> Sequence[Extension]:
        made = [(f"{each.id}.xml", *new_content(each, self._path)) for each in extensions]
        coming = [(name, data) for name, data, _ in made]
        with self._folder.changing() as (directory, snapshot):
            self._check_id_conflicts(directory, snapshot, coming)
            pairs = zip(coming, extensions, strict=True)
            new = {name: (data, extension) for (name, data), extension in pairs}
            with translated_edit_errors():
                check_new(new, self._variables().values)
            plain = (each.state for each in snapshot.listed if not each.extension.read_only)
            try:
                like = next(plain, None)
                create_files(directory, dict(coming), like, self._readers(directory))
            except FileExistsError as error:
                name = str(error.filename2)
                raise FileNameTaken(name.removesuffix(".xml"), self._path / name) from None
        return [self._resolved(extension) for _, _, extension in made]

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        with self._folder.changing() as (directory, snapshot):
            listed, data, state = self._folder.current(directory, snapshot, extension_id, version)
            changes = changed_values(listed.extension, changes)
            if not changes:
                return listed.extension
            new = edited_content(listed.extension, data, changes, self._around(listed.name))
            self._check_id_conflicts(directory, snapshot, [(listed.name, new)], listed)
            self._replace(directory, listed, new, state)
        return self._entry(listed.name, new)

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        with self._folder.changing() as (directory, snapshot):
            listed, _, _ = self._folder.current(directory, snapshot, extension_id, version)
            self._check_id_conflicts(directory, snapshot, [], listed)
            try:
                remove_file(directory, listed.name)
            except FileNotFoundError:
                raise ExtensionNotFound(extension_id) from None

    def set_enabled(
        self, extension_id: str, *, enabled: bool, version: str | None = None
    ) -> Extension:
        with self._folder.changing() as (directory, snapshot):
            listed, data, _ = self._folder.current(directory, snapshot, extension_id, version)
            if listed.extension.enabled is enabled:
                return listed.extension
            stem = listed.name.removesuffix(DISABLED if enabled else ".xml")
            name = f"{stem}{'.xml' if enabled else DISABLED}"
            self._check_id_conflicts(directory, snapshot, [(name, data)], listed)
            self._folder.move(directory, listed.name, name)
        return self._entry(name, data)

    def rename(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        with self._folder.changing() as (directory, snapshot):
            listed, data, state = self._folder.current(directory, snapshot, extension_id, version)
            changes = changed_values(listed.extension, changes)
            check_rename(listed, new_id, changes)
            name = renamed_file(listed, new_id)
            new = edited_content(listed.extension, data, changes, self._around(listed.name), new_id)
            self._check_id_conflicts(directory, snapshot, [(name, new)], listed)
            self._folder.refuse_taken_name(directory, listed.name, name)
            self._replace(directory, listed, new, state)
            if name != listed.name:
                self._folder.move(directory, listed.name, name)
        return self._entry(name, new)

    def snapshot(self, extension_id: str) -> FileBackup | None:
        (snapshot,) = self.snapshot_many([extension_id])
        return snapshot

    def snapshot_many(self, extension_ids: Sequence[str]) -> "Sequence[FileBackup | None]":
        with self._folder.opened("read") as directory:
            found = self._folder.snapshot(directory)
            return [_backup_of(directory, found, each) for each in extension_ids]

    def restore(self, extension_id: str, snapshot: object, *, version: str | None) -> None:
        kept = snapshot if isinstance(snapshot, FileBackup) else None
        with self._folder.changing() as (directory, found):
            if version is None and kept:
                self._check_restored(directory, found, kept)
                try:
                    kept.restore_file(directory, self._readers(directory))
                except FileExistsError:
                    raise FileNameTaken(extension_id, self._path / kept.name) from None
                return
            listed, data, state = self._folder.current(directory, found, extension_id, version)
            if kept is None:
                self._check_id_conflicts(directory, found, [], listed)
                remove_file(directory, listed.name)
                return
            self._check_restored(directory, found, kept, listed)
            self._folder.refuse_taken_name(directory, listed.name, kept.name)
            if kept.data != data:
                self._replace(directory, listed, kept.data, state)
            if kept.name != listed.name:
                self._folder.move(directory, listed.name, kept.name)

    def seen(self, snapshot: object) -> Extension:
        kept = _kept(snapshot)
        return self._entry(kept.name, kept.data)

    def pack(self, snapshot: object) -> bytes:
        return _kept(snapshot).pack()

    def content(self, snapshot: object) -> bytes:
        return _kept(snapshot).content

    def unpack(self, data: bytes) -> FileBackup:
        return FileBackup.unpack(data)

    def _replace(
        self, directory: int, listed: ListedEntry, data: bytes, old: os.stat_result
    ) -> None:
        """Replace an extension's file.  Raises ``VersionConflict`` if it is another one now."""
        gets = _own_secrets(self._entry(listed.name, data)) - _own_secrets(listed.extension)
        readers = self._readers(directory) if gets else None
        if not replace_file(directory, listed.name, data, old, readers):
            raise VersionConflict(listed.extension.id)

    def _readers(self, directory: int) -> Sequence[Account]:
        """The accounts that have to read new files: as whom FreeSWITCH runs, or may run."""
        users = [] if self._is_user_given else sorted(set(freeswitch_users()))
        return [self._account(directory), *map(Account.of, users)]

    def _check_id_conflicts(
        self,
        directory: int,
        snapshot: Snapshot,
        files: Sequence[tuple[str, bytes]],
        removed: ListedEntry | None = None,
    ) -> None:
        variables = self._variables().values
        check_id_conflicts(directory, snapshot, files, variables, removed=removed)

    def _check_restored(
        self,
        directory: int,
        snapshot: Snapshot,
        kept: FileBackup,
        removed: ListedEntry | None = None,
    ) -> None:
        """Check the ids of a file that comes back, unless all others are as they were.

        A change that a switch refused is taken back thus, whatever stands in other files.
        """
        own = {kept.name, removed.name} if removed else {kept.name}
        others = {each for each in kept.all_versions if each[0] not in own}
        if others != {each for each in snapshot.versions if each[0] not in own}:
            self._check_id_conflicts(directory, snapshot, [(kept.name, kept.data)], removed)

    def find_fault(self, *, thorough: bool = False) -> str:
        with self._folder.opened("read") as directory:
            listed = self._folder.snapshot(directory).listed
            suspects = dict.fromkeys(each.name for each in listed if not each.is_read)
            if not thorough and not any(map(breaks_reload, self._sources(directory, suspects))):
                return ""
            names = dict.fromkeys(each.name for each in listed)
            place = first_error(self._path, self._sources(directory, names))
        return shown(place) if place else ""

    def _sources(self, directory: int, names: Iterable[str]) -> Iterator[Source]:
        for name in names:
            with suppress(OSError):  # FreeSWITCH skips what it cannot read
                data, _ = read_file(directory, name, follow=True)
                yield Source(str(self._path / name), data)

    def examine(self) -> Examination:
        with self._folder.opened("read") as directory:
            snapshot = self._folder.snapshot(directory)
            # While a writer holds the lock, the temporary files may be its own.
            left = snapshot.temporary if snapshot.temporary and is_unlocked(directory) else ()
            with self._examiner_lock:
                return self._examiner.examine(directory, snapshot, tuple(left))

    def diagnose(self) -> Iterable[Diagnosis]:
        with self._folder.opened("read") as directory:
            yield from diagnose(self._path, directory, self._account(directory))

    def mend(self, finding: Finding) -> None:
        # Taking the lock already removes the files that a killed writer has left.
        with self._folder.changing() as (directory, snapshot):
            if finding.mending == REPAIR:
                same = (each for each in snapshot.listed if each.extension.source == finding.source)
                found = next(same, None)
                if found is None or found.extension.version != finding.version:
                    raise VersionConflict(finding.extension or finding.source)
                self._check_becomes_readable(directory, snapshot, found)
                repair(directory, found.name, self._account(directory))

    def _check_becomes_readable(
        self, directory: int, snapshot: Snapshot, listed: ListedEntry
    ) -> None:
        """Refuse to let FreeSWITCH read a file whose ids or aliases are those of another one."""
        same = [each for each in snapshot.listed if each.name == listed.name]
        if any(each.is_wildcard for each in same):
            reason = "its type makes FreeSWITCH take it for all users behind it. Remove the type."
            raise IdConflict(listed.extension.id, reason)
        with suppress(PermissionError):  # of this one, nobody knows what is in it
            data, _ = read_file(directory, listed.name)
            # FreeSWITCH reads as much of it as of a disabled one.
            hidden = listed._replace(extension=as_disabled(listed.extension))
            self._check_id_conflicts(directory, snapshot, [(listed.name, data)], hidden)

    def close(self) -> None:
        self._folder.close()

    def check(self) -> None:
        with self._folder.opened("read") as directory:
            self._folder.snapshot(directory)
        with self._folder.opened("write into"):
            try_to_write(self._path)

    def _entry(self, name: str, data: bytes) -> Extension:
        entry, *_ = entries_of(name, str(self._path / name), data, self._around(name))
        found = as_disabled(entry.extension) if name.endswith(DISABLED) else entry.extension
        return self._resolved(found)

    def _around(self, name: str) -> Surroundings:
        """What the inclusions of a file depend on."""
        return Surroundings(str(self._path / name), self._variables().values)

    def _resolved(self, extension: Extension) -> Extension:
        """The extension with its variables resolved, as far as ``vars.xml`` sets them."""
        variables = self._variables()
        found = {
            name: value
            for name, reference in extension.inherited.items()
            if name not in SECRET_FIELDS and (value := variables.resolve(reference)) is not None
        }
        # What the file itself tells, by its own directives, is right.
        found |= extension.resolved
        found = {name: value for name, value in found.items() if value}
        return replace(extension, resolved=found) if found != extension.resolved else extension


def _own_secrets(extension: Extension) -> AbstractSet[tuple[str, str]]:
    """The names and values of secrets that stand in an extension's file itself."""
    values = {
        name: extension.inherited.get(name) or getattr(extension, name) for name in SECRET_FIELDS
    }
    return {each for each in values.items() if each[1] and not each[1].startswith(REFERENCE)}


def _backup_of(directory: int, snapshot: Snapshot, extension_id: str) -> FileBackup | None:
    listed = snapshot.find(extension_id)
    if listed is None or listed.extension.read_only:
        return None  # there is nothing, or nothing that could be changed
    try:
        backup = FileBackup.of(directory, listed.name)
    except FileNotFoundError:
        return None
    return replace(backup, all_versions=snapshot.versions)


def _kept(snapshot: object) -> FileBackup:
    if not isinstance(snapshot, FileBackup):
        raise TypeError("not a snapshot of this storage")
    return snapshot
