"""Folders that the server writes: whether it can, and what to do where it cannot."""

import errno
import grp
import os
import pwd
import stat
import tempfile
from pathlib import Path
from shlex import quote
from typing import Final

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_DENIED: Final = (errno.EACCES, errno.EPERM)
_IN_THE_WAY: Final = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


def try_to_write(folder: Path, size: int = 4096) -> None:
    """Write a nameless file into a folder, which also finds a full disk.  Raises ``OSError``."""
    with tempfile.TemporaryFile(dir=folder, prefix=".sipapp-") as file:
        file.write(bytes(size))
        file.flush()


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there and can be seen."""
    return next(each for each in (path, *path.parents) if os.path.lexists(each))


def owner(place: Path) -> str:
    """Whose a file or folder is, as the end of a sentence."""
    state = place.lstat()
    return (
        f"{place} belongs to user {user_name(state.st_uid)} and group {group_name(state.st_gid)}, "
        f"mode {stat.S_IMODE(state.st_mode):04o}"
    )


def explain(folder: Path, error: OSError) -> str:
    """Say why a folder of our own cannot be written, whose it is, and what to do: sentences."""
    place = _place(folder, error)
    wanted = place if folder in place.parents else folder
    return f"{wanted}: {error.strerror}. {_advice(folder, place, error)}".rstrip()


def disk_advice(error: OSError) -> str:
    """What to do about a full disk, or one that is mounted read-only; empty for other faults."""
    if error.errno in _FULL:
        return "Make room on the disk."
    if error.errno == errno.EROFS:
        return (
            "The file system is mounted read-only for this server (a systemd unit names what may "
            "be written in ReadWritePaths=)."
        )
    return ""


def open_to_others(file: Path) -> str:
    """That others may read or write a file that holds secrets, and what to do: sentences."""
    return (
        f"{file} is open to others. Run: chmod 600 {quote(str(file))} (where that changes nothing, "
        "mount the file system with umask=077)."
    )


def user_name(user: int) -> str:
    """A user's name, or number if there is no name."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def group_name(group: int) -> str:
    """A group's name, or number if there is no name."""
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)


def _place(folder: Path, error: OSError) -> Path:
    """What is at fault, as far as there is something: the file, the folder, or one above it."""
    named = error.filename if isinstance(error.filename, str) else ""
    return Path(named) if named and os.path.lexists(named) else existing(folder)


def _advice(folder: Path, place: Path, error: OSError) -> str:
    if error.errno in _DENIED:
        command = _grant(folder, place)
        user = user_name(os.geteuid())
        return f"sipapp runs as user {user}; {owner(place)}. As root: {command}"
    if error.errno in _IN_THE_WAY:
        return f"{place} is something else than what belongs there: move it away."
    return disk_advice(error)


def _grant(folder: Path, place: Path) -> str:
    """The command that makes the folder ours, or opens the way to it."""
    if place in folder.parents and not os.access(place, os.X_OK, effective_ids=True):
        return f"chmod o+x {quote(str(place))}"
    user, group = user_name(os.geteuid()), group_name(os.getegid())
    name = quote(str(folder))
    if os.path.lexists(folder):
        return f"chown -R {user}: {name} && chmod -R u+rwX {name}"
    return f"install -d -m 0700 -o {user} -g {group} {name}"
