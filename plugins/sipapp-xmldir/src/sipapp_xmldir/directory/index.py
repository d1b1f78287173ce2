"""An index of the directory that reads new and changed files only."""

import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from sipapp_xmldir.directory.entry import Entry, entries_of, entry_without_user, link_entries
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot, make_snapshot, patched_snapshot
from sipapp_xmldir.emulation.tracked_files import Stamps, state_of
from sipapp_xmldir.files.atomic_files import DISABLED, TEMPORARY, is_same
from sipapp_xmldir.files.inotify import DirectoryWatch
from sipapp_xmldir.files.regular_files import kind_of, read_file
from sipapp_xmldir.parse.inclusions import Surroundings

# File systems stamp times in steps of the kernel's clock: a file that was changed less than
# this before it was read may have been changed again, with the same stamp.
_CLOCK_STEP_NS: Final = 50_000_000

# FreeSWITCH cuts lines at this length (switch_utils.c:841); no extension needs as much.
_MAX_FILE_BYTES: Final = 1 << 20

# A stat(2) of so few files is as fast as inotify.
MIN_WATCHED_FILES: Final = 32


class _File(NamedTuple):
    state: os.stat_result
    target: os.stat_result | None
    read_at: int
    listed: Sequence[ListedEntry]
    included: Stamps
    variables: Mapping[str, str]

    @property
    def is_watched(self) -> bool:
        """Whether inotify reports every change: not for links that lead elsewhere."""
        return stat.S_ISREG(self.state.st_mode) and self.state.st_nlink == 1

    def is_fresh(self, state: os.stat_result, target: os.stat_result | None) -> bool:
        last = max(state.st_mtime_ns, state.st_ctime_ns)
        if target:
            last = max(last, target.st_mtime_ns, target.st_ctime_ns)
        if (target is None) is not (self.target is None):
            return False
        if target and self.target and not is_same(target, self.target):
            return False
        return is_same(state, self.state) and last < self.read_at - _CLOCK_STEP_NS


