"""Which ids and names of files are free, and by which id FreeSWITCH would find whom."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sipapp.api import (
    Extension,
    ExtensionExists,
    FieldError,
    InvalidExtension,
    ReadOnlyExtension,
)
from sipapp_xmldir.entries import HASH
from sipapp_xmldir.files import DISABLED
from sipapp_xmldir.index import Listed, Snapshot

# The id becomes a file name: nothing that leads elsewhere, whatever was checked before.
_FILE_STEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class FileNameTaken(ExtensionExists):
    """The file that a new extension would get holds something else."""

    def __init__(self, extension_id: str, file: Path) -> None:
        super().__init__(extension_id)
        self.args = (f"There is a file {file} already, and it holds another extension.",)


class IdAnswered(ExtensionExists):
    """FreeSWITCH would find another user by the id of a new one, or the other way round."""

    def __init__(self, extension_id: str, reason: str) -> None:
        super().__init__(extension_id)
        self.args = (f"FreeSWITCH could not tell {extension_id} from another user: {reason}",)


def check_file_name(extension_id: str) -> None:
    """Refuse an id that cannot be the name of a file.  Raises ``InvalidExtension``."""
    if not _FILE_STEM.fullmatch(extension_id):
        raise InvalidExtension([FieldError("id", "This id cannot be the name of a file.")])


def check_rename(
    snapshot: Snapshot, listed: Listed, new_id: str, changes: Mapping[str, str]
) -> None:
    """Refuse a new id that FreeSWITCH or this directory could not cope with.

    Raises ``InvalidExtension``, ``ExtensionExists`` and ``ReadOnlyExtension``.
    """
    check_file_name(new_id)
    hashed = listed.extension.inherited.get("password") == HASH[1]
    if hashed and "password" not in changes:
        # md5(id:domain:password), RFC 2617 section 3.2.2.2.
        reason = "The password is kept as a hash that fits the old id only: give a new one."
        raise InvalidExtension([FieldError("password", reason)])
    if new_id.lower() == listed.extension.id.lower():
        return
    taken = snapshot.find(new_id)
    if taken and not taken.nameless:
        raise ExtensionExists(new_id)
    if listed.extension.enabled:
        refuse_confusion(snapshot, new_id)
        refuse_to_uncover(snapshot, listed)


def renamed_file(listed: Listed, new_id: str) -> str:
    """The name of its file then: another one only if it was called after the old id."""
    end = DISABLED if listed.name.endswith(DISABLED) else ".xml"
    return f"{new_id}{end}" if listed.name == f"{listed.extension.id}{end}" else listed.name


def refuse_to_uncover(snapshot: Snapshot, listed: Listed) -> None:
    """Refuse to delete a user if FreeSWITCH would then find another one by the same id."""
    key = listed.extension.id.lower()
    for each in snapshot.listed:
        if not each.certain or each.name == listed.name or each.is_pointer:
            continue
        if each.is_wild or key in {each.extension.id.lower(), each.alias.lower()}:
            reason = (
                f"without it, FreeSWITCH would find the user of {each.name} by this id, and let "
                f"in whoever knows that one's password. Change {each.name} by hand first."
            )
            raise ReadOnlyExtension(listed.extension.id, reason)


def refuse_taken_ids(snapshot: Snapshot, extensions: Sequence[Extension]) -> None:
    """Refuse new users of whom one has the id of another."""
    wanted: set[str] = set()
    for each in extensions:
        key = each.id.lower()
        taken = snapshot.find(key)
        if key in wanted or (taken and not taken.nameless):
            raise ExtensionExists(each.id)
        refuse_confusion(snapshot, each.id)
        wanted.add(key)


def refuse_confusion(snapshot: Snapshot, extension_id: str) -> None:
    """Refuse a new user that FreeSWITCH would take for another, or another for it."""
    alias = snapshot.answers.get(extension_id.lower())
    if alias:
        raise IdAnswered(extension_id, f"{alias.name} has a user with this number-alias.")
    wild = snapshot.wild
    if wild and os.fsencode(wild.name) < os.fsencode(f"{extension_id}.xml"):
        reason = f'{wild.name} has a user with type="{wild.type}", whom FreeSWITCH takes for all.'
        raise IdAnswered(extension_id, reason)
