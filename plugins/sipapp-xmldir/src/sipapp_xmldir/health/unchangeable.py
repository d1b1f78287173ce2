"""Findings about files that a change of sipapp could not replace, before one is tried."""

import os
import stat
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from sipapp.api import Finding, user_name
from sipapp_xmldir.directory.snapshot import ListedEntry
from sipapp_xmldir.files.account import CAP_FOWNER, may_act_for
from sipapp_xmldir.files.ownership import Ownership, is_lost_to_owner


class _Words(NamedTuple):
    title: str
    meaning: str
    remedy: str


_MOUNTED: Final = _Words(
    title="The file is mounted into the directory by itself",
    meaning="A mount point can be neither replaced nor renamed nor removed, and sipapp does not "
    "write into a file in place: FreeSWITCH could read a part of it. The extension is shown, and "
    "cannot be changed.",
    remedy="Mount the whole folder in place of the file (docker run -v FOLDER:FOLDER), or change "
    "the file by hand where it comes from.",
)


def unchangeable_files(
    directory: Ownership, path: str, listed: Sequence[ListedEntry]
) -> Iterator[Finding]:
    """Files that sipapp could not replace; ``directory`` is whose the directory ``path`` is."""

    # Found by numbers, not by an Ownership for each of perhaps ten thousand files.
    @cache
    def reason_of(user: int, group: int, mode: int) -> _Words | None:
        return _reason(directory, path, Ownership(user, group, stat.S_IMODE(mode)))

    seen: set[str] = set()
    for each in listed:
        state = each.state
        if each.name in seen or not stat.S_ISREG(state.st_mode):
            continue
        seen.add(each.name)
        if each.is_mounted:
            yield _finding(each, "mounted-file", _MOUNTED)
        elif not each.extension.read_only and (
            words := reason_of(state.st_uid, state.st_gid, state.st_mode)
        ):
            yield _finding(each, "unchangeable", words)


def _reason(directory: Ownership, path: str, file: Ownership) -> _Words | None:
    """Why sipapp's user could not replace a file."""
    ours = os.geteuid()
    owner, me = user_name(file.user), user_name(ours)
    is_sticky = directory.mode & stat.S_ISVTX and ours not in {file.user, directory.user}
    if is_sticky and not may_act_for(file.user, CAP_FOWNER):
        return _Words(
            title="sipapp may not replace the file",
            meaning=f"It belongs to {owner}, and the sticky bit of the directory lets nobody else "
            f"replace, rename or remove it. sipapp runs as {me}: changes of the extension are "
            "refused.",
            remedy=f"chmod -t {path}",
        )
    if is_lost_to_owner(file, directory):
        return _Words(
            title=f"{owner} could not read the file after a change",
            meaning=f"A file that sipapp changes belongs to {me}, and {owner}, who owns it now, "
            "could not read it any more. sipapp refuses such changes.",
            remedy=f"Let the file and its folder belong to a group that {owner} and {me} are in: "
            "chgrp, chmod 2770 for the folder, and chmod 0640 for the file.",
        )
    return None


def _finding(listed: ListedEntry, code: str, words: _Words) -> Finding:
    return Finding(
        code=code,
        severity="warning",
        source=listed.extension.source,
        line=None,
        extension=listed.known_id,
        version=listed.extension.version,
        title=words.title,
        meaning=words.meaning,
        remedy=words.remedy,
    )
