"""Access to the directory: opened for reading, or locked for a change, with its snapshot."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from sipapp.api import (
    ExtensionNotFound,
    ReadOnlyExtension,
    StorageUnavailable,
    VersionConflict,
    has_entry,
)
from sipapp_xmldir.directory.entry import Entry, domain_entries_of, entries_of
from sipapp_xmldir.directory.file_names import FileNameTaken, stem
from sipapp_xmldir.directory.index import Index
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.files.atomic_files import move_file, open_directory, remove_file
from sipapp_xmldir.files.errors import unavailable
from sipapp_xmldir.files.lock import locked
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.files.versions import version_of
from sipapp_xmldir.parse.division import Division, Frame, Place, divide, divide_usual
from sipapp_xmldir.parse.domain_file import read_domain_file
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.xml_elements import Unreadable


class CurrentUser(NamedTuple):
    """A user that may be changed: its entry, its place in the file, and the state of that."""

    listed: ListedEntry
    place: Place
    state: os.stat_result

    @property
    def text(self) -> bytes:
        """The text of the user."""
        return self.place.division.text(self.place.number)

    @property
    def alone(self) -> bytes:
        """A file with this user alone."""
        return self.alone_with(self.text)

    @property
    def span_alone(self) -> tuple[int, int]:
        """From where to where the user's text goes in a file with it alone."""
        start = len(self._frame.before)
        return start, start + len(self.text)

    def alone_with(self, text: bytes) -> bytes:
        """A file with another text of this user alone."""
        return self._frame.before + text + self._frame.after

    def text_in(self, alone: bytes) -> bytes:
        """The user's text in a file that was made of :attr:`alone`."""
        before, after = self._frame
        return alone[len(before) : len(alone) - len(after)]

    @property
    def _frame(self) -> Frame:
        return self.place.division.frame(self.place.number)

    @property
    def is_only(self) -> bool:
        """Whether the file is its own: it has no other user."""
        return self.place.division.count == 1


