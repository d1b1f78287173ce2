"""Errors of the file system, as sentences for the administrator."""

import errno
import os
from pathlib import Path

from sipapp.api import StorageUnavailable, disk_advice, user_name
from sipapp_xmldir.files.ownership import ownership_advice


def unavailable(doing: str, path: Path, error: OSError) -> StorageUnavailable:
    """The ``StorageUnavailable`` for an ``OSError``: what failed, as which user, and what to do."""
    words = [f"Cannot {doing} {path}: {error.strerror}.", _advice(path, error, doing)]
    if doing == "change":
        words.append("Nothing was changed.")
    return StorageUnavailable(" ".join(filter(None, words)))


def _advice(path: Path, error: OSError, doing: str) -> str:
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        if doing == "change" and path.is_dir():
            return "Another program removed a file there in the same moment: try again."
        return "Make that directory, or correct sipapp.storage.xmldir.directory in the ini."
    if error.errno == errno.EBUSY:
        return "A file in it is mounted there by itself: mount the folder in place of the file."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"sipapp runs as user {user_name(os.geteuid())}; {ownership_advice(path)}"
    return disk_advice(error)
