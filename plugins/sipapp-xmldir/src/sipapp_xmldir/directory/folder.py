"""Access to the directory: opened for reading, or locked for a change, with its snapshot."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from sipapp.api import ExtensionNotFound, ReadOnlyExtension, StorageUnavailable, VersionConflict
from sipapp_xmldir.directory.file_names import FileNameTaken
from sipapp_xmldir.directory.index import Index
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.files.atomic_files import exists, move_file, open_directory
from sipapp_xmldir.files.errors import unavailable
from sipapp_xmldir.files.lock import locked
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.files.versions import version_of


class Folder:
    """One directory of extensions; with ``create``, a missing one is made.

    ``variables`` gives those of FreeSWITCH, as for :class:`Index`.
    """

    def __init__(
        self, path: Path, *, create: bool, variables: Callable[[], Mapping[str, str]]
    ) -> None:
        self.path = path
        self._create = create
        self._index = Index(path, variables)
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

    def snapshot(self, directory: int) -> Snapshot:
        """A snapshot of the open directory as it is now."""
        with self._index_lock:
            return self._index.refresh(directory)

    def current(
        self, directory: int, snapshot: Snapshot, extension_id: str, version: str | None
    ) -> tuple[ListedEntry, bytes, os.stat_result]:
        """Entry, content and state of an extension's file; raises unless it may be changed."""
        listed = find(snapshot, extension_id)
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

    def refuse_taken_name(self, directory: int, name: str, new: str) -> None:
        """Refuse to give a file the name of another one."""
        if new != name and exists(directory, new):
            raise FileNameTaken(new.split(".xml", maxsplit=1)[0], self.path / new)

    def move(self, directory: int, name: str, new: str) -> None:
        """Give a file another name; raises ``FileNameTaken``."""
        try:
            move_file(directory, name, new)
        except FileExistsError:
            raise FileNameTaken(name.split(".xml", maxsplit=1)[0], self.path / new) from None


def find(snapshot: Snapshot, extension_id: str) -> ListedEntry:
    """The entry of an id.  Raises ``ExtensionNotFound``."""
    found = snapshot.find(extension_id)
    if found is None:
        raise ExtensionNotFound(extension_id)
    return found
