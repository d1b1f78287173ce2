"""The lock that lets one writer at a time change a directory."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sipapp.api import LOCK_TIMEOUT_S, StorageUnavailable, lock_folder
from sipapp_xmldir.files.errors import unavailable


@contextmanager
def locked(directory: int, path: Path) -> Iterator[None]:
    """Hold the lock on an open directory against all other writers that use it.

    It is a flock(2) on the directory itself: it holds between threads (each opens
    the directory anew) and processes, ends with a killed process, and leaves no file.
    """
    try:
        lock_folder(directory)
    except TimeoutError:
        raise StorageUnavailable(
            f"Another process has been changing {path} for {LOCK_TIMEOUT_S:.0f} seconds. "
            "Nothing was changed here; try again."
        ) from None
    except OSError as error:
        raise unavailable("lock the directory", path, error) from error
    try:
        yield
    finally:
        fcntl.flock(directory, fcntl.LOCK_UN)


def is_unlocked(directory: int) -> bool:
    """Whether no writer holds the lock on an open directory at this moment."""
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    fcntl.flock(directory, fcntl.LOCK_UN)
    return True
