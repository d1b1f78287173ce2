"""Directories to measure on: on the disk that the project is on, so that fsync means something."""

import atexit
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from sipapp.model.defaults import default_extension
from sipapp.model.passwords import generate_password, generate_pin
from sipapp_xmldir.write.new_file import new_file

FIRST: Final = 10_000
"""The id of the first extension."""

_FOLDER: Final = Path(__file__).parents[1] / "var" / "bench"
_NAMES: Final = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia")


def folder() -> Path:
    """An empty folder that is gone when the program ends.

    Not earlier: ext4 looks for free inodes the longer, the more have been freed lately.
    """
    return Path(tempfile.mkdtemp(dir=_everything()))


def directory(size: int) -> Path:
    """A directory of that many extensions, as sipapp makes them."""
    path = folder()
    for number in range(size):
        (path / f"{FIRST + number}.xml").write_bytes(content(FIRST + number))
    return path


@cache
def _everything() -> Path:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    path = tempfile.mkdtemp(dir=_FOLDER)
    atexit.register(shutil.rmtree, path)
    return Path(path)


def content(number: int) -> bytes:
    """What the file of an extension holds."""
    extension = replace(
        default_extension(str(number)),
        password=generate_password(),
        vm_password=generate_pin(),
        caller_id_name=f"{_NAMES[number % len(_NAMES)]} {number}",
    )
    return new_file(extension).encode()
