"""An index of the directory that reads new and changed files only."""

import os
import stat
import time
from collections.abc import Collection, Iterable, Sequence
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
)
from sipapp_xmldir.directory.remembered_place import noted_place
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot, make_snapshot, patched_snapshot
from sipapp_xmldir.files.atomic_files import DISABLED, TEMPORARY, is_same
from sipapp_xmldir.files.inotify import DirectoryWatch
from sipapp_xmldir.files.regular_files import MAX_FILE_BYTES, kind_of, read_file
from sipapp_xmldir.parse.division import Division

# File systems stamp times in steps of the kernel's clock: a file that was changed less than
# this before it was read may have been changed again, with the same stamp.
_CLOCK_STEP_NS: Final = 50_000_000

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

    With ``domain_file``, it has only the file of that name, which holds a whole domain, and the
    disabled users of that.
    """

    def __init__(self, path: Path, domain_file: str = "") -> None:
        self._domain_file = domain_file
        self._disabled_prefix = domain_file.removesuffix("xml")
        self._prefix = _shown(f"{path}/")
        self._watch = DirectoryWatch()
        self._files: dict[str, _File] = {}
        self._disabled: dict[str, _File] = {}
        self._temporary: set[str] = set()
        self._unwatched: set[str] = set()
        self._snapshot = Snapshot((), {}, {}, None, (), {}, {})

    def refresh(self, directory: int) -> Snapshot:
        """Read the new and changed files, and return a snapshot.

        ``directory`` is an open descriptor of the path.  Raises ``OSError`` if the
        directory cannot be listed; a file that cannot be read is an entry that says so.
        """
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
        if reported is None:
            return [
                name
                for name, is_file in self._all(directory)
                if self._has_changed(directory, name, is_file=is_file)
            ]
        return [
            name
            for name in {*reported, *self._unwatched}
            if self._has_changed(directory, name, reported=name in reported)
        ]

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
        if not self._is_indexed(name):
            return False
        known = files.get(name)
        try:
            file = self._new_file(directory, name) if is_file and not known else None
            file = file or self._file(directory, name, None if reported else known)
        except FileNotFoundError:
            self._unwatched.discard(name)
            return files.pop(name, None) is not None
        (self._unwatched.discard if file.is_watched else self._unwatched.add)(name)
        files[name] = file
        return file is not known

    def _is_indexed(self, name: str) -> bool:
        if not self._domain_file or name == self._domain_file:
            return True
        return name.endswith(DISABLED) and name.startswith(self._disabled_prefix)

    def _entries(self, name: str, data: bytes) -> Sequence[Entry]:
        shown, source = _shown(name), self._source(name)
        if not self._domain_file:
            return entries_of(shown, source, data)
        if name == self._domain_file:
            return domain_entries_of(shown, source, data)
        place = noted_place(data)
        is_own = place is not None and place.file == self._domain_file
        return entries_of(shown, source, data) if is_own else ()

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
        return _file_of(self._entries(name, data), name, read_at, state)

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
                return _file_of([entry], name, 0, state)
        if known and known.is_fresh(state, target):
            return known
        read_at = time.time_ns()
        try:
            data = self._data(directory, name, state, target)
        except _NotRead as error:
            entry = entry_without_user(name, self._source(name), str(error))
            return _file_of([entry], name, read_at, state, target)
        patched = _patched(known, name, self._source(name), data) if known else None
        if patched and not target:
            return _restated(patched, read_at, state)
        entries = self._entries(name, data)
        if target:
            entries = link_entries(entries, name)
        return _file_of(entries, name, read_at, state, target)

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


def _file_of(
    entries: Sequence[Entry],
    name: str,
    read_at: int,
    state: os.stat_result,
    target: os.stat_result | None = None,
) -> _File:
    listed = [_listed(name, state, each) for each in entries]
    place = entries[0].place if entries else None
    return _File(state, target, read_at, listed, place.division if place else None)


def _listed(name: str, state: os.stat_result, entry: Entry) -> ListedEntry:
    extension, is_read, line, type_, interacts, place = entry
    number = place.number if place else None
    return ListedEntry(extension, is_read, name, state, line, type_, interacts, number)


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
    return _File(state, None, read_at, listed, file.division)


def _rights(state: os.stat_result) -> tuple[int, ...]:
    return state.st_mode, state.st_uid, state.st_gid, state.st_nlink
