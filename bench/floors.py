"""The least that a change of files costs: the bare system calls."""

import os
from collections.abc import Mapping
from pathlib import Path


def write_and_sync(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_and_sync(path: Path, data: bytes) -> None:
    """Replace a file by a new one, and wait until both are on the disk."""
    temporary = path.with_name(".floor.tmp")
    write_and_sync(temporary, data)
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_all_and_sync(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write and sync files in a loop."""
    for name, data in files.items():
        write_and_sync(folder / name, data)
