"""Notification of changed files of a directory by the kernel (inotify(7)).

The kernel queues an event before the call that made the change returns, so that a reader of
the whole queue knows of every earlier change.  One system call thus replaces a stat(2) of
each of ten thousand files.
"""

import ctypes
import os
import struct
import time
import weakref
from collections.abc import Callable
from typing import Final

# What inotify is not told, such as a write through a second hard link that was made later or
# through mmap(2), is found by looking at every file again after this time.
_FULL_SCAN_INTERVAL_SECONDS: Final = 30.0

_QUEUE_FLAGS: Final = os.O_NONBLOCK | os.O_CLOEXEC  # IN_NONBLOCK | IN_CLOEXEC
_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _ONLYDIR = 0x400, 0x800, 0x01000000
_EVENTS: Final = (
    _MODIFY
    | _ATTRIB
    | _CLOSE_WRITE
    | _MOVED_FROM
    | _MOVED_TO
    | _CREATE
    | _DELETE
    | _DELETE_SELF
    | _MOVE_SELF
    | _ONLYDIR
)
_EVENT: Final = struct.Struct("iIII")

# Local file systems only: inotify has no events for changes on a server, or below FUSE.
# The numbers are those of linux/magic.h.
LOCAL_FILE_SYSTEMS: Final = frozenset(
    {
        0xEF53,  # ext2, ext3, ext4
        0x58465342,  # XFS
        0x9123683E,  # Btrfs
        0x2FC12FC1,  # ZFS
        0xF2F52010,  # F2FS
        0xCA451A4E,  # bcachefs
        0x01021994,  # tmpfs
        0x794C7630,  # overlayfs, of containers
    }
)

_libc: Final = ctypes.CDLL(None)


class DirectoryWatch:
    """An inotify watch on one directory.  Not thread-safe."""

    def __init__(self) -> None:
        self._queue: int | None = None
        self._close: Callable[[], object] = _nothing
        self._watched: tuple[int, ...] = ()
        self._until = 0.0

    def changed(self, directory: int) -> set[str] | None:
        """Names of the entries that may have changed since the last call.

        ``None`` if any may have: at first, when the path leads to another directory, when
        the kernel has lost count, from time to time, and always where it cannot tell.
        ``directory`` is an open descriptor.
        """
        state = os.fstat(directory)
        # After a fork, both processes share one queue, and each event is read by only one of them.
        wanted = (os.getpid(), state.st_dev, state.st_ino)
        names = self._read() if self._watched == wanted else None
        if names is None:
            self.close()
            self._open(directory)
            self._watched = wanted
        elif time.monotonic() < self._until:
            return names
        self._until = time.monotonic() + _FULL_SCAN_INTERVAL_SECONDS
        return None

    def close(self) -> None:
        """Stop watching, until :meth:`changed` is called again."""
        self._close()
        self._close = _nothing
        self._queue = None
        self._watched = ()

    def _open(self, directory: int) -> None:
        self._queue = _open_queue(directory)
        if self._queue is not None:
            self._close = weakref.finalize(self, os.close, self._queue)

    def _read(self) -> set[str] | None:
        if self._queue is None:
            return None
        names: set[str] = set()
        while True:
            try:
                events = os.read(self._queue, 1 << 16)
            except BlockingIOError:
                return names
            position = 0
            while position < len(events):
                *_, length = _EVENT.unpack_from(events, position)
                begin = position + _EVENT.size
                position = begin + length
                name = events[begin:position].rstrip(b"\0")
                if not name:
                    # An event of the directory itself, or the queue has overflowed.
                    return None
                names.add(os.fsdecode(name))


def _open_queue(directory: int) -> int | None:
    """Open an inotify queue for a directory; ``None`` if that is not possible."""
    if not is_local(directory):
        return None
    queue: int = _libc.inotify_init1(_QUEUE_FLAGS)
    if queue < 0:
        return None
    if _libc.inotify_add_watch(queue, b"/proc/self/fd/%d" % directory, _EVENTS) < 0:
        os.close(queue)
        return None
    return queue


def is_local(directory: int) -> bool:
    """Whether an open directory is on a file system whose changes all go through this kernel."""
    # The first word of struct statfs is the kind of file system; 32 are more than it has.
    state = (ctypes.c_ulong * 32)()
    return _libc.fstatfs(directory, state) == 0 and state[0] in LOCAL_FILE_SYSTEMS


def _nothing() -> None:
    """Close nothing: no queue is open."""
