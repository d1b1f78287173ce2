"""An index of the directory that reads new and changed files only."""

import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from sipapp.api import fold_id
from sipapp_xmldir.directory.entry import (
    Entry,
    changed_entry,
    domain_entries_of,
    entries_of,
    entry_without_user,
    link_entries,
    mounted_entries,
)
from sipapp_xmldir.directory.remembered_place import noted_place
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot, make_snapshot, patched_snapshot
from sipapp_xmldir.emulation.tracked_files import Stamps, state_of
from sipapp_xmldir.files.atomic_files import DISABLED, TEMPORARY, is_same
from sipapp_xmldir.files.inotify import DirectoryWatch, is_local
from sipapp_xmldir.files.mounts import MountTable
from sipapp_xmldir.files.regular_files import MAX_FILE_BYTES, kind_of, read_file
from sipapp_xmldir.parse.division import Division
from sipapp_xmldir.parse.inclusions import Surroundings

# File systems stamp times in steps of the kernel's clock, others in steps of up to two seconds
# (FAT): a file that was changed less than this before it was read may have been changed again,
# with the same stamp.
_CLOCK_STEP_NS: Final = 50_000_000
_COARSE_CLOCK_STEP_NS: Final = 2_050_000_000

# A stat(2) of so few files is as fast as inotify.
MIN_WATCHED_FILES: Final = 32


class _NotRead(Exception):
    """A file is not read; the message is the reason, without the file's name."""


class _File(NamedTuple):
    state: os.stat_result
    target: os.stat_result | None
    read_at: int
    listed: Sequence[ListedEntry]
    division: Division | None
    included: Stamps
    variables: Mapping[str, str]
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
    """The index of one directory.  Not thread-safe.

    ``variables`` gives those of FreeSWITCH; the same mapping as long as they do not change.  With
    ``domain_file``, it has only the file of that name, which holds a whole domain, and the
    disabled users of that.
    """

    def __init__(
        self, path: Path, variables: Callable[[], Mapping[str, str]], domain_file: str = ""
    ) -> None:
        self._domain_file = domain_file
        self._disabled_prefix = domain_file.removesuffix("xml")
        self._path = f"{path}/"
        self._prefix = _shown(self._path)
        self._load_variables = variables
        self._variables: Mapping[str, str] = {}
        self._watch = DirectoryWatch()
        self._mount_table = MountTable()
        self._mounted: frozenset[str] = frozenset()
        self._clock_step = _COARSE_CLOCK_STEP_NS
        self._files: dict[str, _File] = {}
        self._disabled: dict[str, _File] = {}
        self._temporary: set[str] = set()
        self._unwatched: set[str] = set()
        self._depending: dict[str, _File] = {}
        self._snapshot = Snapshot((), {}, {}, None, (), {}, {})

    def refresh(self, directory: int) -> Snapshot:
        """Read the new and changed files, and return a snapshot.

        ``directory`` is an open descriptor of the path.  Raises ``OSError`` if the
        directory cannot be listed; a file that cannot be read is an entry that says so.
        """
        self._variables = self._load_variables()
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
        outdated = self._outdated() | {*remounted}
        if reported is None:
            self._clock_step = _CLOCK_STEP_NS if is_local(directory) else _COARSE_CLOCK_STEP_NS
            return [
                name
                for name, is_file in self._all(directory)
                if (
                    self._forgets(name)
                    if is_file is None
                    else self._has_changed(
                        directory, name, is_file=is_file, reported=name in outdated
                    )
                )
            ]
        outdated.update(reported)
        return [
            name
            for name in outdated | self._unwatched
            if self._has_changed(directory, name, reported=name in outdated)
        ]

    def _outdated(self) -> set[str]:
        """Names of the files with directives of which an inclusion or a variable has changed."""
        if not self._depending:
            return set()
        state = lru_cache(maxsize=None)(state_of)
        return {
            name
            for name, file in self._depending.items()
            if file.variables is not self._variables
            or any(state(path) != known for path, known in file.included.items())
        }

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
        self._depending.pop(name, None)
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
        if not self._is_indexed(name):
            return False
        known = files.get(name)
        try:
            file = self._new_file(directory, name) if is_file and not known else None
            file = file or self._file(directory, name, None if reported else known)
        except FileNotFoundError:
            return self._forgets(name)
        (self._unwatched.discard if file.is_watched else self._unwatched.add)(name)
        files[name] = file
        if file.included or any(each.interacts for each in file.listed):
            self._depending[name] = file
        else:
            self._depending.pop(name, None)
        return file is not known

    def _is_indexed(self, name: str) -> bool:
        if not self._domain_file or name == self._domain_file:
            return True
        return name.endswith(DISABLED) and name.startswith(self._disabled_prefix)

    def _entries(self, name: str, data: bytes) -> Sequence[Entry]:
        shown, source = _shown(name), self._source(name)
        if not self._domain_file:
            return self._entries_alone(name, data)
        if name == self._domain_file:
            return domain_entries_of(shown, source, data)
        place = noted_place(data)
        is_own = place is not None and place.file == self._domain_file
        return self._entries_alone(name, data) if is_own else ()

    def _entries_alone(self, name: str, data: bytes) -> Sequence[Entry]:
        around = Surroundings(self._path + name, self._variables)
        return entries_of(_shown(name), self._source(name), data, around)

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
            data, state = read_file(directory, name)
        except OSError:
            return None
        return self._made_file(self._entries(name, data), name, read_at, state)

    def _made_file(
        self,
        entries: Sequence[Entry],
        name: str,
        read_at: int,
        state: os.stat_result,
        target: os.stat_result | None = None,
    ) -> _File:
        is_mounted = name in self._mounted
        if is_mounted:
            entries = mounted_entries(entries, _shown(name))
        listed = [_listed(name, state, each, is_mounted=is_mounted) for each in entries]
        first = entries[0] if entries else None
        division = first.place.division if first and first.place else None
        included = first.included if first else {}
        return _File(
            state, target, read_at, listed, division, included, self._variables, is_mounted
        )

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
                return self._made_file([entry], name, 0, state)
        if known and known.is_fresh(state, target, self._clock_step):
            return known
        read_at = time.time_ns()
        try:
            data = self._data(directory, name, state, target)
        except _NotRead as error:
            entry = entry_without_user(name, self._source(name), str(error))
            return self._made_file([entry], name, read_at, state, target)
        patched = _patched(known, name, self._source(name), data) if known else None
        if patched and not target:
            return _restated(patched, read_at, state)
        entries = self._entries(name, data)
        if target:
            entries = link_entries(entries, name)
        return self._made_file(entries, name, read_at, state, target)

    def _data(
        self, directory: int, name: str, state: os.stat_result, target: os.stat_result | None
    ) -> bytes:
        """The content of a file.  Raises :class:`_NotRead` with the reason."""
        real = target or state
        if not stat.S_ISREG(real.st_mode):
            raise _NotRead(kind_of(real.st_mode))
        if real.st_size > MAX_FILE_BYTES:
            raise _NotRead("is larger than 4 MiB, and was not read")
        try:
            data, _ = read_file(directory, name, follow=target is not None)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _NotRead(f"cannot be read: {error.strerror}") from error
        return data

    def _source(self, name: str) -> str:
        return self._prefix + _shown(name)


