"""Errors of the file system, as errors of a storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sipapp.files.write_access import disk_advice
from sipapp.model.errors import StorageUnavailable


@contextmanager
def storage_errors(doing: str, path: Path) -> Iterator[None]:
    """Raise ``StorageUnavailable`` for an ``OSError`` of the block.

    ``doing`` is the verb of its message, such as ``read`` or ``write``: “Cannot read
    /srv/extensions.json: Permission denied.”
    """
    try:
        yield
    except OSError as error:
        words = f"Cannot {doing} {path}: {error.strerror}. {disk_advice(error)}"
        raise StorageUnavailable(words.rstrip()) from error
