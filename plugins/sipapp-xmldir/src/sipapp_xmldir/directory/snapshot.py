"""The entries of the directory at one moment, and the user that FreeSWITCH finds by each id."""

import os
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple, Protocol

from sipapp.api import NO_ALIASES, Aliases, Extension, fold_id
from sipapp_xmldir.directory.entry import as_disabled
from sipapp_xmldir.parse.division import Division

Position = tuple[bytes, float]
"""The name of a file, and the place of a user among those of the file."""

UserVersion = tuple[str, str, str]
"""File, folded id and version of a user; with an empty id, the time of the file."""

# A snapshot is patched for so few changed files, and made anew for more.
_MAX_PATCHED_FILES: Final = 32


class ListedEntry(NamedTuple):
    """One entry of the list, and the file and state that it was read from.

    Of several users in a file, the first has the state of now, and others have its rights.
    ``line``, ``type`` and ``interacts`` are as in :class:`Entry`.  ``number`` is that among several
    users of the file, from 0; ``None`` in a file of one.  ``is_mounted`` tells that the file is a
    mount point.
    """

    extension: Extension
    is_read: bool
    name: str
    state: os.stat_result
    line: int
    type: str | None
    interacts: bool
    number: int | None
    is_mounted: bool = False

    @property
    def position(self) -> Position:
        """Where FreeSWITCH meets the user; no two entries have the same."""
        return os.fsencode(self.name), self.number or 0

    @property
    def lookup_key(self) -> tuple[object, ...]:
        """All that decides which ids and aliases lead FreeSWITCH to this user."""
        key = fold_id(self.extension.id), self.is_read, self.extension.aliases, self.type
        return *key, self.interacts

    @property
    def names(self) -> frozenset[str]:
        """The folded id and aliases by which FreeSWITCH finds it, unless another user is first."""
        # A user without an id can have an alias.
        names = self.extension.names if self.is_read else self.extension.aliases
        return frozenset([fold_id(each) for each in names])

    def owns(self, name: str) -> bool:
        """Whether it has a folded id or alias; of a disabled user, only the id counts."""
        if fold_id(self.extension.id) == name:
            return not self.has_no_id
        aliases = self.extension.aliases if self.extension.enabled else ()
        return any(fold_id(each) == name for each in aliases)

    def is_same_user(self, other: "ListedEntry") -> bool:
        """Whether both are the user of one id in one file."""
        return (other.name, other.extension.id) == (self.name, self.extension.id)

    @property
    def has_no_id(self) -> bool:
        """Whether the entry is listed by its file's name because no id is known."""
        return not self.is_read and self.extension.id == self.name

    @property
    def known_id(self) -> str:
        """The id of its extension; empty if none is known."""
        return "" if self.has_no_id else self.extension.id

    @property
    def is_pointer(self) -> bool:
        """Whether it only points to a user elsewhere, and cannot register itself."""
        return self.type is not None and fold_id(self.type) == "pointer"

    @property
    def is_wildcard(self) -> bool:
        """Whether FreeSWITCH finds this user by any id (switch_xml.c:1906)."""
        return self.type is not None and not self.is_pointer


@dataclass(frozen=True)
class Snapshot:
    """The directory at one moment.

    ``by_id`` has the users by folded id; of several with one id, the first.  ``by_name``
    has the user that FreeSWITCH finds by each folded id and alias; by any other, it finds
    ``wildcard``.  ``temporary`` are names of files that killed writers have left.
    ``disabled`` has the disabled users by folded id.  ``divisions`` has the files of several
    users by name.
    """

    listed: Sequence[ListedEntry]
    by_id: Mapping[str, ListedEntry]
    by_name: Mapping[str, ListedEntry]
    wildcard: ListedEntry | None
    temporary: Collection[str]
    disabled: Mapping[str, ListedEntry]
    divisions: Mapping[str, Division]

    @cached_property
    def extensions(self) -> tuple[Extension, ...]:
        """All entries, in FreeSWITCH's order, then the disabled ones."""
        return tuple([each.extension for each in (*self.listed, *self.disabled.values())])

    @cached_property
    def aliases(self) -> Aliases:
        """The aliases by which FreeSWITCH finds users whose id leads to them too."""
        if self.is_plain:
            return NO_ALIASES
        found = {
            alias: each.extension.id
            for each in self.by_id.values()
            for alias in each.extension.aliases
            if each.is_same_user(self.by_name[fold_id(alias)])
        }
        return Aliases(found) if found else NO_ALIASES

    @property
    def is_plain(self) -> bool:
        """Whether all ids differ, and no user has an alias or a type."""
        return len(self.by_id) == len(self.listed) and self.by_name is self.by_id

    def owners(self, name: str) -> Sequence[ListedEntry]:
        """All entries with a folded id or alias; of disabled ones, only the id counts."""
        found = [each[name] for each in (self.by_id, self.disabled) if name in each]
        if not self.is_plain and (found or name in self.by_name):
            found = [*self.listed, *self.disabled.values()]
        return [each for each in found if each.owns(name)]

    @cached_property
    def versions(self) -> frozenset[UserVersion]:
        """The versions of all users, and the times of files that interact with others."""
        entries = (*self.listed, *self.disabled.values())
        found = [
            (each.name, fold_id(each.extension.id), each.extension.version) for each in entries
        ]
        times = [(each.name, "", str(each.state.st_mtime_ns)) for each in entries if each.interacts]
        return frozenset(found + times)

    def find(self, extension_id: str) -> ListedEntry | None:
        """The entry of an id; rather an enabled than a disabled one."""
        key = fold_id(extension_id)
        return self.by_id.get(key) or self.disabled.get(key)


