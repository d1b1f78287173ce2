"""The storage: FreeSWITCH's directory of one XML file for each extension."""

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Final

from sipapp.api import (
    SECRET_FIELDS,
    Diagnosis,
    Examination,
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    ExtensionStorage,
    FieldError,
    Finding,
    InvalidExtension,
    ReadOnlyExtension,
    StorageError,
    VersionConflict,
)
from sipapp_xmldir.doctor import diagnose
from sipapp_xmldir.editor import EditFailed, change
from sipapp_xmldir.emulation.copying import survives
from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.entries import HASH, as_disabled, entries_of, version_of
from sipapp_xmldir.escape import escape
from sipapp_xmldir.faults import breaks, first_fault, shown
from sipapp_xmldir.fields import PLACES, new_file
from sipapp_xmldir.files import (
    DISABLED,
    check_writable,
    create_files,
    is_unlocked,
    locked,
    move_file,
    open_directory,
    read_file,
    remove_file,
    replace_file,
    unavailable,
)
from sipapp_xmldir.guard import check_change, check_new, swallows_next
from sipapp_xmldir.health.examiner import Examiner
from sipapp_xmldir.health.permissions import REPAIR, account_finder, repair
from sipapp_xmldir.health.surroundings import Kept
from sipapp_xmldir.health.variables import load_variables
from sipapp_xmldir.index import Index, Listed, Snapshot
from sipapp_xmldir.reader import decode
from sipapp_xmldir.undo import KeptFile

# The id becomes a file name: nothing that leads elsewhere, whatever was checked before.
_FILE_STEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


# switch_xml_ampencode (switch_xml.c:2548) escapes nothing behind it.
_NOT_CARRIED: Final = "FreeSWITCH loses a part of this value because of “<!” in it. Remove that."


class FileNameTaken(ExtensionExists):
    """The file that a new extension would get holds something else."""

    def __init__(self, extension_id: str, file: Path) -> None:
        super().__init__(extension_id)
        self.args = (f"There is a file {file} already, and it holds another extension.",)


class IdAnswered(ExtensionExists):
    """FreeSWITCH would find another user by the id of a new one, or the other way round."""

    def __init__(self, extension_id: str, reason: str) -> None:
        super().__init__(extension_id)
        self.args = (f"FreeSWITCH could not tell {extension_id} from another user: {reason}",)