class Folder:
    """One directory of extensions; with ``create``, a missing one is made.

    ``variables`` gives those of FreeSWITCH, as for :class:`Index`.  With ``domain_file``, only the
    file of that name is looked at, which has a whole domain in it.
    """

    def __init__(
        self,
        path: Path,
        *,
        create: bool,
        variables: Callable[[], Mapping[str, str]],
        domain_file: str = "",
    ) -> None:
        self._variables = variables
        self.path = path
        self.domain_file = domain_file
        self._create = create
        self._index = Index(path, variables, domain_file)
        self._index_lock = Lock()

    def close(self) -> None:
        """Close the inotify queue of the index."""
        with self._index_lock:
            self._index.close()

    @contextmanager
    def opened(self, doing: str) -> Iterator[int]:
        """An open descriptor; an ``OSError`` becomes ``StorageUnavailable`` naming ``doing``."""
        directory = open_directory(self.path, create=self._create)
        try:
            yield directory
        except OSError as error:
            raise unavailable(doing, self.path, error) from error
        finally:
            os.close(directory)

    @contextmanager
    def changing(self) -> Iterator[tuple[int, Snapshot]]:
        """The open directory and its snapshot, under the lock that all writers take."""
        with self.opened("change") as directory, locked(directory, self.path):
            self._refuse_another(directory, "Nothing was changed; try again.")
            snapshot = self.snapshot(directory)
            for name in snapshot.temporary:
                # Its writer held this lock, so it has ended.
                with suppress(OSError):
                    os.unlink(name, dir_fd=directory)
            yield directory, snapshot
            self._refuse_another(
                directory, "The change is in the directory that was there before; make it again."
            )

    def _refuse_another(self, directory: int, words: str) -> None:
        """Raise ``StorageUnavailable`` if the path leads to another directory by now."""
        if not os.path.samestat(os.fstat(directory), self.path.stat(follow_symlinks=False)):
            raise StorageUnavailable(f"Another directory is at {self.path} now. {words}")

    def entries_of(self, name: str, source: str, data: bytes) -> Sequence[Entry]:
        """The entries of a file of the directory."""
        if name == self.domain_file:
            return domain_entries_of(name, source, data)
        return self.entries_alone(name, source, data)

    def entries_alone(self, name: str, source: str, data: bytes) -> Sequence[Entry]:
        """The entry of a user of a file of that name, given by a file of the user alone.

        Users of files that it includes may follow.
        """
        return entries_of(name, source, data, self.around(name))

    def around(self, name: str) -> Surroundings:
        """What the inclusions of a file of the directory depend on."""
        return Surroundings(str(self.path / name), self._variables())

    def divide(self, name: str, data: bytes) -> Division:
        """The places of the users in a file.  Raises ``Unreadable``."""
        return (
            read_domain_file(data).division
            if name == self.domain_file
            else self.divide_alone(name, data)
        )

    def divide_alone(self, name: str, data: bytes) -> Division:
        """The place of a user in a file of it alone, for a file of that name."""
        return divide(data, self.around(name))

    def snapshot(self, directory: int) -> Snapshot:
        """A snapshot of the open directory as it is now.

        Raises ``StorageUnavailable`` if the file of the domain is not there.
        """
        with self._index_lock:
            snapshot = self._index.refresh(directory)
        if self.domain_file and not snapshot.listed:
            raise StorageUnavailable(
                f"{self.path / self.domain_file} is not there, which has the users of its domain. "
                "Put it back, or correct sipapp.storage.xmldir.directory in the ini."
            )
        return snapshot

    def current(
        self, directory: int, snapshot: Snapshot, extension_id: str, version: str | None
    ) -> CurrentUser:
        """The user of an extension, and its file as it is; raises unless it may be changed."""
        listed = find(snapshot, extension_id)
        if version is not None and version != listed.extension.version:
            raise VersionConflict(extension_id)
        if listed.extension.read_only:
            raise ReadOnlyExtension(listed.extension.id, listed.extension.read_only)
        try:
            data, state = read_file(directory, listed.name)
        except FileNotFoundError:
            raise ExtensionNotFound(extension_id) from None
        for place in self._places_in(data, listed, snapshot.divisions.get(listed.name)):
            text = place.division.text(place.number)
            if version_of(text, enabled=listed.extension.enabled) == listed.extension.version:
                return CurrentUser(listed, place, state)
        raise VersionConflict(extension_id)

    def _places_in(
        self, data: bytes, listed: ListedEntry, known: Division | None
    ) -> Iterator[Place]:
        """Where the user may stand in a content of its file, which is ``known`` if it has more."""
        number = listed.number or 0
        if known and known.data == data:
            yield Place(known, number)
            return
        if listed.name != self.domain_file:
            usual = divide_usual(data)
            if usual and number < usual.count:
                yield Place(usual, number)
        with suppress(Unreadable):
            division = self.divide(listed.name, data)
            if number < division.count:
                yield Place(division, number)

    def refuse_taken_name(self, directory: int, name: str, new: str) -> None:
        """Refuse to give a file the name of another one."""
        if new != name and has_entry(new, directory=directory, besides=name):
            raise FileNameTaken(stem(new), self.path / new)

    def remove(self, directory: int, listed: ListedEntry, state: os.stat_result) -> None:
        """Remove an extension's file; raises unless it is still as ``state`` says."""
        try:
            is_removed = remove_file(directory, listed.name, state)
        except FileNotFoundError:
            raise ExtensionNotFound(listed.extension.id) from None
        if not is_removed:
            raise VersionConflict(listed.extension.id)

    def move(self, directory: int, name: str, new: str) -> None:
        """Give a file another name; raises ``FileNameTaken``."""
        try:
            move_file(directory, name, new)
        except FileExistsError:
            raise FileNameTaken(stem(name), self.path / new) from None


def is_domain_file(path: Path) -> bool:
    """Whether a path of the settings is that of a file with a domain, and of no directory."""
    return path.suffix == ".xml" and not path.is_dir()


def find(snapshot: Snapshot, extension_id: str) -> ListedEntry:
    """The entry of an id.  Raises ``ExtensionNotFound``."""
    found = snapshot.find(extension_id)
    if found is None:
        raise ExtensionNotFound(extension_id)
    return found
