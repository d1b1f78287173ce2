"""The check of every change that makes an id or alias visible, or takes one out of sight.

FreeSWITCH finds the first user whose id or ``number-alias`` it looks for, in the order of the
files' names, or whose type is another one than "pointer" (switch_xml.c:408-462 and 1906).
"""

import os
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from sipapp.api import Extension, ExtensionExists, ReadOnlyExtension, StorageError, fold_id
from sipapp_xmldir.directory.answers import check_answers
from sipapp_xmldir.directory.arrival import Arrival, is_seen
from sipapp_xmldir.directory.entry import Entry
from sipapp_xmldir.directory.file_names import IdConflict
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.neighbours import swallows_next
from sipapp_xmldir.files.regular_files import read_file


def arrivals_of(file: str, entries: Sequence[Entry]) -> Sequence[Arrival]:
    """All users of a new file of that name; those of files that it includes are not its own."""
    own = (each for each in entries if not each.is_included)
    return [Arrival(file, number, None, each) for number, each in enumerate(own)]


def check_id_conflicts(
    directory: int,
    snapshot: Snapshot,
    arrivals: Sequence[Arrival],
    contents: Mapping[str, bytes],
    variables: Mapping[str, str],
    *,
    removed: ListedEntry | None = None,
    is_domain_file: bool = False,
) -> None:
    """Refuse a change after which FreeSWITCH would find another user by an id or alias.

    ``arrivals`` are the users that come, also in the place of ``removed``, and ``contents`` those
    of new and changed files by name.  A user who comes must not take an id or alias of another
    one, nor be hidden by one; and an id or alias of the removed user must not lead to another
    one.  Raises ``ExtensionExists``, ``ReadOnlyExtension``, and ``StorageError`` if FreeSWITCH
    would not see a file.

    The entries of the snapshot tell it of files that can be read one by one; where a file bears
    on others, the emulation is asked as well; a file with a whole domain stands alone.
    """
    others = _OtherUsers(snapshot, removed)
    seen = [each for each in arrivals if is_seen(each.file)]
    if removed and removed.extension.enabled:
        users = [each.entry.extension for each in seen]
        others.refuse_uncovered(removed, {fold_id(name) for user in users for name in user.names})
    added_ids: set[str] = set()
    for each in arrivals:
        user = each.entry.extension
        if fold_id(user.id) in added_ids:
            raise ExtensionExists(user.id)
        added_ids.add(fold_id(user.id))
        others.refuse_taken(each)
    old = removed.name if removed else ""
    new = [each.file for each in seen if each.number is None and each.file != old]
    if is_domain_file:
        return
    if new:
        _refuse_hidden_files(directory, others.seen, new, variables)
    interacts = any(each.entry.interacts for each in arrivals)
    if interacts or any(each.interacts for each in snapshot.listed):
        changed = {file: data for file, data in contents.items() if is_seen(file)}
        check_answers(directory, snapshot, arrivals, changed, variables, removed=removed)


