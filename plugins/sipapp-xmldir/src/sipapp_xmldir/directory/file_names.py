"""Names of files by the ids of their extensions, and the errors that one is taken."""

from collections.abc import Mapping
from pathlib import Path

from sipapp.api import ExtensionExists, FieldError, InvalidExtension, is_user
from sipapp_xmldir.directory.snapshot import ListedEntry
from sipapp_xmldir.files.atomic_files import DISABLED
from sipapp_xmldir.parse.fields import HASH


class FileNameTaken(ExtensionExists):
    """The file name of a new extension is that of another file."""

    def __init__(self, extension_id: str, file: Path) -> None:
        super().__init__(extension_id)
        self.args = (f"There is a file {file} already, and it holds another extension.",)


class IdConflict(ExtensionExists):
    """The id or alias of a new user and that of another one would lead to the wrong user."""

    def __init__(self, extension_id: str, reason: str) -> None:
        super().__init__(extension_id)
        self.args = (f"FreeSWITCH could not tell {extension_id} from another user: {reason}",)


def stem(name: str) -> str:
    """The name of a file without ``.xml`` and what follows: mostly the id of its only user."""
    return name.split(".xml", maxsplit=1)[0]


def check_file_name(extension_id: str) -> None:
    """Refuse an id that cannot be the name of a file.  Raises ``InvalidExtension``."""
    # No path separators, whatever was validated before.
    if not is_user(extension_id):
        raise InvalidExtension([FieldError("id", "This id cannot be the name of a file.")])


def check_rename(listed: ListedEntry, new_id: str, changes: Mapping[str, str]) -> None:
    """Refuse a new id that cannot be this file's.  Raises ``InvalidExtension``."""
    check_file_name(new_id)
    hashed = listed.extension.inherited.get("password") == HASH[1]
    if hashed and "password" not in changes:
        # md5(id:domain:password), RFC 2617 section 3.2.2.2.
        reason = "The password is kept as a hash that fits the old id only: give a new one."
        raise InvalidExtension([FieldError("password", reason)])


def is_named_after(listed: ListedEntry) -> bool:
    """Whether a file is named after its user."""
    return listed.name in {f"{listed.extension.id}{end}" for end in (".xml", DISABLED)}


def renamed_file(listed: ListedEntry, new_id: str) -> str:
    """The file name after a renaming: a new one only if the file was named after the old id."""
    end = DISABLED if listed.name.endswith(DISABLED) else ".xml"
    return f"{new_id}{end}" if is_named_after(listed) else listed.name
