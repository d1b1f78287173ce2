"""One change of the files of a directory, under the lock: users replaced, put in, taken out."""

import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from sipapp.api import (
    SECRET_FIELDS,
    Extension,
    StorageError,
    StorageUnavailable,
    VersionConflict,
    fold_id,
)
from sipapp_xmldir.directory.arrival import Arrival
from sipapp_xmldir.directory.entry import Entry
from sipapp_xmldir.directory.file_names import FileNameTaken, IdConflict, stem
from sipapp_xmldir.directory.folder import CurrentUser, Folder
from sipapp_xmldir.directory.id_conflicts import arrivals_of, check_id_conflicts
from sipapp_xmldir.directory.remembered_place import (
    MAX_NEIGHBOURS,
    RememberedPlace,
    digest,
    noted_place,
)
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.files.account import Account
from sipapp_xmldir.files.atomic_files import (
    DISABLED,
    put_file,
    remove_file,
    replace_file,
)
from sipapp_xmldir.files.backup import read_attributes
from sipapp_xmldir.files.ownership import Ownership
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.health.variables import Variables
from sipapp_xmldir.outside import OutsideUsers
from sipapp_xmldir.parse.division import Division
from sipapp_xmldir.parse.reader import decode, refuse_inclusions
from sipapp_xmldir.parse.usual_file import REFERENCE
from sipapp_xmldir.parse.xml_elements import Unreadable
from sipapp_xmldir.write.contents import translated_edit_errors
from sipapp_xmldir.write.new_file import new_user
from sipapp_xmldir.write.placing import (
    PutIn,
    first_indent,
    in_manner_of,
    put_at,
    put_beside,
    put_first,
    take_out,
)
from sipapp_xmldir.write.verification import check_rest


class Target(NamedTuple):
    """The place that a user gets: a new file, or one of ``old`` state with other users.

    ``arrivals`` are what the checks of ids have to know.
    """

    name: str
    data: bytes
    old: os.stat_result | None
    arrivals: Sequence[Arrival]


class OpenedFile(NamedTuple):
    """A file of users as it is: where they stand, their entries, and its state."""

    division: Division
    entries: Sequence[Entry]
    state: os.stat_result


