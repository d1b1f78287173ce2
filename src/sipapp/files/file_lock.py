"""A lock on the folder of a file, for threads and processes that change the file."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

LOCK_TIMEOUT_S: Final = 10.0
"""Seconds that a writer waits for the lock of a folder."""
_POLL_INTERVAL_S: Final = 0.005


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which need not be there, against other threads and processes.

    It is a flock(2) on the folder of the file: it ends with a killed process, leaves no file, and
    serves also for a file that is replaced.  All files of the folder share it; the block must not
    ask for it again.  Raises ``OSError``, a ``TimeoutError`` after 10 seconds.
    """
    # Opened anew by each caller, so that the lock holds between threads too.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock_folder(folder)
        yield
    finally:
        os.close(folder)  # which releases the lock


def lock_folder(folder: int) -> None:
    """Take the lock of an open folder, which closing it releases.

    Raises ``OSError``, a ``TimeoutError`` after 10 seconds.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            flock(folder, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    errno.ETIMEDOUT,
                    f"another process has been changing it for {LOCK_TIMEOUT_S:.0f} seconds",
                ) from None
            time.sleep(_POLL_INTERVAL_S)
        else:
            return
