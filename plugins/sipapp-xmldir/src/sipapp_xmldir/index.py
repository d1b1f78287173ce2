"""What the directory holds, without reading again what has not changed."""

import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sipapp.api import Extension
from sipapp_xmldir.entries import Entry, entries_of, link_entries, odd_entry
from sipapp_xmldir.files import TEMPORARY, is_same, read_file

# File systems stamp times in steps of the kernel's clock: a file that was changed less than
# this before it was read may have been changed again, with the same stamp.
_CLOCK_STEP_NS: Final = 50_000_000

# FreeSWITCH cuts lines at this length (switch_utils.c:841); no extension needs as much.
_MAX_SIZE: Final = 1 << 20

_KINDS: Final = {
    stat.S_IFDIR: "is a directory",
    stat.S_IFIFO: "is a named pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}


@dataclass(frozen=True)
class Listed:
    """One entry of the list, and the file and state that it was read from."""

    extension: Extension
    certain: bool
    name: str
    state: os.stat_result

    @property
    def nameless(self) -> bool:
        """Whether the file's name stands for an id that is not there."""
        return not self.certain and self.extension.id == self.name


@dataclass(frozen=True)
class Snapshot:
    """The directory at one moment.

    ``by_id`` has lower-case ids; of several users with one id it has the one that
    FreeSWITCH finds.  ``temporary`` names what killed writers have left.
    """

    listed: tuple[Listed, ...]
    by_id: Mapping[str, Listed]
    temporary: tuple[str, ...]

    @property
    def extensions(self) -> list[Extension]:
        """All entries, in FreeSWITCH's order."""
        return [each.extension for each in self.listed]


@dataclass(frozen=True)
class _File:
    state: os.stat_result
    target: os.stat_result | None
    read_at: int
    entries: tuple[Entry, ...]

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
    """The files of one directory.  Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, _File] = {}
        self._snapshot: Snapshot | None = None

    def refresh(self, directory: int) -> Snapshot:
        """Look at every file's state, and read the new and changed ones.

        ``directory`` is an open descriptor of the path.  Raises ``OSError`` if the
        directory cannot be listed; a file that cannot be read is an entry that says so.
        """
        files: dict[str, _File] = {}
        temporary: list[str] = []
        changed = False
        with os.scandir(directory) as found:
            for each in found:
                if TEMPORARY.fullmatch(each.name):
                    temporary.append(each.name)
                # As glob("*.xml") of switch_xml.c:1393 does: no dot files, case matters.
                if not each.name.endswith(".xml") or each.name.startswith("."):
                    continue
                try:
                    file = self._file(directory, each)
                except FileNotFoundError:
                    continue
                changed = changed or file is not self._files.get(each.name)
                files[each.name] = file
        if changed or self._snapshot is None or len(files) != len(self._files):
            self._files = files
            self._snapshot = _snapshot(files, ())
        if self._snapshot.temporary != tuple(temporary):
            self._snapshot = replace(self._snapshot, temporary=tuple(temporary))
        return self._snapshot

    def _file(self, directory: int, found: "os.DirEntry[str]") -> _File:
        state = found.stat(follow_symlinks=False)
        target = None
        if stat.S_ISLNK(state.st_mode):
            try:
                target = found.stat()
            except OSError:
                source = self._source(found.name)
                entry = odd_entry(found.name, source, "is a symbolic link that leads nowhere")
                return _File(state, None, 0, (entry,))
        known = self._files.get(found.name)
        if known and known.is_fresh(state, target):
            return known
        read_at = time.time_ns()
        return _File(state, target, read_at, self._entries(directory, found.name, state, target))

    def _entries(
        self, directory: int, name: str, state: os.stat_result, target: os.stat_result | None
    ) -> tuple[Entry, ...]:
        source = self._source(name)
        real = target or state
        kind = _KINDS.get(stat.S_IFMT(real.st_mode))
        if kind:
            return (odd_entry(name, source, kind),)
        if real.st_size > _MAX_SIZE:
            return (odd_entry(name, source, "is larger than 1 MiB, and was not read"),)
        try:
            data, _ = read_file(directory, name, follow=target is not None)
        except FileNotFoundError:
            raise
        except OSError as error:
            return (odd_entry(name, source, f"cannot be read: {error.strerror}"),)
        entries = entries_of(_shown(name), source, data)
        return link_entries(entries, name) if target else entries

    def _source(self, name: str) -> str:
        return _shown(str(self._path / name))


def _shown(name: str) -> str:
    """A file name that is not UTF-8 can be shown, but not opened by what is shown."""
    return os.fsencode(name).decode("utf-8", "replace")


def _snapshot(files: Mapping[str, _File], temporary: tuple[str, ...]) -> Snapshot:
    listed: list[Listed] = []
    by_id: dict[str, Listed] = {}
    for each in _in_order(files):
        key = each.extension.id.lower()
        first = by_id.setdefault(key, each) if each.certain else each
        listed.append(each if first is each else _shadowed(each, first.name))
    for each in listed:
        by_id.setdefault(each.extension.id.lower(), each)
    return Snapshot(tuple(listed), by_id, temporary)


def _shadowed(listed: Listed, first: str) -> Listed:
    reason = f"{listed.name} is shadowed by {first}, which has the same id and comes first."
    return replace(listed, extension=replace(listed.extension, read_only=reason))


def _in_order(files: Mapping[str, _File]) -> Iterator[Listed]:
    # glob(3) sorts by bytes, as FreeSWITCH never calls setlocale; the first user of an id wins.
    for name in sorted(files, key=os.fsencode):
        for extension, certain in files[name].entries:
            yield Listed(extension, certain, name, files[name].state)
