"""Contents to write, verified to be read by FreeSWITCH as they are meant."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sipapp.api import (
    SECRET_FIELDS,
    Extension,
    FieldError,
    InvalidExtension,
    StorageError,
    refuse_unknown_fields,
)
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.directory.entry import entries_of
from sipapp_xmldir.directory.file_names import check_file_name
from sipapp_xmldir.emulation.copying import survives
from sipapp_xmldir.parse.fields import HASH, key_of
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.other_values import NO_OTHERS, OtherChanges
from sipapp_xmldir.parse.reader import decode, read
from sipapp_xmldir.parse.user import Section, User
from sipapp_xmldir.write.editor import EditFailed, change
from sipapp_xmldir.write.escape import escape
from sipapp_xmldir.write.new_file import new_file
from sipapp_xmldir.write.verification import check_change

# switch_xml_ampencode (switch_xml.c:2548) escapes nothing behind it.
_NOT_CARRIED: Final = "FreeSWITCH loses a part of this value because of “<!” in it. Remove that."
_HIDDEN: Final = (
    "FreeSWITCH reads the <{section}> of {origin} and no other: change the value there, or include "
    "that file inside of the user's own <{section}>."
)
_HASHED: Final = "The a1-hash of {origin} wins over every password: remove it there first."


def edited_content(
    old: Extension,
    data: bytes,
    changes: Mapping[str, str],
    around: Surroundings,
    *,
    new_id: str | None = None,
    others: OtherChanges = NO_OTHERS,
) -> bytes:
    """The file's content with these changes, verified to change nothing else for FreeSWITCH.

    Raises ``InvalidExtension`` for values that what the file includes would hide.
    """
    text, utf8 = decode(data)
    _refuse_hidden_values(read(text, around), changes)
    wanted = {**{PLACES[name]: value for name, value in changes.items()}, **others.settings}
    new = {"new_id": new_id, "new_alias": others.alias}
    # A hash that stays would win over the new password.
    removed = HASH if "password" in changes and old.inherited.get("password") else None
    with translated_edit_errors():
        edited = change(text, wanted, around, utf8=utf8, removed=removed, **new)
        changed = edited.encode("utf-8" if utf8 else "latin-1")
        check_change(data, changed, wanted, around, removed=removed, **new)
    return changed


@contextmanager
def translated_edit_errors() -> Iterator[None]:
    """Raise ``StorageError`` for :class:`EditFailed`, with the words that nothing was changed."""
    try:
        yield
    except EditFailed as error:
        raise StorageError(f"{error} Nothing was changed.") from error


def new_content(extension: Extension, folder: Path) -> tuple[bytes, Extension]:
    """The content of a new extension's file, and the extension as read back from that."""
    check_file_name(extension.id)
    values = {name: getattr(extension, name) for name in PLACES}
    _refuse_bad_values(values)
    if not extension.password:
        raise InvalidExtension([_no_secret("password")])
    data = new_file(extension).encode()
    name = f"{extension.id}.xml"
    (entry,) = entries_of(name, str(folder / name), data)
    read = entry.extension
    if read.read_only or any(getattr(read, name) != value for name, value in values.items()):
        raise StorageError(f"{extension.id!r} cannot be written so that it can be read back.")
    return data, read


def changed_values(old: Extension, changes: Mapping[str, str]) -> dict[str, str]:
    """The changes that differ from ``old``; refuses unknown fields, and to empty a secret."""
    refuse_unknown_fields(changes)
    found = {name: value for name, value in changes.items() if getattr(old, name) != value}
    _refuse_bad_values(found)
    empty = [name for name in SECRET_FIELDS if found.get(name) == ""]
    if empty:
        raise InvalidExtension([_no_secret(name) for name in empty])
    return found


def _refuse_hidden_values(users: Sequence[User], changes: Mapping[str, str]) -> None:
    errors = []
    for name in changes:
        section: Section = PLACES[name][0]
        for user in users:
            hashes = [each.origin for each in user.settings if key_of(each) == HASH]
            if section in user.included_sections:
                origin = user.included_sections[section]
                errors.append(FieldError(name, _HIDDEN.format(section=section, origin=origin)))
            elif name == "password" and any(hashes):
                errors.append(FieldError(name, _HASHED.format(origin=hashes[-1])))
    if errors:
        raise InvalidExtension(errors)


def _no_secret(name: str) -> FieldError:
    # Without "password" FreeSWITCH may let anyone register (sofia_reg.c:3333); with an empty
    # "vm-password" it opens the mailbox.
    return FieldError(name, "This must not be empty: FreeSWITCH would let anyone in.")


def _refuse_bad_values(values: Mapping[str, str]) -> None:
    errors = []
    for name, value in values.items():
        try:
            escape(value)
        except ValueError as error:
            errors.append(FieldError(name, str(error)))
        else:
            if not survives(value):
                errors.append(FieldError(name, _NOT_CARRIED))
    if errors:
        raise InvalidExtension(errors)