class XmlDirectory(ExtensionStorage):
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
        self._path = directory
        self._create = create
        self._index = Index(directory)
        self._index_lock = Lock()
        self._account = account_finder(freeswitch_user)
        self._examiner = Examiner(
            directory, variables=vars, dialplan=dialplan, account=self._account
        )
        self._examiner_lock = Lock()
        self._variables = Kept(lambda: load_variables(vars))

    def list(self) -> Sequence[Extension]:
        with self._opened("read") as directory:
            return self._look(directory).extensions

    def get(self, extension_id: str) -> Extension:
        with self._opened("read") as directory:
            extension = self._find(self._look(directory), extension_id).extension
        return self._resolved(extension) if extension.inherited else extension

    def create(self, extension: Extension) -> Extension:
        (created,) = self.create_many([extension])
        return created

    def create_many(self, extensions: Sequence[Extension]) -> Sequence[Extension]:
        made = {f"{each.id}.xml": _new_file(each, self._path) for each in extensions}
        files = {name: data for name, (data, _) in made.items()}
        with self._changing() as (directory, snapshot):
            _refuse_taken_ids(snapshot, extensions)
            with _nothing_changed():
                check_new(
                    {f"{each.id}.xml": (files[f"{each.id}.xml"], each) for each in extensions},
                    self._variables().values,
                )
            self._refuse_to_be_swallowed(directory, snapshot, files)
            plain = (each.state for each in snapshot.listed if not each.extension.read_only)
            try:
                create_files(directory, files, next(plain, None))
            except FileExistsError as error:
                name = str(error.filename2)
                raise FileNameTaken(name.removesuffix(".xml"), self._path / name) from None
        return [self._resolved(extension) for _, extension in made.values()]

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        with self._changing() as (directory, snapshot):
            listed, data, state = self._current(directory, snapshot, extension_id, version)
            changes = _effective(listed.extension, changes)
            if not changes:
                return listed.extension
            new = self._edited(listed.extension, data, changes)
            if not replace_file(directory, listed.name, new, state):
                raise VersionConflict(extension_id)
        return self._entry(listed.name, new)

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        with self._changing() as (directory, snapshot):
            listed, _, _ = self._current(directory, snapshot, extension_id, version)
            if listed.extension.enabled:
                _refuse_to_uncover(snapshot, listed)
            try:
                remove_file(directory, listed.name)
            except FileNotFoundError:
                raise ExtensionNotFound(extension_id) from None

    def set_enabled(
        self, extension_id: str, *, enabled: bool, version: str | None = None
    ) -> Extension:
        with self._changing() as (directory, snapshot):
            listed, data, _ = self._current(directory, snapshot, extension_id, version)
            if listed.extension.enabled is enabled:
                return listed.extension
            if enabled:
                name = f"{listed.name.removesuffix(DISABLED)}.xml"
                _refuse_confusion(snapshot, listed.extension.id)
            else:
                name = f"{listed.name.removesuffix('.xml')}{DISABLED}"
                _refuse_to_uncover(snapshot, listed)
            self._move(directory, listed.name, name)
        return self._entry(name, data)

    def _move(self, directory: int, name: str, new: str) -> None:
        try:
            move_file(directory, name, new)
        except FileExistsError:
            raise FileNameTaken(name.split(".xml", maxsplit=1)[0], self._path / new) from None

    def snapshot(self, extension_id: str) -> KeptFile | None:
        with self._opened("read") as directory:
            listed = self._look(directory).find(extension_id)
            if listed is None or listed.extension.read_only:
                return None  # there is nothing, or nothing that could be changed
            try:
                return KeptFile.of(directory, listed.name)
            except FileNotFoundError:
                return None

    def restore(self, extension_id: str, snapshot: object, *, version: str | None) -> None:
        kept = snapshot if isinstance(snapshot, KeptFile) else None
        with self._changing() as (directory, found):
            if version is None and kept:
                try:
                    kept.put_back(directory)
                except FileExistsError:
                    raise VersionConflict(extension_id) from None
                return
            listed, _, state = self._current(directory, found, extension_id, version)
            if kept is None:
                remove_file(directory, listed.name)
            elif kept.name != listed.name:
                self._move(directory, listed.name, kept.name)
            elif not replace_file(directory, kept.name, kept.data, state):
                raise VersionConflict(extension_id)

    def find_fault(self, *, thorough: bool = False) -> str:
        with self._opened("read") as directory:
            listed = self._look(directory).listed
            suspects = dict.fromkeys(each.name for each in listed if not each.certain)
            if not thorough and not any(map(breaks, self._sources(directory, suspects))):
                return ""
            names = dict.fromkeys(each.name for each in listed)
            place = first_fault(self._path, self._sources(directory, names))
        return shown(place) if place else ""

    def _sources(self, directory: int, names: Iterable[str]) -> Iterator[Source]:
        for name in names:
            with suppress(OSError):  # FreeSWITCH skips what it cannot read
                data, _ = read_file(directory, name, follow=True)
                yield Source(str(self._path / name), data)

    def examine(self) -> Examination:
        with self._opened("read") as directory:
            snapshot = self._look(directory)
            # As long as somebody writes, it is not said whose the temporary files are.
            left = snapshot.temporary if snapshot.temporary and is_unlocked(directory) else ()
            with self._examiner_lock:
                return self._examiner.examine(directory, snapshot, tuple(left))

    def diagnose(self) -> Iterable[Diagnosis]:
        with self._opened("read") as directory:
            yield from diagnose(self._path, directory, self._account(directory))

    def mend(self, finding: Finding) -> None:
        # The lock alone makes that files which were left behind are removed.
        with self._changing() as (directory, snapshot):
            if finding.mending == REPAIR:
                same = (each for each in snapshot.listed if each.extension.source == finding.source)
                found = next(same, None)
                if found is None or found.extension.version != finding.version:
                    raise VersionConflict(finding.extension or finding.source)
                repair(directory, found.name, self._account(directory))

    def close(self) -> None:
        with self._index_lock:
            self._index.close()

    def check(self) -> None:
        with self._opened("read") as directory:
            self._look(directory)
        check_writable(self._path)

    @contextmanager
    def _opened(self, doing: str) -> Iterator[int]:
        directory = open_directory(self._path, create=self._create)
        try:
            yield directory
        except OSError as error:
            raise unavailable(doing, self._path, error) from error
        finally:
            os.close(directory)

    @contextmanager
    def _changing(self) -> Iterator[tuple[int, Snapshot]]:
        """The open directory and what is in it, while nobody else changes it."""
        with self._opened("change") as directory, locked(directory, self._path):
            snapshot = self._look(directory)
            for name in snapshot.temporary:
                # Whoever wrote it held this lock, and is gone.
                with suppress(OSError):
                    os.unlink(name, dir_fd=directory)
            yield directory, snapshot

    def _look(self, directory: int) -> Snapshot:
        with self._index_lock:
            return self._index.refresh(directory)

    def _find(self, snapshot: Snapshot, extension_id: str) -> Listed:
        found = snapshot.find(extension_id)
        if found is None:
            raise ExtensionNotFound(extension_id)
        return found

    def _current(
        self, directory: int, snapshot: Snapshot, extension_id: str, version: str | None
    ) -> tuple[Listed, bytes, os.stat_result]:
        """The file of an extension as it is now; raises unless it may be changed."""
        listed = self._find(snapshot, extension_id)
        if version is not None and version != listed.extension.version:
            raise VersionConflict(extension_id)
        if listed.extension.read_only:
            raise ReadOnlyExtension(listed.extension.id, listed.extension.read_only)
        try:
            data, state = read_file(directory, listed.name)
        except FileNotFoundError:
            raise ExtensionNotFound(extension_id) from None
        if version_of(data, enabled=listed.extension.enabled) != listed.extension.version:
            raise VersionConflict(extension_id)
        return listed, data, state

    def _entry(self, name: str, data: bytes) -> Extension:
        (entry,) = entries_of(name, str(self._path / name), data)
        found = as_disabled(entry.extension) if name.endswith(DISABLED) else entry.extension
        return self._resolved(found)

    def _resolved(self, extension: Extension) -> Extension:
        """The same, with what variables come to as far as ``vars.xml`` tells."""
        variables = self._variables()
        found = {
            name: value
            for name, reference in extension.inherited.items()
            if name not in SECRET_FIELDS and (value := variables.resolve(reference)) is not None
        }
        return replace(extension, resolved=found) if found else extension

    def _refuse_to_be_swallowed(
        self, directory: int, snapshot: Snapshot, names: Iterable[str]
    ) -> None:
        """Refuse new files behind one that FreeSWITCH takes for longer than it is."""
        for name in _odd_predecessors(snapshot, names):
            with suppress(OSError):  # FreeSWITCH skips what it cannot read
                data, _ = read_file(directory, name, follow=True)
                if swallows_next(data, self._variables().values):
                    raise StorageError(
                        f"FreeSWITCH would not see the new file: a quote or comment that is not "
                        f"closed in {name} swallows it. Mend {name} first. Nothing was changed."
                    )

    def _edited(self, old: Extension, data: bytes, changes: Mapping[str, str]) -> bytes:
        """The file with these changes, made sure that FreeSWITCH reads them and no others."""
        text, utf8 = decode(data)
        wanted = {PLACES[name]: value for name, value in changes.items()}
        # Otherwise the old password would go on being the one that counts.
        removed = HASH if "password" in changes and old.inherited.get("password") else None
        with _nothing_changed():
            new = change(text, wanted, utf8=utf8, removed=removed)
            changed = new.encode("utf-8" if utf8 else "latin-1")
            check_change(data, changed, wanted, self._variables().values, removed=removed)
        return changed