class _OtherUsers:
    """The users of all files but the removed one."""

    def __init__(self, snapshot: Snapshot, removed: ListedEntry | None) -> None:
        self._snapshot = snapshot
        self._removed = removed

    @property
    def seen(self) -> Sequence[ListedEntry]:
        """The users that FreeSWITCH reads, in its order."""
        return self._without_removed(self._snapshot.listed)

    def refuse_taken(self, arrival: Arrival) -> None:
        """Refuse a user who comes, and whose id or alias another user has."""
        user = arrival.entry.extension
        for name in user.names if is_seen(arrival.file) else [user.id]:
            for other in self._owners(fold_id(name)):
                if not self._may_share(fold_id(name), other, arrival, as_id=name == user.id):
                    raise _taken(user, name, other)
        wildcard = self._snapshot.wildcard
        if wildcard and is_seen(arrival.file) and not self._stays_before(wildcard, arrival):
            kind = f'type="{wildcard.type}"'
            reason = f"{wildcard.name} has a user with {kind}, whom FreeSWITCH takes for all."
            raise IdConflict(user.id, reason)

    def _stays_before(self, wildcard: ListedEntry, arrival: Arrival) -> bool:
        """Whether the user hides no id from the wildcard that was not hidden before.

        A new one would, and could not be taken back: see :meth:`refuse_uncovered`.
        """
        old = self._removed
        is_before = arrival.position < wildcard.position
        if old is None or not old.extension.enabled or not is_before:
            return False
        return {fold_id(name) for name in arrival.entry.extension.names} <= old.names

    def refuse_uncovered(self, removed: ListedEntry, added_ids: Collection[str]) -> None:
        """Refuse to remove an id or alias by which FreeSWITCH would then find another user."""
        wildcard = [self._snapshot.wildcard] if self._snapshot.wildcard else []
        for name in sorted(removed.names.difference(added_ids)):
            found = [each for each in self._owners(name) if name in each.names]
            others = [each for each in (*found, *wildcard) if not each.is_pointer]
            first = min(others, key=lambda each: each.position, default=None)
            if first and removed.position < first.position:
                raise ReadOnlyExtension(removed.extension.id, _uncovered(removed, name, first))

    def _owners(self, name: str) -> Sequence[ListedEntry]:
        return self._without_removed(self._snapshot.owners(name))

    def _without_removed(self, entries: Sequence[ListedEntry]) -> Sequence[ListedEntry]:
        old = self._removed
        if old is None:
            return entries
        # Of a file whose users are not told apart, all are meant.
        if old.number is None:
            return [each for each in entries if each.name != old.name]
        return [each for each in entries if each.position != old.position]

    def _may_share(self, name: str, other: ListedEntry, arrival: Arrival, *, as_id: bool) -> bool:
        """Whether a user who comes may have an id or alias that ``other`` has too."""
        if not is_seen(arrival.file):
            return fold_id(other.extension.id) != name
        is_first = arrival.position < other.position
        if other.is_pointer and is_first:
            return True
        old = self._removed
        if old is None or not old.extension.enabled:
            return False
        # A conflict that was made by hand may stay as it is.
        was_first = old.position < other.position
        is_as_before = is_first is was_first or not other.extension.enabled
        return is_as_before and name in ([fold_id(old.extension.id)] if as_id else old.names)


def _taken(user: Extension, name: str, other: ListedEntry) -> ExtensionExists:
    is_id = fold_id(other.extension.id) == fold_id(name)
    if name != user.id:
        whose = "the id" if is_id else "the number-alias"
        reason = f"its number-alias {name} is {whose} of a user in {other.name}."
        return IdConflict(user.id, reason)
    if is_id:
        return ExtensionExists(user.id)
    return IdConflict(user.id, f"{other.name} has a user with this number-alias.")


def _uncovered(removed: ListedEntry, name: str, other: ListedEntry) -> str:
    words = "this id" if name == fold_id(removed.extension.id) else f"its number-alias {name}"
    return (
        f"without it, FreeSWITCH would find the user of {other.name} by {words}, and let in "
        f"whoever knows that one's password. Change {other.name} by hand first."
    )


def _refuse_hidden_files(
    directory: int, seen: Sequence[ListedEntry], new: Sequence[str], variables: Mapping[str, str]
) -> None:
    """Refuse new files behind one that swallows the beginning of the next."""
    for name in _read_only_predecessors(seen, new):
        with suppress(OSError):  # FreeSWITCH skips what it cannot read
            data, _ = read_file(directory, name, follow=True)
            if swallows_next(Source(name, data), variables):
                raise StorageError(
                    f"FreeSWITCH would not see the new file: a quote or comment that is not "
                    f"closed in {name} swallows it. Mend {name} first. Nothing was changed."
                )


def _read_only_predecessors(seen: Sequence[ListedEntry], new: Sequence[str]) -> set[str]:
    """The read-only files that FreeSWITCH reads just before the new ones."""
    if not new or not any(each.extension.read_only for each in seen):
        return set()
    order = [os.fsencode(each.name) for each in seen]
    places = (bisect_left(order, os.fsencode(name)) - 1 for name in new)
    before = [seen[place] for place in places if place >= 0]
    return {each.name for each in before if each.extension.read_only}
