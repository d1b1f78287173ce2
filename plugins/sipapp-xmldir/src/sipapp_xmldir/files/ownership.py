"""Owner, group, mode and attributes of a file, kept when it is replaced."""

import errno
import logging
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sipapp.api import StorageUnavailable, group_name, user_name
from sipapp_xmldir.files.account import Account
from sipapp_xmldir.files.regular_files import READ_FLAGS

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ownership:
    """Owner, group and permission bits of a file."""

    user: int
    group: int
    mode: int

    @classmethod
    def of(cls, state: os.stat_result) -> Self:
        """The ownership of a file with that state."""
        return cls(state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode))


def apply_ownership(descriptor: int, wanted: Ownership, name: str) -> None:
    """Set the owner, group and mode of an open file, as far as sipapp has the right to.

    Only root may change the owner.  A file that gets sipapp's user as its owner must stay
    readable for the former one (FreeSWITCH, as a rule): raises ``StorageUnavailable`` if
    it would not.
    """
    for user in (wanted.user, -1):
        with suppress(PermissionError):
            os.fchown(descriptor, user, wanted.group)
            break
    state = os.fstat(descriptor)
    # If the group could not be set, the group's rights would go to another group.
    mode = wanted.mode if state.st_gid == wanted.group else wanted.mode & ~0o070
    os.fchmod(descriptor, mode)
    if not Account.of(wanted.user).may(os.fstat(descriptor), 4):
        raise StorageUnavailable(
            f"{name} would belong to {user_name(os.geteuid())}, and {user_name(wanted.user)} could "
            f"not read it. Run sipapp as {user_name(wanted.user)}, or give the files of the "
            "directory a group that both are members of, and mode 0660. Nothing was changed."
        )


def close_to_others(descriptor: int, name: str, readers: Sequence[Account]) -> None:
    """Take the rights of everybody from an open file that holds a password.

    The readers, FreeSWITCH's users, can read it then as owner or by the group, which may become
    theirs.  Where they could not, everybody still can, and the log says so.
    """
    state = os.fstat(descriptor)
    mode = stat.S_IMODE(state.st_mode)
    if not mode & stat.S_IRWXO:
        return
    os.fchmod(descriptor, mode & ~stat.S_IRWXO)
    excluded = _excluded(descriptor, readers)
    # If the group may write, its rights are needed, and must not pass to another group.
    if excluded and excluded[0].group >= 0 and not mode & stat.S_IWGRP:
        with suppress(PermissionError):
            os.fchown(descriptor, -1, excluded[0].group)
            os.fchmod(descriptor, mode & stat.S_IRWXU | stat.S_IRGRP)
    if not excluded or not _excluded(descriptor, readers):
        return
    os.fchown(descriptor, -1, state.st_gid)
    os.fchmod(descriptor, mode & ~(stat.S_IWOTH | stat.S_IXOTH))
    log.warning(
        "%s holds a password, and everybody on this machine can read it: %s, as whom FreeSWITCH "
        "runs as far as sipapp is told, could not read it otherwise. Let the files of the "
        "directory belong to a group that this user is in (docs/freeswitch.md).",
        name,
        excluded[0].name,
    )


def _excluded(descriptor: int, readers: Sequence[Account]) -> Sequence[Account]:
    state = os.fstat(descriptor)
    return [each for each in readers if not each.may(state, 4)]


def copy_attributes(directory: int, name: str, target: int) -> None:
    """Copy the extended attributes of a file, such as access control lists, to an open one."""
    try:
        source = os.open(name, READ_FLAGS | os.O_NOFOLLOW, dir_fd=directory)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP}:
            return  # the file is gone; replace_file notices that
        raise
    try:
        for attribute in os.listxattr(source):
            # Security labels are set by the kernel.
            if not attribute.startswith(("security.", "trusted.")):
                os.setxattr(target, attribute, os.getxattr(source, attribute))
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
    finally:
        os.close(source)


def ownership_advice(path: Path) -> str:
    """Owner, group and mode of a directory, and what to do, as the end of a sentence."""
    try:
        state = path.stat()
    except OSError:
        return "give that user the right to get there."
    return (
        f"the owner is {user_name(state.st_uid)}, the group {group_name(state.st_gid)}, the mode "
        f"{stat.S_IMODE(state.st_mode):04o}. Give sipapp's user the right to read and write there."
    )
