"""Reads, and removes, the files in which earlier versions kept a history.

JSON lines in ``history.jsonl`` and ``history-NUMBER.jsonl``; in ``before`` a file for each entry
with the snapshot for its undo, passwords included; and the ``key`` of their digests.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sipapp.history.entry import Entry

CURRENT: Final = "history.jsonl"
SNAPSHOTS: Final = "before"
KEY: Final = "key"
LOCK: Final = ".lock"
OLD_FILES: Final = (CURRENT, SNAPSHOTS, KEY, LOCK)
UNREADABLE: Final = ".unreadable"
"""Suffix of a file of lines that has lines which are no entries."""


class OldFiles:
    """The files of an earlier version in a directory.  Methods raise ``OSError``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._unreadable: dict[Path, int] = {}

    def exist(self) -> bool:
        """Whether there is something to import, or left over from an import."""
        return bool(self._line_files()) or (self._directory / SNAPSHOTS).is_dir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other servers out: those that import too, and those of the earlier version."""
        path = self._directory / LOCK
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, path)
            yield
        finally:
            os.close(descriptor)

    def key(self) -> bytes | None:
        """The key of the digests."""
        try:
            return (self._directory / KEY).read_bytes()
        except FileNotFoundError:
            return None

    def entries(self) -> Iterator[tuple[Entry, bytes | None]]:
        """Entries in the order of their lines, each with its snapshot."""
        for path in self._line_files():
            for line in path.read_bytes().splitlines():
                try:
                    entry = Entry.from_json(line.decode("utf-8", "replace"))
                except ValueError:
                    self._unreadable[path] = self._unreadable.get(path, 0) + 1
                else:
                    yield entry, self._snapshot(entry.id)

    def remove(self) -> Sequence[str]:
        """Remove what :meth:`entries` read; returns what was kept and why, in sentences.

        Snapshots go first, because passwords are in them, those without an entry too.  A file
        with lines that are no entries is renamed and kept.
        """
        with suppress(FileNotFoundError):
            shutil.rmtree(self._directory / SNAPSHOTS)
        for name in (KEY, LOCK):
            (self._directory / name).unlink(missing_ok=True)
        kept = []
        for path in self._line_files():
            if path in self._unreadable:
                renamed = path.rename(path.with_name(f"{path.name}{UNREADABLE}"))
                kept.append(f"{self._unreadable[path]} lines could not be read: {renamed}.")
            else:
                path.unlink()
        return kept

    def _line_files(self) -> Sequence[Path]:
        rotated = sorted(self._directory.glob("history-*.jsonl"), key=_number)
        current = self._directory / CURRENT
        return [*rotated, current] if current.exists() else rotated

    def _snapshot(self, entry_id: str) -> bytes | None:
        try:
            return (self._directory / SNAPSHOTS / entry_id).read_bytes()
        except FileNotFoundError:
            return None


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        words = "another process is importing, or writing, the history of an earlier version"
        raise OSError(errno.EBUSY, words, str(path)) from None


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("history-")
    return int(digits) if digits.isdigit() else 0
