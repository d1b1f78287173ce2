"""Whether what is written here is a part of the configuration of a FreeSWITCH on this machine."""

from collections.abc import Iterable
from glob import escape
from itertools import chain
from pathlib import Path
from typing import Final

_MAX_FILE_BYTES: Final = 4 << 20
"""Files of a configuration have some kilobytes; a larger one, such as a log, is not searched."""


def is_part_of(written: Path, conf_dir: str) -> bool | None:
    """Whether that configuration has the directory ``written``; ``None`` if that is unknown.

    Its ``conf_dir`` may be a path in a container, or on another machine: it counts only
    if there is a configuration at that place here.
    """
    conf = Path(conf_dir)
    if written.resolve().is_relative_to(conf.resolve()):
        return True
    try:
        if not (conf / "freeswitch.xml").is_file():
            return None
        return _is_mounted(written, conf) or _is_included(written, conf)
    except OSError:
        return None


def has_file(conf_dir: str, name: str) -> bool:
    """Whether the directory in that ``conf_dir`` has a file of this name, in any folder."""
    return any(Path(conf_dir, "directory").rglob(escape(name)))


def _is_mounted(written: Path, conf: Path) -> bool:
    """Whether it is there by another path, such as a bind mount's."""
    identity = written.stat()
    found = (each.stat() for each in _folders(conf / "directory"))
    return any((each.st_dev, each.st_ino) == (identity.st_dev, identity.st_ino) for each in found)


def _folders(folder: Path) -> Iterable[Path]:
    return chain([folder], (each for each in folder.rglob("*") if each.is_dir()))


def _is_included(written: Path, conf: Path) -> bool | None:
    """Whether a file of the configuration names it: an ``include`` takes any path.

    ``None`` if none does, and one is too large to be searched.
    """
    found: bool | None = False
    names = {str(written).encode(), str(written.resolve()).encode()}
    for file in chain(conf.glob("*.xml"), conf.glob("directory/*.xml")):
        if not file.is_file():
            continue  # a named pipe would block
        with file.open("rb") as opened:
            text = opened.read(_MAX_FILE_BYTES + 1)
        if any(name in text for name in names):
            return True
        if len(text) > _MAX_FILE_BYTES:
            found = None
    return found
