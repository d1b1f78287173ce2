"""The doctor's checks of a directory's file system: modes, groups, and renaming."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sipapp.api import Diagnosis, group_name, rename_exclusively
from sipapp_xmldir.files.account import CAP_CHOWN, Account, is_own_group, may_act_for
from sipapp_xmldir.files.atomic_files import temporary_name
from sipapp_xmldir.files.ownership import change_group, change_mode

_CHECK: Final = "directory.file-system"
_WANTED: Final = 0o640
_PROBE: Final = "doctor.xml"


def examine_file_system(path: Path, directory: int, account: Account) -> Iterator[Diagnosis]:
    """Try on a file of its own what a change does; ``account`` is FreeSWITCH's.

    The caller holds the lock of the open directory.  Raises ``OSError`` if no file can be made.
    """
    with _probe(directory) as (name, descriptor):
        change_mode(descriptor, _WANTED)
        faults = [
            *_modes(path, os.fstat(descriptor), account),
            *_groups(path, os.fstat(directory), descriptor),
            *_renaming(path, directory, name),
        ]
    yield from faults or [
        Diagnosis(
            _CHECK, "ok", f"Files of {path} keep mode and group, and are renamed in one step."
        )
    ]


@contextmanager
def _probe(directory: int) -> Iterator[tuple[str, int]]:
    """An empty file, named as a temporary one of the storage; it is removed afterwards."""
    name = temporary_name(_PROBE)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=directory)
    try:
        yield name, descriptor
    finally:
        os.close(descriptor)
        with suppress(OSError):
            os.unlink(name, dir_fd=directory)


def _modes(path: Path, state: os.stat_result, account: Account) -> Iterator[Diagnosis]:
    mode = stat.S_IMODE(state.st_mode)
    if mode == _WANTED:
        return
    problem = f"The file system of {path} does not change modes (chmod): a new file has {mode:04o}"
    remedy = "Mount it with another mode, owner and group (options such as umask=027, uid=, gid=)."
    if not account.may(state, 4):
        yield Diagnosis(
            _CHECK,
            "fault",
            f"{problem}, and FreeSWITCH's user {account.name} cannot read it.",
            remedy,
        )
    elif mode & stat.S_IROTH:
        yield Diagnosis(
            _CHECK, "warning", f"{problem}, and everybody on this machine can read it.", remedy
        )
    else:
        yield Diagnosis(_CHECK, "ok", f"{problem}, as it is mounted, and others cannot read it.")


def _groups(path: Path, folder: os.stat_result, descriptor: int) -> Iterator[Diagnosis]:
    group = folder.st_gid
    change_group(descriptor, group)
    is_ours = is_own_group(group) or may_act_for(os.geteuid(), CAP_CHOWN)
    if is_ours and os.fstat(descriptor).st_gid != group:
        yield Diagnosis(
            _CHECK,
            "warning",
            f"The file system of {path}, or the container, refuses chgrp: files that sipapp writes "
            f"do not get the group {group_name(group)}.",
            f"chmod g+s {path}, which gives it to new files, or mount it with gid={group}.",
        )


def _renaming(path: Path, directory: int, name: str) -> Iterator[Diagnosis]:
    other = temporary_name(_PROBE)
    try:
        is_one_step = rename_exclusively(name, other, directory=directory)
        os.rename(other, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError as error:
        problem = (
            f"Files of {path} cannot be renamed ({error.strerror}), so that no change succeeds."
        )
        yield Diagnosis(_CHECK, "fault", problem, f"See its attributes: lsattr -d {path}")
        return
    if not is_one_step:
        yield Diagnosis(
            _CHECK,
            "warning",
            f"The file system of {path} has no hard links, and cannot rename without replacing: "
            "sipapp looks whether a name is free, and then takes it. A file of that name that "
            "another program makes in the same moment is lost.",
            "Let no other program make files there, or move the directory to a file system such as "
            "ext4.",
        )