class _File(Protocol):
    @property
    def listed(self) -> Sequence[ListedEntry]: ...

    @property
    def division(self) -> Division | None: ...


def make_snapshot(
    files: Mapping[str, _File], temporary: Collection[str], disabled: Mapping[str, _File]
) -> Snapshot:
    listed = [each for name in _in_order(files) for each in files[name].listed]
    # Of users with one id, the first stays.
    by_id = {fold_id(each.extension.id): each for each in reversed(listed) if each.is_read}
    by_name, wildcard = by_id, None
    if any(each.extension.aliases or each.type is not None for each in listed):
        by_name, wildcard = _by_name(listed)
    if len(by_id) < len(listed) or by_name is not by_id:
        listed = [_shadowed(each, by_name) for each in listed]
        # The same entries, with the reasons.
        by_id = {}
        for is_read in (True, False):
            for each in listed:
                if each.is_read is is_read:
                    by_id.setdefault(fold_id(each.extension.id), each)
    divisions = {
        name: file.division
        for name, file in chain(files.items(), disabled.items())
        if file.division
    }
    out_of_sight = _disabled(disabled, by_id)
    return Snapshot(listed, by_id, by_name, wildcard, tuple(temporary), out_of_sight, divisions)


def _disabled(
    files: Mapping[str, _File], by_id: Mapping[str, ListedEntry]
) -> dict[str, ListedEntry]:
    """The disabled users by folded id, less those whose id an enabled user has."""
    found: dict[str, ListedEntry] = {}
    for name in _in_order(files):
        for each in files[name].listed:
            key = fold_id(each.extension.id)
            if not each.has_no_id and key not in by_id:
                found.setdefault(key, each._replace(extension=as_disabled(each.extension)))
    return found


def patched_snapshot(
    old: Snapshot, files: Mapping[str, _File], names: Sequence[str]
) -> Snapshot | None:
    """A copy of a snapshot with some changed files; ``None`` if ids or aliases have changed."""
    if len(names) > _MAX_PATCHED_FILES or not old.is_plain:
        return None
    listed, by_id, divisions = list(old.listed), dict(old.by_id), dict(old.divisions)
    for name in names:
        after = files[name].listed if name in files else ()
        start = bisect_left(listed, os.fsencode(name), key=_place)
        end = start + len(after)
        before = listed[start:end]
        is_same = after and len(before) == len(after) and before[-1].name == name
        if not is_same or (end < len(listed) and listed[end].name == name):
            return None
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old is not new]
        if any(old.lookup_key != new.lookup_key for old, new in changed):
            return None
        listed[start:end] = after
        by_id |= {fold_id(new.extension.id): new for _, new in changed}
        division = files[name].division
        if division:
            divisions[name] = division
    return replace(old, listed=listed, by_id=by_id, by_name=by_id, divisions=divisions)


def _place(listed: ListedEntry) -> bytes:
    return os.fsencode(listed.name)


def _in_order(names: Collection[str]) -> Sequence[str]:
    # glob(3) sorts by bytes, as FreeSWITCH never calls setlocale.
    return sorted(names, key=None if "".join(names).isascii() else os.fsencode)


def _by_name(listed: Sequence[ListedEntry]) -> tuple[dict[str, ListedEntry], ListedEntry | None]:
    """The user that FreeSWITCH finds by each id and alias, and the one by any other name."""
    by_name: dict[str, ListedEntry] = {}
    wildcard = None
    for each in listed:
        if each.is_read:
            by_name.setdefault(fold_id(each.extension.id), wildcard or each)
        for alias in each.extension.aliases:
            by_name.setdefault(fold_id(alias), wildcard or each)
        wildcard = wildcard or (each if each.is_wildcard else None)
    return by_name, wildcard


def _shadowed(listed: ListedEntry, by_name: Mapping[str, ListedEntry]) -> ListedEntry:
    """The entry, made read-only if FreeSWITCH finds another user by its id."""
    key = fold_id(listed.extension.id)
    first = by_name.get(key)
    if not listed.is_read or first is listed or first is None:
        return listed
    if listed.name == first.name and listed.extension.read_only:
        return listed  # it says so of both
    if fold_id(first.extension.id) == key:
        why = "which has the same id and comes first"
    elif key in (fold_id(each) for each in first.extension.aliases):
        why = "which has this id as number-alias and comes first"
    else:
        why = f'which has type="{first.type}" and is taken for all who come after it'
    if listed.name == first.name:
        reason = f"In {listed.name} it is shadowed by {first.extension.id}, {why}."
    else:
        reason = f"{listed.name} is shadowed by {first.name}, {why}."
    return listed._replace(extension=replace(listed.extension, read_only=reason))
