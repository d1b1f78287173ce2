"""Owner, group, mode and attributes of a file, kept when it is replaced."""

import errno
import logging
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sipapp.api import StorageUnavailable, group_name, user_name
from sipapp_xmldir.files.account import CAP_CHOWN, Account, is_own_group, may_act_for
from sipapp_xmldir.files.regular_files import READ_FLAGS

log = logging.getLogger(__name__)

# What file systems say that have no owners, modes or attributes of files, or of other programs
# only; EINVAL is the kernel's answer for a user that a container does not have.
_UNSUPPORTED: Final = frozenset({errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})
_READ: Final = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


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


def apply_ownership(descriptor: int, wanted: Ownership, name: str, *, is_mode_needed: bool) -> None:
    """Set the owner, group and mode of an open file, as far as that is possible.

    Only root may change the owner, and some file systems have no owners or modes.  A file that
    gets sipapp's user as its owner must stay readable for the former one (FreeSWITCH, as a
    rule), and with ``is_mode_needed`` for all that the mode lets read it: raises
    ``StorageUnavailable`` if it would not.
    """
    change_group(descriptor, wanted.group)
    with _where_supported():
        os.fchown(descriptor, wanted.user, -1)
    state = os.fstat(descriptor)
    # If the group could not be set, the group's rights would go to another group.
    mode = wanted.mode if state.st_gid == wanted.group else wanted.mode & ~0o070
    change_mode(descriptor, mode)
    state = os.fstat(descriptor)
    if is_mode_needed and mode & _READ & ~state.st_mode:
        raise StorageUnavailable(
            f"{name} would get the mode {stat.S_IMODE(state.st_mode):04o} in place of {mode:04o}, "
            "because its file system refuses chmod, and who reads it now could not any more. "
            "Put the directory on another file system, or mount this one with the right to change "
            "modes. Nothing was changed."
        )
    if not Account.of(wanted.user).may(state, 4):
        raise StorageUnavailable(
            f"{name} would belong to {user_name(os.geteuid())}, and {user_name(wanted.user)} could "
            f"not read it. Run sipapp as {user_name(wanted.user)}, or give the files of the "
            "directory a group that both are members of, and mode 0640. Nothing was changed."
        )


def is_lost_to_owner(file: Ownership, directory: Ownership) -> bool:
    """Whether the owner of a file could not read it after a change by sipapp's user.

    That is what :func:`apply_ownership` refuses, told before; ``directory`` is its folder.
    """
    if file.user == os.geteuid() or may_act_for(file.user, CAP_CHOWN):
        return False
    has_group = is_own_group(file.group) or (
        # A new file gets the group of such a folder by itself.
        directory.mode & stat.S_ISGID and directory.group == file.group
    )
    mode = file.mode if has_group else file.mode & ~0o070
    is_member = file.group in Account.of(file.user).groups
    return not mode & (stat.S_IRGRP if is_member and has_group else stat.S_IROTH)


def change_mode(descriptor: int, mode: int) -> None:
    """Set the mode of an open file; nothing happens where its file system does not do that."""
    with _where_supported():
        os.fchmod(descriptor, mode)


def change_group(descriptor: int, group: int) -> None:
    """Set the group of an open file, where sipapp may, and its file system does that."""
    with _where_supported():
        os.fchown(descriptor, -1, group)


@contextmanager
def _where_supported() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def close_to_others(descriptor: int, name: str, readers: Sequence[Account]) -> None:
    """Take the rights of everybody from an open file that holds a password.

    The readers, FreeSWITCH's users, can read it then as owner or by the group, which may become
    theirs.  Where they could not, everybody still can, and the log says so.
    """
    state = os.fstat(descriptor)
    mode = stat.S_IMODE(state.st_mode)
    if not mode & stat.S_IRWXO:
        return
    change_mode(descriptor, mode & ~stat.S_IRWXO)
    excluded = _excluded(descriptor, readers)
    # If the group may write, its rights are needed, and must not pass to another group.
    if excluded and excluded[0].group >= 0 and not mode & stat.S_IWGRP:
        with _where_supported():
            os.fchown(descriptor, -1, excluded[0].group)
            os.fchmod(descriptor, mode & stat.S_IRWXU | stat.S_IRGRP)
    if excluded and _excluded(descriptor, readers):
        change_group(descriptor, state.st_gid)
        change_mode(descriptor, mode & ~(stat.S_IWOTH | stat.S_IXOTH))
        log.warning(
            "%s holds a password, and everybody on this machine can read it: %s, as whom "
            "FreeSWITCH runs as far as sipapp is told, could not read it otherwise. Let the files "
            "of the directory belong to a group that this user is in (docs/freeswitch.md).",
            name,
            excluded[0].name,
        )
    elif os.fstat(descriptor).st_mode & stat.S_IROTH:
        log.warning(
            "%s holds a password, and everybody on this machine can read it: its file system does "
            "not change modes. Mount it with another mode (such as umask=027), or close the "
            "folder.",
            name,
        )


def _excluded(descriptor: int, readers: Sequence[Account]) -> Sequence[Account]:
    state = os.fstat(descriptor)
    return [each for each in readers if not each.may(state, 4)]


def set_attributes(descriptor: int, attributes: Mapping[str, bytes]) -> None:
    """Give an open file extended attributes, if its file system has any."""
    try:
        for attribute, value in attributes.items():
            os.setxattr(descriptor, attribute, value)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise


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
    whose = (
        f"the owner is {user_name(state.st_uid)}, the group {group_name(state.st_gid)}, the mode "
        f"{stat.S_IMODE(state.st_mode):04o}."
    )
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return f"{whose} Give sipapp's user the right to read and write there."
    if state.st_mode & stat.S_ISVTX:
        return f"{whose} The sticky bit keeps files of other users as they are: chmod -t {path}"
    return f"{whose} See whether a file there is immutable: lsattr, and chattr -i."
