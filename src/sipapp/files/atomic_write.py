"""Writing a whole file atomically: a reader sees the old content or the new one, never a part."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file in place of the one that may be there, durably.  Raises ``OSError``."""
    with _temporary(path, data, mode) as temporary:
        temporary.replace(path)
    _sync(path.parent)


def create_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a new file, durably.  Raises ``FileExistsError``, and ``OSError``."""
    with _temporary(path, data, mode) as temporary:
        path.hardlink_to(temporary)
    _sync(path.parent)


@contextmanager
def _temporary(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """A hidden file with the data, in the same folder; it is removed afterwards."""
    # mkstemp's files are readable by their owner alone, from their first byte on.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _sync(folder: Path) -> None:
    """Make sure that the folder's entry survives a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