@dataclass(frozen=True)
class Change:
    """A change in an open directory; ``snapshot`` is what is in that.

    ``find_readers`` gives the accounts that have to read new files.  ``shared`` is the name of a
    file that stays when its last user goes, if there is one.  ``outside`` are the users of the
    domain who are in no file of the directory.
    """

    folder: Folder
    directory: int
    snapshot: Snapshot
    variables: Variables
    find_readers: Callable[[int], Sequence[Account]]
    shared: str
    outside: OutsideUsers

    @property
    def readers(self) -> Sequence[Account]:
        """The accounts that have to read new files."""
        return self.find_readers(self.directory)

    def has_own_file(self, user: CurrentUser) -> bool:
        """Whether the file is the user's own, and comes and goes with it."""
        return user.is_only and user.listed.name != self.shared

    def check(
        self,
        arrivals: Sequence[Arrival],
        contents: Mapping[str, bytes],
        removed: ListedEntry | None = None,
    ) -> None:
        """Refuse a change after which an id or alias would lead to another user."""
        had = removed.extension.names if removed and removed.extension.enabled else ()
        for each in arrivals:
            self.outside.refuse_taken(each.entry.extension, had)
        domain_file = self.folder.domain_file
        check_id_conflicts(
            self.directory,
            self.snapshot,
            arrivals,
            contents,
            self.variables.values,
            removed=removed,
            is_domain_file=bool(domain_file),
        )
        if domain_file in contents:
            ids = {fold_id(each.entry.extension.id) for each in arrivals}
            if removed and removed.extension.enabled:
                ids.discard(fold_id(removed.extension.id))
            self._refuse_hidden_by_pointer(contents[domain_file], ids)

    def _refuse_hidden_by_pointer(self, data: bytes, ids: AbstractSet[str]) -> None:
        """Refuse new ids of which pointers come first in the file of a domain."""
        name = self.folder.domain_file
        entries = self.folder.entries_of(name, name, data) if ids else ()
        for each in entries:
            if each.type is not None and fold_id(each.extension.id) in ids:
                reason = f'{name} has a user with type="pointer" and this id before it.'
                raise IdConflict(each.extension.id, reason)

    def arrival(self, user: CurrentUser, alone: bytes, name: str) -> Arrival:
        """The user as it comes back to its place; ``alone`` is a file of it alone."""
        listed = user.listed
        entry, *_ = self.folder.entries_alone(name, listed.extension.source, alone)
        return Arrival(name, listed.number or 0, listed.number, entry)

    def with_text(self, user: CurrentUser, text: bytes) -> Division:
        """The file with another text of the user; FreeSWITCH reads all others as before."""
        old, number = user.place
        new = old.with_text(number, text)
        with translated_edit_errors():
            if not user.is_only or old.is_domain:
                check_rest(old, new, self.variables.values, gone=number, come=number)
        return new

    def replace(self, user: CurrentUser, new: Division, entry: Entry) -> None:
        """Write the file of a user.  Raises ``VersionConflict`` if it is another one now."""
        gets = own_secrets(entry.extension) - own_secrets(user.listed.extension)
        self._write(user.listed, new.data, user.state, closes=bool(gets))

    def remove(self, user: CurrentUser, left: Mapping[str, bytes]) -> None:
        """Take a user away: its file, or its text in a file of others.

        ``left`` is what :meth:`contents_without` gave.
        """
        if user.listed.name in left:
            self._write(user.listed, left[user.listed.name], user.state, closes=False)
        else:
            self.folder.remove(self.directory, user.listed, user.state)

    def contents_without(self, user: CurrentUser) -> Mapping[str, bytes]:
        """The content of the user's file without it; nothing if the file goes too.

        FreeSWITCH reads all others as before.  Raises ``StorageError`` if the user could not come
        back to it.
        """
        if self.has_own_file(user):
            return {}
        old, number = user.place
        _refuse_inclusions(user.listed.name, old.data)
        left = take_out(old, number).division
        with translated_edit_errors():
            check_rest(old, left, self.variables.values, gone=number)
        return {user.listed.name: left.data}

    def remembered(self, user: CurrentUser) -> RememberedPlace | None:
        """The place of a user among others; ``None`` in a file of its own."""
        if self.has_own_file(user):
            return None
        division, number = user.place
        taken = take_out(division, number)
        ids = [each.extension.id for each in self._entries(user.listed)]
        return RememberedPlace(
            user.listed.name,
            number,
            taken.offset,
            taken.before.decode("ascii"),
            taken.after.decode("ascii"),
            digest(taken.division.data),
            ids[:number][: -MAX_NEIGHBOURS - 1 : -1],
            ids[number + 1 :][:MAX_NEIGHBOURS],
        )

    def _entries(self, listed: ListedEntry) -> Sequence[ListedEntry]:
        """All entries of the file of one."""
        entries = self.snapshot.listed
        if not listed.extension.enabled:
            entries = sorted(self.snapshot.disabled.values(), key=lambda each: each.position)
        return [each for each in entries if each.name == listed.name]

    def own_file(self, name: str, data: bytes) -> Target:
        """A new file as the place of a user."""
        return Target(
            name, data, None, arrivals_of(name, self.folder.entries_alone(name, name, data))
        )

    def target(self, place: RememberedPlace, text: bytes, alone: bytes) -> Target:
        """The place that is remembered, or the nearest to it, for a user of that text.

        ``alone`` is the content of a file of the user alone, for when the file is gone.
        """
        opened = self.opened(place.file)
        if opened is None:
            return self.own_file(place.file, alone)
        division, entries, state = opened
        put = self._put(division, entries, place, text)
        with translated_edit_errors():
            check_rest(division, put.division, self.variables.values, come=put.number)
        entry, *_ = self.folder.entries_alone(place.file, place.file, alone)
        arrival = Arrival(place.file, put.number - 0.5, put.number, entry)
        return Target(place.file, put.division.data, state, [arrival])

    def opened(self, name: str) -> OpenedFile | None:
        """A file of users as it is; ``None`` if there is none of that name.

        Raises ``StorageError`` if its users cannot be told.
        """
        try:
            data, state = read_file(self.directory, name)
        except FileNotFoundError:
            if self.folder.domain_file:
                raise
            return None
        entries = self.folder.entries_of(name, name, data)
        place = entries[0].place
        try:
            division = place.division if place else self.folder.divide(name, data)
        except Unreadable as error:
            raise _not_divided(name, error) from error
        _refuse_inclusions(name, data)
        return OpenedFile(division, entries, state)

    def added(self, division: Division, extension: Extension) -> Division:
        """A file with a new user behind the last one, in the manner of that."""
        lines = new_user(extension)
        if division.count:
            last = division.last
            text = in_manner_of(lines, division, last)
            put = put_beside(division, last, text, behind=True)
        else:
            line_end = (division.line_end + first_indent(division)).decode()
            put = self._put_first(division, line_end.join(lines).encode())
        check_rest(division, put.division, self.variables.values, come=put.number)
        return put.division

    def write_shared(self, name: str, data: bytes, old: os.stat_result) -> None:
        """Write a file that has new users.  Raises ``StorageUnavailable``."""
        if not replace_file(self.directory, name, data, old, self.readers):
            raise _just_changed(name)

    def _put(
        self, division: Division, entries: Sequence[Entry], place: RememberedPlace, text: bytes
    ) -> PutIn:
        if place.fits(division.data):
            around = place.before.encode(), place.after.encode()
            return put_at(division, place.number, place.offset, text, around=around)
        found = place.neighbour([each.extension.id for each in entries])
        if found:
            return put_beside(division, found[0], text, behind=found[1])
        if division.count:
            return put_beside(division, 0, text, behind=False)
        return self._put_first(division, text)

    def _put_first(self, division: Division, text: bytes) -> PutIn:
        put = put_first(division, text)
        if put is None:
            wanted = "<users> and </users>" if division.is_domain else "</include>"
            raise StorageError(
                f"It is not known where the file has its users. Write {wanted} on a line of its "
                "own into it. Nothing was changed."
            )
        return put

    def put(self, target: Target, ownership: Ownership, attributes: Mapping[str, bytes]) -> None:
        """Write a user to its new place."""
        if target.old is None:
            try:
                put_file(
                    self.directory,
                    target.name,
                    target.data,
                    ownership,
                    attributes=attributes,
                    readers=self.readers,
                )
            except FileExistsError:
                raise FileNameTaken(stem(target.name), self.folder.path / target.name) from None
        else:
            self.write_shared(target.name, target.data, target.old)

    def move(self, user: CurrentUser, target: Target, left: Mapping[str, bytes]) -> None:
        """Move a user to another place: it is written there first, so that no crash loses it.

        ``left`` is what :meth:`contents_without` gave.
        """
        listed = user.listed
        attributes = read_attributes(self.directory, listed.name)
        if target.old is None and target.name.endswith(DISABLED):
            self.remove_leftover(listed)
        self.put(target, Ownership.of(user.state), attributes)
        put = os.stat(target.name, dir_fd=self.directory, follow_symlinks=False)
        try:
            self.remove(user, left)
        except BaseException:
            if target.old is None:
                with suppress(OSError):
                    remove_file(self.directory, target.name, put)
            raise

    def remove_leftover(self, listed: ListedEntry) -> None:
        """Remove the disabled copy of a user that a writer left who was killed during a move."""
        name = disabled_name(listed)
        try:
            data, state = read_file(self.directory, name)
        except OSError:
            return
        place = noted_place(data)
        ids = [fold_id(each.extension.id) for each in self.folder.entries_alone(name, name, data)]
        if place and place.file == listed.name and ids == [fold_id(listed.extension.id)]:
            remove_file(self.directory, name, state)

    def _write(
        self, listed: ListedEntry, data: bytes, old: os.stat_result, *, closes: bool
    ) -> None:
        readers = self.readers if closes else None
        if not replace_file(self.directory, listed.name, data, old, readers):
            raise VersionConflict(listed.extension.id)


def disabled_name(listed: ListedEntry) -> str:
    """The name of the file that a user of a file of several is disabled in."""
    return f"{stem(listed.name)}.{listed.extension.id}{DISABLED}"


def own_secrets(extension: Extension) -> AbstractSet[tuple[str, str]]:
    """The names and values of secrets that stand in an extension's file itself."""
    values = {
        name: extension.inherited.get(name) or getattr(extension, name) for name in SECRET_FIELDS
    }
    return {each for each in values.items() if each[1] and not each[1].startswith(REFERENCE)}


def _refuse_inclusions(name: str, data: bytes) -> None:
    """Refuse a file of several users that may include others."""
    try:
        refuse_inclusions(decode(data)[0])
    except Unreadable as error:
        raise _not_divided(name, error) from error


def _not_divided(name: str, error: Unreadable) -> StorageError:
    return StorageError(f"{name} {error}. Mend it by hand. Nothing was changed.")


def _just_changed(name: str) -> StorageUnavailable:
    return StorageUnavailable(
        f"{name} has just been changed by another program. Nothing was changed; try again."
    )
