"""The storage: FreeSWITCH's directory of one XML file for each extension."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

from sipapp.api import (
    SECRET_FIELDS,
    Aliases,
    Diagnosis,
    Examination,
    Extension,
    ExtensionNotFound,
    Finding,
    ListedStorage,
    Secret,
    StorageUnavailable,
    VersionConflict,
    has_entry,
    try_to_write,
)
from sipapp_xmldir.directory.entry import as_disabled
from sipapp_xmldir.directory.file_names import FileNameTaken, IdConflict
from sipapp_xmldir.directory.folder import Folder, find, is_domain_file
from sipapp_xmldir.directory.id_conflicts import arrivals_of, check_id_conflicts
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.tracked_files import FileCache, Stamps
from sipapp_xmldir.files.account import Account, freeswitch_users
from sipapp_xmldir.files.backup import FileBackup
from sipapp_xmldir.files.lock import is_unlocked
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.health.doctor import diagnose
from sipapp_xmldir.health.domain import Domain, load_domain
from sipapp_xmldir.health.examiner import Examiner
from sipapp_xmldir.health.permissions import REPAIR, account_finder, repair
from sipapp_xmldir.health.reload_errors import breaks_reload, first_error, shown
from sipapp_xmldir.health.variables import load_variables
from sipapp_xmldir.outside import OutsideUsers
from sipapp_xmldir.parse.other_values import other_values
from sipapp_xmldir.secret import inherited_password, inherited_secret
from sipapp_xmldir.writer import OWN_FILE, Writer

__all__ = ["FileNameTaken", "XmlDirectory"]


class XmlDirectory(ListedStorage):
    """Extensions in the files ``*.xml`` of ``directory``, or in the file of that name.

    Such a file has a whole domain with its users in it.  The id in a file counts, not the file's
    name; a new extension gets ``ID.xml``, or a place among the users of the file ``new_users``.
    What is not one plain extension is listed with the reason, and left alone.  With ``create``, a
    missing directory is made.  ``vars`` and ``dialplan`` are paths of FreeSWITCH's, and
    ``freeswitch_user`` whom it runs as: the examination looks at them.
    """

    def __init__(
        self,
        *,
        directory: Path,
        create: bool,
        vars: Path | None = None,  # noqa: A002  (the name of the option)
        dialplan: Path | None = None,
        freeswitch_user: str = "",
        new_users: str = OWN_FILE,
    ) -> None:
        domain_file = directory.name if is_domain_file(directory) else ""
        self._place = directory
        self._path = self.switch_directory = directory.parent if domain_file else directory
        self._variables = FileCache(lambda: load_variables(vars))
        self._folder = Folder(
            self._path,
            create=create and not domain_file,
            variables=lambda: self._variables().values,
            domain_file=domain_file,
        )
        self._account = account_finder(freeswitch_user)
        self._is_user_given = bool(freeswitch_user)
        self._examiner = Examiner(
            self._path,
            variables=vars,
            dialplan=dialplan,
            account=self._account,
            domain_file=domain_file,
        )
        self._examiner_lock = Lock()
        self._shared_file = domain_file or ("" if new_users == OWN_FILE else new_users)
        self._outside = OutsideUsers(self._path, FileCache(self._domain))
        self._writer = Writer(
            self._folder,
            outside=self._outside,
            variables=self._variables,
            readers=self._readers,
            shared_file=self._shared_file,
        )

    def list(self) -> Sequence[Extension]:
        with self._folder.opened("read") as directory:
            return self._outside.with_others(self._folder.snapshot(directory))

    def aliases(self) -> Aliases:
        with self._folder.opened("read") as directory:
            return self._folder.snapshot(directory).aliases

    def get(self, extension_id: str) -> Extension:
        found = self.get_many([extension_id])
        if not found:
            raise ExtensionNotFound(extension_id)
        return found[extension_id]

    def get_many(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        with self._folder.opened("read") as directory:
            snapshot = self._folder.snapshot(directory)
        listed = {each: entry for each in extension_ids if (entry := snapshot.find(each))}
        found = {each: entry.extension for each, entry in listed.items()}
        found |= self._outside.find_many([each for each in extension_ids if each not in listed])
        return {
            each: self._resolved(extension) if extension.inherited else extension
            for each, extension in found.items()
        }

    def secret(self, extension_id: str) -> Secret | None:
        with self._folder.opened("read") as directory:
            snapshot = self._folder.snapshot(directory)
            if snapshot.find(extension_id) is None and self._outside.find(extension_id):
                return None  # what its file says is not read here
            listed = find(snapshot, extension_id)
            extension = listed.extension
            if not extension.enabled:
                return None
            inherited = extension.inherited.get("password", "")
            if not inherited:
                return Secret(extension.password) or None
            if listed.line:  # a file that holds nothing else
                return inherited_password(inherited, self._variables())
            data = _read_alone(directory, snapshot, listed)
        around = self._folder.around(listed.name)
        return inherited_secret(extension, data, around, self._variables())

    def create(self, extension: Extension) -> Extension:
        (created,) = self.create_many([extension])
        return created

    def create_many(self, extensions: Sequence[Extension]) -> Sequence[Extension]:
        return [self._resolved(each) for each in self._writer.create_many(extensions)]

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        return self._resolved(self._writer.update(extension_id, changes, version))

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        self._writer.delete(extension_id, version)

    def set_enabled(
        self, extension_id: str, *, enabled: bool, version: str | None = None
    ) -> Extension:
        return self._resolved(self._writer.set_enabled(extension_id, version, enabled=enabled))

    def other_values(self, extension_id: str) -> Mapping[str, str]:
        with self._folder.opened("read") as directory:
            snapshot = self._folder.snapshot(directory)
            if snapshot.find(extension_id) is None and self._outside.find(extension_id):
                return {}  # what its file says is not read here
            listed = find(snapshot, extension_id)
            try:
                data = _read_alone(directory, snapshot, listed)
            except FileNotFoundError:
                raise ExtensionNotFound(extension_id) from None
        return other_values(data, listed.extension.id, self._folder.around(listed.name))

    def rename(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        return self.rename_with(extension_id, new_id, changes, {}, version=version)

    def rename_with(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        others: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        renamed = self._writer.rename(extension_id, new_id, changes, version, others=others)
        return self._resolved(renamed)

    def snapshot(self, extension_id: str) -> FileBackup | None:
        (snapshot,) = self.snapshot_many([extension_id])
        return snapshot

    def snapshot_many(self, extension_ids: Sequence[str]) -> "Sequence[FileBackup | None]":
        return self._writer.snapshot_many(extension_ids)

    def restore(self, extension_id: str, snapshot: object, *, version: str | None) -> None:
        kept = snapshot if isinstance(snapshot, FileBackup) else None
        self._writer.restore(extension_id, kept, version)

    def seen(self, snapshot: object) -> Extension:
        kept = _kept(snapshot)
        return self._resolved(self._writer.extension(kept.name, kept.data))

    def pack(self, snapshot: object) -> bytes:
        return _kept(snapshot).pack()

    def content(self, snapshot: object) -> bytes:
        return _kept(snapshot).content

    def unpack(self, data: bytes) -> FileBackup:
        return FileBackup.unpack(data)

    def _domain(self) -> tuple[Domain, Stamps]:
        if self._folder.domain_file:
            return Domain(), {}
        variables, stamps_of_variables = self._variables.with_stamps()
        with suppress(OSError):  # sipapp needs no rights around the directory
            found, stamps = load_domain(self._path, variables.values)
            return found, {**stamps, **stamps_of_variables}
        return Domain(), {}

    def _readers(self, directory: int) -> Sequence[Account]:
        """The accounts that have to read new files: as whom FreeSWITCH runs, or may run."""
        users = [] if self._is_user_given else sorted(set(freeswitch_users()))
        return [self._account(directory), *map(Account.of, users)]

    def find_fault(self, *, thorough: bool = False) -> str:
        with self._folder.opened("read") as directory:
            listed = self._folder.snapshot(directory).listed
            suspects = dict.fromkeys(each.name for each in listed if not each.is_read)
            if not thorough and not any(map(breaks_reload, self._sources(directory, suspects))):
                return ""
            names = dict.fromkeys(each.name for each in listed)
            place = first_error(self._place, self._sources(directory, names))
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
            # FreeSWITCH reads as much of it as of a disabled one: of none of its users.
            hidden = listed._replace(extension=as_disabled(listed.extension), number=None)
            check_id_conflicts(
                directory,
                snapshot,
                arrivals_of(listed.name, self._folder.entries_of(listed.name, "", data)),
                {listed.name: data},
                self._variables().values,
                removed=hidden,
            )

    def close(self) -> None:
        self._folder.close()

    def holds(self, path: Path) -> bool:
        """Whether a path is that of the directory, or of a file in it that is looked at."""
        return self._place in {path, path.parent}

    def check(self) -> None:
        with self._folder.opened("read") as directory:
            self._folder.snapshot(directory)
            if self._shared_file and not has_entry(self._shared_file, directory=directory):
                raise StorageUnavailable(self._writer.missing_file())
        with self._folder.opened("write into"):
            try_to_write(self._path)

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


def _read_alone(directory: int, snapshot: Snapshot, listed: ListedEntry) -> bytes:
    """The content of a user's file, or of one with it alone if the file has several users."""
    division = snapshot.divisions.get(listed.name)
    if division:
        return division.alone(listed.number or 0)
    data, _ = read_file(directory, listed.name, follow=True)
    return data


def _kept(snapshot: object) -> FileBackup:
    if not isinstance(snapshot, FileBackup):
        raise TypeError("not a snapshot of this storage")
    return snapshot