@contextmanager
def _nothing_changed() -> Iterator[None]:
    try:
        yield
    except EditFailed as error:
        raise StorageError(f"{error} Nothing was changed.") from error


def _odd_predecessors(snapshot: Snapshot, names: Iterable[str]) -> set[str]:
    """The files that FreeSWITCH reads just before the new ones, if sipapp cannot change them."""
    listed = [each for each in snapshot.listed if each.extension.enabled]
    odd = {os.fsencode(each.name): each.name for each in listed if each.extension.read_only}
    if not odd:
        return set()
    order = sorted(os.fsencode(each.name) for each in listed)
    before = (bisect_left(order, os.fsencode(name)) - 1 for name in names)
    return {odd[order[place]] for place in before if place >= 0 and order[place] in odd}


def _refuse_to_uncover(snapshot: Snapshot, listed: Listed) -> None:
    """Refuse to delete a user if FreeSWITCH would then find another one by the same id."""
    key = listed.extension.id.lower()
    for each in snapshot.listed:
        if not each.certain or each.name == listed.name or each.is_pointer:
            continue
        if each.is_wild or key in {each.extension.id.lower(), each.alias.lower()}:
            reason = (
                f"without it, FreeSWITCH would find the user of {each.name} by this id, and let "
                f"in whoever knows that one's password. Change {each.name} by hand first."
            )
            raise ReadOnlyExtension(listed.extension.id, reason)


