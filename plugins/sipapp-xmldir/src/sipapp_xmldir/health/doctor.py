"""The doctor's checks of the directory: its owner, its readers, and what its file system can."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sipapp.api import Diagnosis, user_name
from sipapp_xmldir.files.account import Account, freeswitch_users
from sipapp_xmldir.files.lock import locked
from sipapp_xmldir.health.file_system import examine_file_system


def diagnose(path: Path, directory: int, account: Account) -> Iterator[Diagnosis]:
    """Check the open directory; ``account`` is the user that FreeSWITCH is said to run as."""
    state = os.fstat(directory)
    ours = user_name(os.geteuid())
    yield Diagnosis(
        "directory.place",
        "ok",
        f"{path} belongs to {user_name(state.st_uid)}, mode {stat.S_IMODE(state.st_mode):04o}; "
        f"this runs as {ours}, and FreeSWITCH as {account.name} as far as sipapp is told.",
    )
    yield from _freeswitch_user(account)
    yield from _who_can_read(path, directory, state)
    with suppress(OSError), locked(directory, path):  # that it cannot be written, others say
        yield from [*examine_file_system(path, directory, account)]


def _freeswitch_user(account: Account) -> Iterator[Diagnosis]:
    running = {user for user in freeswitch_users() if user != account.user}
    if running:
        names = ", ".join(sorted(user_name(user) for user in running))
        yield Diagnosis(
            "directory.freeswitch-user",
            "warning",
            f"FreeSWITCH runs as {names} on this machine, and sipapp takes it for {account.name}: "
            "whether it can read the files was looked at for the wrong user.",
            f"Set sipapp.storage.xmldir.freeswitch_user = {names}.",
        )


def _who_can_read(path: Path, directory: int, state: os.stat_result) -> Iterator[Diagnosis]:
    check = "directory.modes"
    if state.st_mode & stat.S_IWOTH:
        yield Diagnosis(
            check,
            "fault",
            f"Everybody on this machine can put files into {path}, and so become an extension.",
            f"chmod o-w {path}",
        )
        return
    # In a directory that others cannot enter, the modes of files do not matter.
    entered = state.st_mode & stat.S_IXOTH
    with os.scandir(directory) as entries:
        # Disabled ones, and copies that editors leave, have passwords too.
        files = [each.stat(follow_symlinks=False) for each in entries if ".xml" in each.name]
    regular = [each.st_mode for each in files if stat.S_ISREG(each.st_mode)]
    writable = sum(bool(mode & stat.S_IWOTH) for mode in regular) if entered else 0
    readable = sum(bool(mode & stat.S_IROTH) for mode in regular) if entered else 0
    if writable:
        yield Diagnosis(
            check,
            "fault",
            f"Everybody on this machine can change {writable} files of {path}.",
            f"chmod o-w {path}/*.xml*",
        )
    elif readable:
        yield Diagnosis(
            check,
            "warning",
            f"Everybody on this machine can read the passwords in {readable} files of {path}, as "
            "far as the folders above let them.",
            f"chmod o-rx {path}, when FreeSWITCH's and sipapp's users own it or are in its group.",
        )
    else:
        yield Diagnosis(check, "ok", f"Nobody else on this machine can read files of {path}.")
