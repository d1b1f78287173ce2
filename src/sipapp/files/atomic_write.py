"""Writing a whole file atomically: a reader sees the old content or the new one, never a part."""

import errno
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Final

from sipapp.files.renames import rename_exclusively

ABANDONED_AFTER_S: Final = 3600
"""Seconds after which a temporary file is one of a writer that was killed."""


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file in place of the one that may be there, durably.  Raises ``OSError``."""
    with _temporary(path, data, mode) as temporary:
        temporary.replace(path)
    _sync(path.parent)


def create_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a new file, durably.  Raises ``FileExistsError``, and ``OSError``."""
    with _temporary(path, data, mode) as temporary:
        rename_exclusively(str(temporary), str(path))
    _sync(path.parent)


@contextmanager
def _temporary(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """A hidden file with the data, in the same folder; it is removed afterwards."""
    _remove_abandoned(path)
    # mkstemp's files are readable by their owner alone, from their first byte on.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) != mode:
                os.fchmod(file.fileno(), mode)  # which some file systems refuse
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _remove_abandoned(path: Path) -> None:
    """Remove what killed writers of this file have left: it may hold a secret."""
    for left in path.parent.glob(f".{escape(path.name)}.????????"):  # as mkstemp names them
        with suppress(OSError):
            if time.time() - left.lstat().st_mtime > ABANDONED_AFTER_S:
                left.unlink()


def _sync(folder: Path) -> None:
    """Make sure that the folder's entry survives a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_folder(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: int) -> None:
    """Wait until the entries of an open folder are on the disk, where its file system can."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}:
            raise