def _refuse_taken_ids(snapshot: Snapshot, extensions: Sequence[Extension]) -> None:
    wanted: set[str] = set()
    for each in extensions:
        key = each.id.lower()
        taken = snapshot.find(key)
        if key in wanted or (taken and not taken.nameless):
            raise ExtensionExists(each.id)
        _refuse_confusion(snapshot, each.id)
        wanted.add(key)


def _refuse_confusion(snapshot: Snapshot, extension_id: str) -> None:
    """Refuse a new user that FreeSWITCH would take for another, or another for it."""
    alias = snapshot.answers.get(extension_id.lower())
    if alias:
        raise IdAnswered(extension_id, f"{alias.name} has a user with this number-alias.")
    wild = snapshot.wild
    if wild and os.fsencode(wild.name) < os.fsencode(f"{extension_id}.xml"):
        reason = f'{wild.name} has a user with type="{wild.type}", whom FreeSWITCH takes for all.'
        raise IdAnswered(extension_id, reason)


def _new_file(extension: Extension, folder: Path) -> tuple[bytes, Extension]:
    """The content of a new extension's file, and the extension as it is read back from it."""
    if not _FILE_STEM.fullmatch(extension.id):
        raise InvalidExtension([FieldError("id", "This id cannot be the name of a file.")])
    values = {name: getattr(extension, name) for name in PLACES}
    _refuse_bad_values(values)
    if not extension.password:
        raise InvalidExtension([_no_secret("password")])
    data = new_file(extension).encode()
    name = f"{extension.id}.xml"
    (entry,) = entries_of(name, str(folder / name), data)
    read = entry.extension
    if read.read_only or any(getattr(read, name) != value for name, value in values.items()):
        raise StorageError(f"{extension.id!r} cannot be written so that it can be read back.")
    return data, read


def _effective(old: Extension, changes: Mapping[str, str]) -> dict[str, str]:
    """What of ``changes`` differs from what is there; refuses to take a secret away."""
    effective = {name: value for name, value in changes.items() if getattr(old, name) != value}
    _refuse_bad_values(effective)
    empty = [name for name in SECRET_FIELDS if effective.get(name) == ""]
    if effective and not (old.has_password or "password" in effective):
        empty.append("password")
    if empty:
        raise InvalidExtension([_no_secret(name) for name in empty])
    return effective


def _no_secret(name: str) -> FieldError:
    # Without "password" FreeSWITCH lets anyone register (sofia_reg.c:3333); with an empty
    # "vm-password" it opens the mailbox.
    return FieldError(name, "This must not be empty: FreeSWITCH would let anyone in.")


def _refuse_bad_values(values: Mapping[str, str]) -> None:
    errors = []
    for name, value in values.items():
        try:
            escape(value)
        except ValueError as error:
            errors.append(FieldError(name, str(error)))
        else:
            if not survives(value):
                errors.append(FieldError(name, _NOT_CARRIED))
    if errors:
        raise InvalidExtension(errors)
