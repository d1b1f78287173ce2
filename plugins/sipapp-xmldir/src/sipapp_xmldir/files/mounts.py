"""Files of a directory that something is mounted on, such as one file given to a container.

The kernel lets nobody rename, replace or remove a mount point (EBUSY), in no way that leaves the
old content or the new one after a crash.
"""

import os
import re
import select
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
DESCRIPTORS: Final = Path("/proc/self/fd")

_ESCAPED: Final = re.compile(rb"\\([0-7]{3})")
_MOUNT_POINT: Final = 4  # proc(5): the fifth word of a line


class MountTable:
    """Names in one directory that are mount points.  Not thread-safe."""

    def __init__(self) -> None:
        self._close: Callable[[], object] = _nothing
        self._descriptor: int | None = None
        self._changes = select.poll()
        self._read_for: tuple[int, str] | None = None
        self._names: frozenset[str] = frozenset()

    def names(self, directory: int) -> frozenset[str]:
        """The mount points in an open directory; none where the kernel does not tell."""
        try:
            # Not Path's, which takes three times as long: this is done for each page of the list.
            path = os.readlink(f"{DESCRIPTORS}/{directory}")  # noqa: PTH115
        except OSError:
            return frozenset()  # there is no /proc
        # After a fork, both processes share one file, and a change is told to only one of them.
        wanted = (os.getpid(), path)
        if wanted != self._read_for:
            self.close()
            self._open()
            self._read_for = wanted
        elif not self._changes.poll(0):
            return self._names
        self._names = self._read(os.fsencode(path))
        return self._names

    def close(self) -> None:
        """Stop watching, until :meth:`names` is called again."""
        self._close()
        self._close = _nothing
        self._descriptor = self._read_for = None
        self._changes = select.poll()

    def _open(self) -> None:
        try:
            self._descriptor = os.open(MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        self._close = weakref.finalize(self, os.close, self._descriptor)
        # The kernel tells a change of the table as an error, which is always waited for.
        self._changes.register(self._descriptor, select.POLLPRI)

    def _read(self, directory: bytes) -> frozenset[str]:
        if self._descriptor is None:
            return frozenset()
        lines = _read_all(self._descriptor).splitlines()
        points = (_unescaped(line.split(b" ")[_MOUNT_POINT]) for line in lines)
        inside = (os.path.split(each) for each in points)
        return frozenset(os.fsdecode(name) for folder, name in inside if folder == directory)


def _read_all(descriptor: int) -> bytes:
    """The whole table, whose parts are read one by one."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    found = b""
    while more := os.read(descriptor, 1 << 16):
        found += more
    return found


def _unescaped(path: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 8)]), path)


def _nothing() -> None:
    """Close nothing: no file is open."""
