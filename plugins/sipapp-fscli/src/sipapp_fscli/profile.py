"""The configuration file that hands fs_cli a password.

fs_cli takes a password as an argument, which ``ps`` shows to everyone, or from
``~/.fs_cli_conf`` (fs_cli.c:1513 of FreeSWITCH 1.10.12).  So it gets a home of its
own with such a file, for one run.

All homes are in one folder of a fixed name, and each is locked (flock(2)) as long as it is
used.  The lock ends with a process that is killed, so what such a process left is known.
"""

import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

MAX_PASSWORD: Final = 127
"""Bytes; fs_cli.c:57 cuts what is longer."""
# esl_config.c: a line ends there, spaces before a value are skipped, two semicolons begin a
# comment. fs_cli sends what is left as one line.
_FITS: Final = re.compile(r"(?![ \t])(?!.*;;)[^\r\n\0]+")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def fits(password: str) -> bool:
    """Whether the file can carry this password."""
    return bool(_FITS.fullmatch(password)) and len(password.encode()) <= MAX_PASSWORD


@contextmanager
def home_with(password: str) -> Iterator[Path]:
    """A directory for ``HOME`` where only we can read the password; gone afterwards.

    Removes those that killed servers have left.  Raises ``OSError`` if it cannot be made.
    """
    folder = _homes()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    with _locked(folder):
        _remove_unlocked(folder)
        home = Path(tempfile.mkdtemp(dir=folder))
        lock = os.open(home, _FOLDER)
        flock(lock, LOCK_EX)
    try:
        profile = home / ".fs_cli_conf"
        profile.touch(mode=0o600)
        profile.write_text(f"[default]\npassword => {password}\n", encoding="utf-8")
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
        os.close(lock)


def remove_leftovers() -> None:
    """Remove the homes that killed servers of this user have left; those in use stay."""
    with suppress(OSError), _locked(_homes()):
        _remove_unlocked(_homes())


def _homes() -> Path:
    return Path(tempfile.gettempdir(), f"sipapp-fs_cli-{os.geteuid()}")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder of the homes: none is made or removed meanwhile."""
    descriptor = os.open(folder, _FOLDER)
    try:
        state = os.fstat(descriptor)
        # Everybody may make something of this name in /tmp.
        if state.st_uid != os.geteuid() or state.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            why = f"{folder} belongs to another user or is open to others: remove it"
            raise PermissionError(errno.EPERM, why)
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_unlocked(folder: Path) -> None:
    for home in folder.iterdir():
        with suppress(OSError):
            descriptor = os.open(home, _FOLDER)
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
                shutil.rmtree(home)
            finally:
                os.close(descriptor)
