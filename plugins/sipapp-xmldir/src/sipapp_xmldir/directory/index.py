"""An index of the directory that reads new and changed files only."""

import os
import stat
import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from sipapp_xmldir.directory.entry import (
    Entry,
    entries_of,
    entry_without_user,
    link_entries,
    mounted_entries,
)
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot, make_snapshot, patched_snapshot
from sipapp_xmldir.files.atomic_files import DISABLED, TEMPORARY, is_same
from sipapp_xmldir.files.inotify import DirectoryWatch, is_local
from sipapp_xmldir.files.mounts import MountTable
from sipapp_xmldir.files.regular_files import kind_of, read_file

# File systems stamp times in steps of the kernel's clock, others in steps of up to two seconds
# (FAT): a file that was changed less than this before it was read may have been changed again,
# with the same stamp.
_CLOCK_STEP_NS: Final = 50_000_000
_COARSE_CLOCK_STEP_NS: Final = 2_050_000_000

# FreeSWITCH cuts lines at this length (switch_utils.c:841); no extension needs as much.
_MAX_FILE_BYTES: Final = 1 << 20

# A stat(2) of so few files is as fast as inotify.
MIN_WATCHED_FILES: Final = 32


class _File(NamedTuple):
    state: os.stat_result
    target: os.stat_result | None
    read_at: int
    listed: Sequence[ListedEntry]
    is_mounted: bool = False

    @property
    def is_watched(self) -> bool:
        """Whether inotify reports every change: not of files that are elsewhere."""
        is_here = stat.S_ISREG(self.state.st_mode) and not self.is_mounted
        return is_here and self.state.st_nlink == 1

    def is_fresh(
        self, state: os.stat_result, target: os.stat_result | None, clock_step: int
    ) -> bool:
        last = max(state.st_mtime_ns, state.st_ctime_ns)
        if target:
            last = max(last, target.st_mtime_ns, target.st_ctime_ns)
        if (target is None) is not (self.target is None):
            return False
        if target and self.target and not is_same(target, self.target):
            return False
        return is_same(state, self.state) and last < self.read_at - clock_step


class Index:
    """The index of one directory.  Not thread-safe."""

    def __init__(self, path: Path) -> None:
        self._prefix = _shown(f"{path}/")
        self._watch = DirectoryWatch()
        self._mount_table = MountTable()
        self._mounted: frozenset[str] = frozenset()
        self._clock_step = _COARSE_CLOCK_STEP_NS
        self._files: dict[str, _File] = {}
        self._disabled: dict[str, _File] = {}
        self._temporary: set[str] = set()
        self._unwatched: set[str] = set()
        self._snapshot = Snapshot((), {}, {}, None, (), {})

    def refresh(self, directory: int) -> Snapshot:
        """Read the new and changed files, and return a snapshot.

        ``directory`` is an open descriptor of the path.  Raises ``OSError`` if the
        directory cannot be listed; a file that cannot be read is an entry that says so.
        """
        reported = self._watch.changed(directory) if len(self._files) >= MIN_WATCHED_FILES else None
        mounted = self._mount_table.names(directory)
        other, self._mounted = mounted ^ self._mounted, mounted
        try:
            changed = self._changed(directory, reported, other)
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
        """Close the inotify queue, and the table of mounts."""
        self._watch.close()
        self._mount_table.close()

    def _changed(
        self, directory: int, reported: Collection[str] | None, remounted: Collection[str]
    ) -> Sequence[str]:
        """Names of new, changed and removed files.

        ``reported`` are those from inotify, ``remounted`` those that became mount points, or
        are none any more.
        """
        if reported is None:
            self._clock_step = _CLOCK_STEP_NS if is_local(directory) else _COARSE_CLOCK_STEP_NS
            return [
                name
                for name, is_file in self._all(directory)
                if (
                    self._forgets(name)
                    if is_file is None
                    else self._has_changed(
                        directory, name, is_file=is_file, reported=name in remounted
                    )
                )
            ]
        reported = {*reported, *remounted}
        return [
            name
            for name in reported | self._unwatched
            if self._has_changed(directory, name, reported=name in reported)
        ]

    def _all(self, directory: int) -> Iterable[tuple[str, bool | None]]:
        """Names of all files, and whether each is surely a regular file; ``None`` if it is gone.

        Names that are not there any more, but may come back meanwhile, are looked at as others.
        """
        names: dict[str, bool | None] = {}
        with os.scandir(directory) as found:
            names.update((each.name, each.is_file(follow_symlinks=False)) for each in found)
        lost = {*self._files, *self._disabled, *self._temporary} - names.keys()
        if lost:
            # Where case does not matter, the old name leads to the file that has a new one.
            folded = {each.lower() for each in names}
            names.update((each, None if each.lower() in folded else False) for each in lost)
        return sorted(names.items())

    def _forgets(self, name: str) -> bool:
        """Drop a file that is gone from the index, and tell whether it was there."""
        self._unwatched.discard(name)
        self._temporary.discard(name)
        files = self._files if name.endswith(".xml") else self._disabled
        return files.pop(name, None) is not None

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
            return self._forgets(name)
        (self._unwatched.discard if file.is_watched else self._unwatched.add)(name)
        files[name] = file
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
        shown = _shown(name)
        entries = entries_of(shown, self._prefix + shown, data)
        return self._made_file(name, state, None, read_at, entries)

    def _made_file(
        self,
        name: str,
        state: os.stat_result,
        target: os.stat_result | None,
        read_at: int,
        entries: Sequence[Entry],
    ) -> _File:
        is_mounted = name in self._mounted
        if is_mounted:
            entries = mounted_entries(entries, _shown(name))
        listed = _listed(name, state, entries, is_mounted=is_mounted)
        return _File(state, target, read_at, listed, is_mounted)

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
                return _File(state, None, 0, _listed(name, state, [entry]))
        if known and known.is_fresh(state, target, self._clock_step):
            return known
        read_at = time.time_ns()
        entries = self._entries(directory, name, state, target)
        return self._made_file(name, state, target, read_at, entries)

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
        entries = entries_of(_shown(name), source, data)
        return link_entries(entries, name) if target else entries

    def _source(self, name: str) -> str:
        return self._prefix + _shown(name)


def _shown(name: str) -> str:
    """A file name as text; one that is not UTF-8 cannot be opened by it."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _listed(
    name: str, state: os.stat_result, entries: Iterable[Entry], *, is_mounted: bool = False
) -> tuple[ListedEntry, ...]:
    return tuple(
        [
            ListedEntry(extension, is_read, name, state, line, type_, interacts, is_mounted)
            for extension, is_read, line, type_, interacts in entries
        ]
    )
