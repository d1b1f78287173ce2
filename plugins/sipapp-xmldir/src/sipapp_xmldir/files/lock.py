"""The lock that lets one writer at a time change a directory."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sipapp.api import StorageUnavailable
from sipapp_xmldir.files.errors import unavailable

LOCK_TIMEOUT_SECONDS: Final = 10.0
_POLL_INTERVAL_SECONDS: Final = 0.005


@contextmanager
def locked(directory: int, path: Path) -> Iterator[None]:
    """Hold the lock on an open directory against all other writers that use it.

    It is a flock(2) on the directory itself: it holds between threads (each opens
    the directory anew) and processes, ends with a killed process, and leaves no file.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StorageUnavailable(
                    f"Another process has been changing {path} for {LOCK_TIMEOUT_SECONDS:.0f} "
                    "seconds. Nothing was changed here; try again."
                ) from None
            time.sleep(_POLL_INTERVAL_SECONDS)
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
