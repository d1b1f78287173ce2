"""Reads of regular files only, so that a named pipe or device cannot block the reader."""

import errno
import os
import stat
from typing import Final

MAX_FILE_BYTES: Final = 4 << 20
"""Files of a configuration have some kilobytes; a larger one, such as a log, is not read."""
READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
"""Flags of open(2) that do not block, even if the file has been replaced by a named pipe."""

_KINDS: Final = {
    stat.S_IFDIR: "is a directory",
    stat.S_IFIFO: "is a named pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}
# fopen(3) fails for a socket, and read(2) for a directory; all other kinds may block for ever.
_END: Final = frozenset({stat.S_IFDIR, stat.S_IFSOCK})


class NotRegular(OSError):
    """The name belongs to no regular file; ``kind`` says to what, such as “is a directory”.

    ``blocks_reader`` tells that a program that reads it as a file may block for ever.
    """

    def __init__(self, mode: int) -> None:
        self.kind = kind_of(mode)
        self.blocks_reader = stat.S_IFMT(mode) not in _END
        super().__init__(errno.EINVAL, f"it {self.kind}")


class TooLarge(OSError):
    """The file has more bytes than are read."""

    def __init__(self, limit: int) -> None:
        super().__init__(errno.EFBIG, f"it is larger than {limit >> 20} MiB, and was not read")


def kind_of(mode: int) -> str:
    """The kind of a file that is not regular, as a clause such as “is a directory”."""
    return _KINDS.get(stat.S_IFMT(mode), "is no file")


def read_file(
    directory: int | None, name: str, *, follow: bool = False, limit: int = MAX_FILE_BYTES
) -> tuple[bytes, os.stat_result]:
    """Content and state of a regular file of an open directory.

    ``follow`` reads through a symbolic link.  Raises ``OSError``, :class:`TooLarge` for more
    than ``limit`` bytes, and :class:`NotRegular`.  Never waits for a named pipe's other end.
    """
    flags = READ_FLAGS if follow else READ_FLAGS | os.O_NOFOLLOW
    descriptor = os.open(name, flags, dir_fd=directory)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise NotRegular(state.st_mode)
        if state.st_size > limit:
            raise TooLarge(limit)
        data = os.read(descriptor, state.st_size + 1)
        while len(data) != state.st_size and (more := os.read(descriptor, 1 << 16)):
            data += more
            if len(data) > limit:  # it grows while it is read
                raise TooLarge(limit)
        return data, state
    finally:
        os.close(descriptor)


def read_any(path: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """Content of a file whose path comes from a configuration; raises as :func:`read_file`.

    Looks before it opens: opening a device can do something already.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116  (a path as bytes of any encoding)
    if not stat.S_ISREG(mode):
        raise NotRegular(mode)
    data, _ = read_file(None, path, follow=True, limit=limit)
    return data
