"""The writing half of the storage: each method makes one change, under the directory's lock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sipapp.api import (
    Extension,
    ExtensionNotFound,
    ReadOnlyExtension,
    StorageUnavailable,
    VersionConflict,
    fold_id,
)
from sipapp_xmldir.change import Change, Target, disabled_name
from sipapp_xmldir.directory.arrival import Arrival
from sipapp_xmldir.directory.entry import as_disabled
from sipapp_xmldir.directory.file_names import (
    FileNameTaken,
    check_rename,
    is_named_after,
    renamed_file,
)
from sipapp_xmldir.directory.folder import CurrentUser, Folder
from sipapp_xmldir.directory.id_conflicts import arrivals_of
from sipapp_xmldir.directory.remembered_place import (
    RememberedPlace,
    noted_place,
    with_note,
    without_note,
)
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.files.account import Account
from sipapp_xmldir.files.atomic_files import DISABLED, create_files
from sipapp_xmldir.files.backup import FileBackup, read_attributes
from sipapp_xmldir.files.ownership import Ownership
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.outside import OutsideUsers
from sipapp_xmldir.parse.division import Division, divide
from sipapp_xmldir.parse.other_values import NO_OTHERS, OtherChanges, other_values
from sipapp_xmldir.write.contents import (
    changed_values,
    edited_content,
    new_content,
    translated_edit_errors,
)
from sipapp_xmldir.write.verification import check_new

OWN_FILE: Final = "own-file"
"""The value of the option new_users with which each new user gets a file of its own."""

# How often a file is read again that has changed since the directory was looked at.
_MAX_READS: Final = 5


class Writer:
    """Changes of one directory.

    ``variables`` gives those of ``vars.xml``, ``readers`` the accounts that have to read new
    files of an open directory.  ``outside`` are users of the domain who are in none of its files.
    With ``shared_file``, new users go to the end of the file of that name, which stays when its
    last user goes.
    """

    def __init__(
        self,
        folder: Folder,
        *,
        variables: Callable[[], Variables],
        readers: Callable[[int], Sequence[Account]],
        outside: OutsideUsers,
        shared_file: str = "",
    ) -> None:
        self._folder = folder
        self._variables = variables
        self._readers = readers
        self._outside = outside
        self._shared_file = shared_file

    def create_many(self, extensions: Sequence[Extension]) -> Sequence[Extension]:
        """Add extensions, all or none."""
        made = [(f"{each.id}.xml", *new_content(each, self._folder.path)) for each in extensions]
        with self._changing() as change:
            if self._shared_file:
                return self._added_to_shared_file(change, extensions)
            coming = {name: data for name, data, _ in made}
            arrivals = [
                user
                for name, data, _ in made
                for user in arrivals_of(name, self._folder.entries_alone(name, name, data))
            ]
            change.check(arrivals, coming)
            pairs = zip(made, extensions, strict=True)
            new = {name: (data, extension) for (name, data, _), extension in pairs}
            with translated_edit_errors():
                check_new(new, change.variables.values)
            plain = (each for each in change.snapshot.listed if not each.extension.read_only)
            like = next((each.state for each in plain), None)
            try:
                create_files(change.directory, coming, like, change.readers)
            except FileExistsError as error:
                name = str(error.filename2)
                raise FileNameTaken(name.removesuffix(".xml"), self._folder.path / name) from None
        return [extension for _, _, extension in made]

    def _added_to_shared_file(
        self, change: Change, extensions: Sequence[Extension]
    ) -> Sequence[Extension]:
        """Put new users behind the last of the shared file, in the manner of that."""
        name = self._shared_file
        opened = change.opened(name)
        if opened is None:
            raise StorageUnavailable(self.missing_file())
        new, first = opened.division, opened.division.last + 1
        with translated_edit_errors():
            for extension in extensions:
                new = change.added(new, extension)
            texts = [new.alone(first + number) for number in range(len(extensions))]
            made = zip(texts, extensions, strict=True)
            check_new(
                {f"{each.id}.xml": (text, each) for text, each in made}, change.variables.values
            )
        arrivals = [
            Arrival(name, number - 0.5, number, self._folder.entries_alone(name, name, text)[0])
            for number, text in enumerate(texts, first)
        ]
        change.check(arrivals, {name: new.data})
        change.write_shared(name, new.data, opened.state)
        return [self.extension(name, text) for text in texts]

    def update(
        self, extension_id: str, changes: Mapping[str, str], version: str | None
    ) -> Extension:
        """Change fields of an extension in its place."""
        with self._changing() as change:
            user = self._current(change, extension_id, version)
            changes = changed_values(user.listed.extension, changes)
            if not changes:
                return user.listed.extension
            return self._edited(change, user, changes)

    def rename(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        version: str | None,
        *,
        others: Mapping[str, str],
    ) -> Extension:
        """Give an extension another id; a file of its own that was named after it goes along.

        ``others`` are new values by the names of :func:`other_values`.
        """
        with self._changing() as change:
            user = self._current(change, extension_id, version)
            changes = changed_values(user.listed.extension, changes)
            check_rename(user.listed, new_id, changes)
            around = self._folder.around(user.listed.name)
            if not others.keys() <= other_values(user.alone, extension_id, around).keys():
                raise VersionConflict(extension_id)
            return self._edited(change, user, changes, new_id, OtherChanges.of(others))

    def _edited(
        self,
        change: Change,
        user: CurrentUser,
        changes: Mapping[str, str],
        new_id: str | None = None,
        others: OtherChanges = NO_OTHERS,
    ) -> Extension:
        listed, around = user.listed, self._folder.around(user.listed.name)
        alone = edited_content(
            listed.extension, user.alone, changes, around, new_id=new_id, others=others
        )
        new = change.with_text(user, user.text_in(alone))
        name = listed.name
        if new_id and change.has_own_file(user):
            name = renamed_file(listed, new_id)
        arrival = change.arrival(user, alone, name)
        change.check([arrival], {name: new.data}, listed)
        self._folder.refuse_taken_name(change.directory, listed.name, name)
        change.replace(user, new, arrival.entry)
        if name != listed.name:
            self._folder.move(change.directory, listed.name, name)
        return self.extension(name, alone)

    def delete(self, extension_id: str, version: str | None) -> None:
        """Remove an extension: its file, or its text in a file of others."""
        with self._changing() as change:
            user = self._current(change, extension_id, version)
            self._delete(change, user)

    def _delete(self, change: Change, user: CurrentUser) -> None:
        left = change.contents_without(user)
        change.check([], left, user.listed)
        change.remove_leftover(user.listed)
        change.remove(user, left)

    def set_enabled(self, extension_id: str, version: str | None, *, enabled: bool) -> Extension:
        """Take an extension out of FreeSWITCH's sight, or put it back to its place."""
        with self._changing() as change:
            user = self._current(change, extension_id, version)
            listed, alone = user.listed, user.alone
            if listed.extension.enabled is enabled:
                return listed.extension
            place = noted_place(alone) if enabled else change.remembered(user)
            if place is None and change.has_own_file(user):
                end = (DISABLED, ".xml") if enabled else (".xml", DISABLED)
                name = f"{listed.name.removesuffix(end[0])}{end[1]}"
                entries = self._folder.entries_alone(name, name, alone)
                change.check(arrivals_of(name, entries), {name: alone}, listed)
                self._folder.move(change.directory, listed.name, name)
                return self.extension(name, alone)
            if place is None:
                # One of several in a file that was disabled by hand.
                target = change.own_file(f"{listed.extension.id}.xml", alone)
            elif enabled:
                target = change.target(place, user.text, without_note(alone))
            else:
                noted = with_note(alone, place, user.place.division.line_end)
                target = change.own_file(disabled_name(listed), noted)
            self._move(change, user, target)
        return self.extension(target.name, alone)

    def _move(self, change: Change, user: CurrentUser, target: Target) -> None:
        left = change.contents_without(user)
        change.check(target.arrivals, {**left, target.name: target.data}, user.listed)
        change.move(user, target, left)

    def snapshot_many(self, extension_ids: Sequence[str]) -> "Sequence[FileBackup | None]":
        """Backups of extensions for an undo; ``None`` for what cannot be changed."""
        with self._folder.opened("read") as directory:
            change = self._change(directory, self._folder.snapshot(directory))
            return [self._backup(change, each) for each in extension_ids]

    def _backup(self, change: Change, extension_id: str) -> FileBackup | None:
        for _ in range(_MAX_READS):
            with suppress(VersionConflict):
                return self._backup_now(change, extension_id)
            # Another program has changed it since the directory was looked at.
            change = self._change(change.directory, self._folder.snapshot(change.directory))
        raise VersionConflict(extension_id)

    def _backup_now(self, change: Change, extension_id: str) -> FileBackup | None:
        listed = change.snapshot.find(extension_id)
        if listed is None or listed.extension.read_only:
            return None  # there is nothing, or nothing that could be changed
        try:
            user = self._folder.current(change.directory, change.snapshot, extension_id, None)
            attributes = read_attributes(change.directory, listed.name)
        except (ExtensionNotFound, FileNotFoundError):
            return None
        place, snapshot = change.remembered(user), change.snapshot
        return FileBackup(
            listed.name,
            user.alone,
            Ownership.of(user.state),
            attributes,
            None if place is None and is_named_after(listed) else user.span_alone,
            place.pack() if place else None,
            lambda: snapshot.versions,
        )

    def restore(self, extension_id: str, kept: FileBackup | None, version: str | None) -> None:
        """Make an extension what it was when it was backed up; the others of its file stay."""
        with self._changing() as change:
            if version is None and kept:
                self._restore_deleted(change, extension_id, kept)
                return
            user = self._current(change, extension_id, version)
            if kept is None:
                self._delete(change, user)
            elif kept.name == user.listed.name:
                self._restore_text(change, user, kept)
            else:
                self._restore_place(change, user, kept)

    def _restore_deleted(self, change: Change, extension_id: str, kept: FileBackup) -> None:
        target = _target(change, kept, RememberedPlace.unpack(kept.place))
        self._check_restored(change, kept, target.arrivals, {target.name: target.data})
        try:
            change.put(target, kept.ownership, kept.attributes)
        except FileNameTaken:
            raise FileNameTaken(extension_id, self._folder.path / kept.name) from None

    def _restore_text(self, change: Change, user: CurrentUser, kept: FileBackup) -> None:
        alone, new = self._with_kept(change, user, kept)
        arrival = change.arrival(user, alone, kept.name)
        self._check_restored(change, kept, [arrival], {kept.name: new.data}, user.listed)
        if new.data != user.place.division.data:
            change.replace(user, new, arrival.entry)

    def _with_kept(
        self, change: Change, user: CurrentUser, kept: FileBackup
    ) -> tuple[bytes, Division]:
        """A file of the user alone as it was kept, and its file with that."""
        if kept.span is None and change.has_own_file(user):
            return kept.data, self._folder.divide_alone(kept.name, kept.data)
        return user.alone_with(text_of(kept)), change.with_text(user, text_of(kept))

    def _restore_place(self, change: Change, user: CurrentUser, kept: FileBackup) -> None:
        """Back to another file, after a move or a renaming."""
        place = RememberedPlace.unpack(kept.place)
        if place is None and change.has_own_file(user):
            data, new = self._with_kept(change, user, kept)
            arrivals = arrivals_of(
                kept.name, self._folder.entries_alone(kept.name, kept.name, data)
            )
            self._check_restored(change, kept, arrivals, {kept.name: data}, user.listed)
            self._folder.refuse_taken_name(change.directory, user.listed.name, kept.name)
            if data != user.place.division.data:
                change.replace(user, new, arrivals[0].entry)
            self._folder.move(change.directory, user.listed.name, kept.name)
            return
        target = _target(change, kept, place)
        left = change.contents_without(user)
        contents = {**left, target.name: target.data}
        self._check_restored(change, kept, target.arrivals, contents, user.listed)
        change.move(user, target, left)

    def _check_restored(
        self,
        change: Change,
        kept: FileBackup,
        arrivals: Sequence[Arrival],
        contents: Mapping[str, bytes],
        removed: ListedEntry | None = None,
    ) -> None:
        """Check the ids of a user that comes back, unless all others are as they were.

        A change that a switch refused is taken back thus, whatever stands in other files.
        """
        before, after = {(kept.name, ""), *_keys(self._folder, kept)}, {(kept.name, "")}
        if removed:
            after.add((removed.name, fold_id(removed.extension.id)))
            after.add((removed.name, ""))
            before.add((removed.name, ""))
        then = {each for each in kept.all_versions() if each[:2] not in before}
        if then != {each for each in change.snapshot.versions if each[:2] not in after}:
            change.check(arrivals, contents, removed)

    def extension(self, name: str, alone: bytes) -> Extension:
        """The extension that a file of that name holds alone."""
        entry, *_ = self._folder.entries_alone(name, str(self._folder.path / name), alone)
        return as_disabled(entry.extension) if name.endswith(DISABLED) else entry.extension

    def missing_file(self) -> str:
        """The sentence for a shared file that is not there."""
        return missing_file(self._shared_file, self._folder.path)

    @contextmanager
    def _changing(self) -> Iterator[Change]:
        with self._folder.changing() as (directory, snapshot):
            yield self._change(directory, snapshot)

    def _change(self, directory: int, snapshot: Snapshot) -> Change:
        return Change(
            self._folder,
            directory,
            snapshot,
            self._variables(),
            self._readers,
            self._shared_file,
            self._outside,
        )

    def _current(self, change: Change, extension_id: str, version: str | None) -> CurrentUser:
        if change.snapshot.find(extension_id) is None:
            outside = self._outside.find(extension_id)
            if outside:
                raise ReadOnlyExtension(outside.id, outside.read_only)
        return self._folder.current(change.directory, change.snapshot, extension_id, version)


def _keys(folder: Folder, kept: FileBackup) -> Iterator[tuple[str, str]]:
    """The file and folded id of the user in a backup, as in ``Snapshot.versions``."""
    for each in folder.entries_alone(kept.name, kept.name, kept.data):
        yield kept.name, fold_id(each.extension.id)


def _target(change: Change, kept: FileBackup, place: RememberedPlace | None) -> Target:
    """Where the user of a backup goes: to the place it had among others, or to its own file."""
    if place is None:
        return change.own_file(kept.name, kept.data)
    return change.target(place, text_of(kept), kept.data)


def text_of(kept: FileBackup) -> bytes:
    """The text of the user in a backup."""
    if kept.span is None:
        return divide(kept.data).text(0)
    start, end = kept.span
    return kept.data[start:end]


def missing_file(name: str, folder: Path) -> str:
    """The sentence for a file of new users that is not there."""
    return (
        f"Setting sipapp.storage.xmldir.new_users: there is no file {name} in {folder}. Make it, "
        "with <include> and </include> on lines of their own, or correct the setting."
    )