def _shown(name: str) -> str:
    """A file name as text; one that is not UTF-8 cannot be opened by it."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _listed(
    name: str, state: os.stat_result, entry: Entry, *, is_mounted: bool = False
) -> ListedEntry:
    extension, is_read, line, type_, interacts, place, *_ = entry
    number = place.number if place else None
    return ListedEntry(extension, is_read, name, state, line, type_, interacts, number, is_mounted)


def _patched(known: _File, name: str, source: str, data: bytes) -> _File | None:
    """A file of several users with at most one of them read anew; ``None`` if more may differ."""
    if known.division is None or known.target:
        return None
    if data == known.division.data:
        return known
    entry = changed_entry(known.division, _shown(name), source, data)
    if entry is None or entry.place is None:
        return None
    division, number = entry.place
    old, new = known.listed[number], _listed(name, known.state, entry)
    reasons = old.extension.read_only, new.extension.read_only  # perhaps because of another user
    if any(reasons) or fold_id(old.extension.id) != fold_id(new.extension.id):
        return None
    listed = list(known.listed)
    listed[number] = new
    more = division.text(number).count(b"\n") - known.division.text(number).count(b"\n")
    if more:
        listed = [
            each._replace(line=each.line + more) if each.line and place > number else each
            for place, each in enumerate(listed)
        ]
    return known._replace(listed=listed, division=division)


def _restated(file: _File, read_at: int, state: os.stat_result) -> _File:
    """The same users in another state of the file."""
    listed = list(file.listed)
    if _rights(state) == _rights(file.state):
        # Of the others, nobody asks for more: there may be a thousand.
        listed[0] = listed[0]._replace(state=state)
    else:
        listed = [each._replace(state=state) for each in listed]
    return file._replace(state=state, target=None, read_at=read_at, listed=listed)


def _rights(state: os.stat_result) -> tuple[int, ...]:
    return state.st_mode, state.st_uid, state.st_gid, state.st_nlink
