"""Findings about permissions of FreeSWITCH's user, and their repair."""

import errno
import os
import pwd
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from sipapp.api import (
    Finding,
    Mending,
    SettingsError,
    StorageUnavailable,
    VersionConflict,
    user_name,
)
from sipapp_xmldir.directory.snapshot import ListedEntry
from sipapp_xmldir.files.account import Account

REPAIR: Final = Mending("repair-permissions", "Repair permissions")

_ACL: Final = "system.posix_acl_access"


def account_finder(name: str) -> Callable[[int], Account]:
    """A function that returns FreeSWITCH's account, given the open directory.

    That is the user of ``name``, or the directory's owner if it is empty.  Raises
    ``SettingsError`` if there is no such user.
    """
    if not name:
        return lambda directory: Account.of(os.fstat(directory).st_uid)
    try:
        user = int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid
    except KeyError:
        raise SettingsError(
            f"Setting sipapp.storage.xmldir.freeswitch_user: there is no user {name!r} here."
        ) from None
    return lambda _: Account.of(user)


def unreadable_files(
    directory: int, listed: Sequence[ListedEntry], account: Account
) -> Iterator[Finding]:
    """Files that FreeSWITCH's user may not read; ``directory`` is open."""
    if account.user == 0:
        return
    seen: set[str] = set()
    for each in listed:
        if account.may(each.state, 4) and not stat.S_ISLNK(each.state.st_mode):
            continue
        if each.name in seen or not _is_closed(directory, each, account):
            continue
        seen.add(each.name)
        is_ours = stat.S_ISREG(each.state.st_mode) and each.state.st_nlink == 1
        yield Finding(
            code="unreadable",
            severity="critical",
            source=each.extension.source,
            line=None,
            extension=each.known_id,
            version=each.extension.version,
            title=f"{account.name} may not read the file",
            meaning=f"FreeSWITCH runs as {account.name} (as far as sipapp is told) and skips a "
            "file that it may not read. It says “Success” all the same, and the extension is "
            "gone.",
            remedy=f"Let {account.name}, or a group that it is in, read the file: chgrp, and "
            "chmod g+r.",
            mending=REPAIR if is_ours and account.group >= 0 else None,
        )


def closed_directory_findings(directory: int, source: str, account: Account) -> Iterator[Finding]:
    """Whether FreeSWITCH's user may list the directory itself."""
    if not account.may(os.fstat(directory), 5) and not _has_acl(_path_of(directory)):
        yield Finding(
            code="unreadable-directory",
            severity="critical",
            source=source,
            line=None,
            title=f"{account.name} may not look into the directory",
            meaning=f"FreeSWITCH runs as {account.name} (as far as sipapp is told) and finds no "
            "file in a directory that it may not list. It says “Success” all the same, and all "
            "extensions are gone.",
            remedy=f"Let {account.name}, or a group that it is in, read and enter the directory.",
        )


def folders_above(path: Path) -> tuple[str, ...]:
    """The folders that have to be entered to get there, by links and by what they lead to."""
    ways = (path.absolute(), Path(os.path.realpath(path)))
    return tuple(dict.fromkeys(str(folder) for way in ways for folder in reversed(way.parents)))


def closed_folders(folders: Sequence[str], account: Account) -> tuple[str, ...]:
    """Those of the folders that the account may not enter."""
    if account.user == 0:
        return ()
    return tuple(folder for folder in folders if _cannot_be_entered(folder, account))


def _cannot_be_entered(folder: str, account: Account) -> bool:
    try:
        # Not Path's, which takes three times as long: this is done for each page of the list.
        state = os.stat(folder)  # noqa: PTH116
    except OSError:
        return False  # nothing is known of it
    return not (account.may(state, 1) or _has_acl(folder))


def closed_folder_findings(folders: Sequence[str], account: Account) -> Iterator[Finding]:
    """A finding for each folder that keeps FreeSWITCH's user from the directory."""
    for folder in folders:
        yield Finding(
            code="closed-folder",
            severity="critical",
            source=folder,
            line=None,
            title=f"{account.name} may not enter the folder",
            meaning=f"The way to the directory leads through it. FreeSWITCH runs as {account.name} "
            "(as far as sipapp is told) and finds no file behind a folder that it may not enter. "
            "It says “Success” all the same, and all extensions are gone.",
            remedy=f"Let {account.name}, or a group that it is in, enter the folder (chmod g+x, or "
            "o+x), or give sipapp.storage.xmldir.freeswitch_user the user that FreeSWITCH "
            "really runs as.",
        )


def repair(directory: int, name: str, account: Account) -> None:
    """Let the account read a file, by the change that gives the fewest others that right.

    Raises ``VersionConflict`` if it may already, ``OSError`` if we may not change it.
    """
    descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1 or account.may(state, 4):
            raise VersionConflict(name)
        # An O_PATH descriptor cannot be changed itself, and follows no link by this path.
        path = Path(f"/proc/self/fd/{descriptor}")
        mode = stat.S_IMODE(state.st_mode)
        if state.st_uid == account.user:
            path.chmod(mode | stat.S_IRUSR)
            return
        if state.st_gid not in account.groups:
            # The group's rights were meant for another group.
            path.chmod(mode & ~stat.S_IRWXG)
            os.chown(path, -1, account.group)
            mode &= ~(stat.S_IWGRP | stat.S_IXGRP)
        path.chmod(mode | stat.S_IRGRP)
    except PermissionError as error:
        raise StorageUnavailable(
            f"sipapp runs as user {user_name(os.geteuid())}, who may not change {name}: "
            f"{os.strerror(error.errno or errno.EPERM)}. Do it as root."
        ) from error
    finally:
        os.close(descriptor)


def _is_closed(directory: int, listed: ListedEntry, account: Account) -> bool:
    try:
        descriptor = os.open(listed.name, os.O_PATH | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return False
    try:
        return not (account.may(os.fstat(descriptor), 4) or _has_acl(_path_of(descriptor)))
    finally:
        os.close(descriptor)


def _path_of(descriptor: int) -> str:
    # An O_PATH descriptor has no attributes itself.
    return f"/proc/self/fd/{descriptor}"


def _has_acl(path: str) -> bool:
    """Whether an access control list says more than the permission bits."""
    try:
        os.getxattr(path, _ACL)
    except OSError:
        return False
    return True