class Index:
    """The index of one directory.  Not thread-safe.

    ``variables`` gives those of FreeSWITCH; the same mapping as long as they do not change.
    """

    def __init__(self, path: Path, variables: Callable[[], Mapping[str, str]]) -> None:
        self._path = f"{path}/"
        self._prefix = _shown(self._path)
        self._load_variables = variables
        self._variables: Mapping[str, str] = {}
        self._watch = DirectoryWatch()
        self._files: dict[str, _File] = {}
        self._disabled: dict[str, _File] = {}
        self._temporary: set[str] = set()
        self._unwatched: set[str] = set()
        self._depending: dict[str, _File] = {}
        self._snapshot = Snapshot((), {}, {}, None, (), {})

    def refresh(self, directory: int) -> Snapshot:
        """Read the new and changed files, and return a snapshot.

        ``directory`` is an open descriptor of the path.  Raises ``OSError`` if the
        directory cannot be listed; a file that cannot be read is an entry that says so.
        """
        self._variables = self._load_variables()
        reported = self._watch.changed(directory) if len(self._files) >= MIN_WATCHED_FILES else None
        try:
            changed = self._changed(directory, reported)
        except BaseException:
            # The events are read from the queue: start over with a full scan.
            self._watch.close()
            raise
        if changed:
            self._snapshot = self._new_snapshot(changed)
        return self._snapshot

    def _new_snapshot(self, changed: Sequence[str]) -> Snapshot:
        patched = patched_snapshot(self._snapshot, self._files, changed)
        return patched or make_snapshot(self._files, self._temporary, self._disabled)

    def close(self) -> None:
        """Close the inotify queue."""
        self._watch.close()

    def _changed(self, directory: int, reported: Collection[str] | None) -> Sequence[str]:
        """Names of new, changed and removed files; ``reported`` are those from inotify."""
        outdated = self._outdated()
        if reported is None:
            return [
                name
                for name, is_file in self._all(directory)
                if self._has_changed(directory, name, reported=name in outdated, is_file=is_file)
            ]
        outdated.update(reported)
        return [
            name
            for name in {*outdated, *self._unwatched}
            if self._has_changed(directory, name, reported=name in outdated)
        ]

    def _outdated(self) -> set[str]:
        """Names of the files with directives of which an inclusion or a variable has changed."""
        state = lru_cache(maxsize=None)(state_of)
        return {
            name
            for name, file in self._depending.items()
            if file.variables is not self._variables
            or any(state(path) != known for path, known in file.included.items())
        }

    def _all(self, directory: int) -> Iterable[tuple[str, bool]]:
        """Names of all files, also of removed ones, and whether each is surely a regular file."""
        names = dict.fromkeys([*self._files, *self._disabled, *self._temporary], False)
        with os.scandir(directory) as found:
            names.update((each.name, each.is_file(follow_symlinks=False)) for each in found)
        return sorted(names.items())

    def _has_changed(
        self, directory: int, name: str, *, reported: bool = False, is_file: bool = False
    ) -> bool:
        """Index a file, and tell whether it has changed; ``reported`` overrides its timestamps."""
        # As glob("*.xml") of switch_xml.c:1393 does: no dot files, case matters.
        files = self._files if name.endswith(".xml") else self._disabled
        if name.startswith(".") or not name.endswith((".xml", DISABLED)):
            return self._temporary_has_changed(directory, name)
        known = files.get(name)
        try:
            file = self._new_file(directory, name) if is_file and not known else None
            file = file or self._file(directory, name, None if reported else known)
        except FileNotFoundError:
            self._unwatched.discard(name)
            self._depending.pop(name, None)
            return files.pop(name, None) is not None
        (self._unwatched.discard if file.is_watched else self._unwatched.add)(name)
        files[name] = file
        if file.included or any(each.interacts for each in file.listed):
            self._depending[name] = file
        else:
            self._depending.pop(name, None)
        return file is not known

    def _temporary_has_changed(self, directory: int, name: str) -> bool:
        if not TEMPORARY.fullmatch(name):
            return False
        before = name in self._temporary
        try:
            os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            self._temporary.discard(name)
        else:
            self._temporary.add(name)
        return before is not (name in self._temporary)

    def _new_file(self, directory: int, name: str) -> _File | None:
        """Index a new file without a stat(2) first; ``None`` if it is no readable regular file."""
        read_at = time.time_ns()
        try:
            data, state = read_file(directory, name, limit=_MAX_FILE_BYTES)
        except OSError:
            return None
        return self._made(name, state, None, read_at, self._read_entries(name, data))

    def _made(
        self,
        name: str,
        state: os.stat_result,
        target: os.stat_result | None,
        read_at: int,
        entries: Sequence[Entry],
    ) -> _File:
        listed = _listed(name, state, entries)
        return _File(state, target, read_at, listed, entries[0].included, self._variables)

    def _read_entries(self, name: str, data: bytes) -> tuple[Entry, ...]:
        around = Surroundings(self._path + name, self._variables)
        return entries_of(_shown(name), self._source(name), data, around)

    def _file(self, directory: int, name: str, known: _File | None) -> _File:
        state = os.stat(name, dir_fd=directory, follow_symlinks=False)
        target = None
        if stat.S_ISLNK(state.st_mode):
            try:
                target = os.stat(name, dir_fd=directory)
            except OSError:
                entry = entry_without_user(
                    name, self._source(name), "is a symbolic link that leads nowhere"
                )
                return self._made(name, state, None, 0, [entry])
        if known and known.is_fresh(state, target):
            return known
        read_at = time.time_ns()
        entries = self._entries(directory, name, state, target)
        return self._made(name, state, target, read_at, entries)

    def _entries(
        self, directory: int, name: str, state: os.stat_result, target: os.stat_result | None
    ) -> tuple[Entry, ...]:
        source = self._source(name)
        real = target or state
        if not stat.S_ISREG(real.st_mode):
            return (entry_without_user(name, source, kind_of(real.st_mode)),)
        if real.st_size > _MAX_FILE_BYTES:
            return (entry_without_user(name, source, "is larger than 1 MiB, and was not read"),)
        try:
            data, _ = read_file(directory, name, follow=target is not None)
        except FileNotFoundError:
            raise
        except OSError as error:
            return (entry_without_user(name, source, f"cannot be read: {error.strerror}"),)
        entries = self._read_entries(name, data)
        return link_entries(entries, name) if target else entries

    def _source(self, name: str) -> str:
        return self._prefix + _shown(name)


def _shown(name: str) -> str:
    """A file name as text; one that is not UTF-8 cannot be opened by it."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _listed(name: str, state: os.stat_result, entries: Iterable[Entry]) -> tuple[ListedEntry, ...]:
    return tuple(
        [
            ListedEntry(extension, is_read, name, state, line, type_, interacts)
            for extension, is_read, line, type_, interacts, *_ in entries
        ]
    )
