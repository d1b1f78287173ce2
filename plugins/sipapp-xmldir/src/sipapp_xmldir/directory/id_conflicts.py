"""The check of every change that makes an id or alias visible, or takes one out of sight.

FreeSWITCH finds the first user whose id or ``number-alias`` it looks for, in the order of the
files' names, or whose type is another one than "pointer" (switch_xml.c:408-462 and 1906).
"""

import os
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from sipapp.api import Extension, ExtensionExists, ReadOnlyExtension, StorageError
from sipapp_xmldir.directory.entry import entries_of
from sipapp_xmldir.directory.file_names import IdAnswered
from sipapp_xmldir.directory.snapshot import Listed, Snapshot
from sipapp_xmldir.emulation.directory import Source
from sipapp_xmldir.emulation.neighbours import swallows_next
from sipapp_xmldir.files.atomic_files import DISABLED
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.parse.case import fold_id


def check_coming(
    directory: int,
    snapshot: Snapshot,
    files: Iterable[tuple[str, bytes]],
    variables: Mapping[str, str],
    *,
    leaving: Listed | None = None,
) -> None:
    """Refuse a change after which an id or alias would lead FreeSWITCH to somebody else.

    ``files`` are names and contents of what will be there in the place of the file ``leaving``.
    Who comes must not take what belongs to another one, nor be hidden by one; and what belongs
    to who goes must not lead to another one.  Raises ``ExtensionExists``,
    ``ReadOnlyExtension``, and ``StorageError`` if FreeSWITCH would not see a file.
    """
    others = _Others(snapshot, leaving)
    users = [
        (file, each.extension) for file, data in files for each in entries_of(file, file, data)
    ]
    if leaving and leaving.extension.enabled:
        names = {fold_id(name) for file, user in users if _is_seen(file) for name in user.names}
        others.refuse_to_uncover(leaving, names)
    came: set[str] = set()
    for file, user in users:
        if fold_id(user.id) in came:
            raise ExtensionExists(user.id)
        came.add(fold_id(user.id))
        others.refuse_taken(user, file)
    new = [file for file, _ in users if _is_seen(file) and not (leaving and file == leaving.name)]
    if new:
        _refuse_to_be_swallowed(directory, others.seen, new, variables)


class _Others:
    """The users of all files but the one that leaves."""

    def __init__(self, snapshot: Snapshot, leaving: Listed | None) -> None:
        self._snapshot = snapshot
        self._leaving = leaving

    @property
    def seen(self) -> Sequence[Listed]:
        """Those in the files that FreeSWITCH reads, in its order."""
        old = self._leaving
        listed = self._snapshot.listed
        return [each for each in listed if each.name != old.name] if old else listed

    def refuse_taken(self, user: Extension, file: str) -> None:
        """Refuse a user in a file of that name whose id or alias is another one's."""
        for name in user.names if _is_seen(file) else [user.id]:
            for other in self._holders(fold_id(name)):
                if not self._may_share(fold_id(name), other, file, as_id=name == user.id):
                    raise _taken(user, name, other)
        wild = self._snapshot.wild
        if wild and _is_seen(file) and _is_before(wild.name, file):
            kind = f'type="{wild.type}"'
            reason = f"{wild.name} has a user with {kind}, whom FreeSWITCH takes for all."
            raise IdAnswered(user.id, reason)

    def refuse_to_uncover(self, leaving: Listed, came: Collection[str]) -> None:
        """Refuse to let go an id or alias by which FreeSWITCH would then find another one."""
        wild = [self._snapshot.wild] if self._snapshot.wild else []
        for name in sorted(leaving.names.difference(came)):
            found = [each for each in self._holders(name) if name in each.names]
            others = [each for each in (*found, *wild) if not each.is_pointer]
            first = min(others, key=lambda each: os.fsencode(each.name), default=None)
            if first and _is_before(leaving.name, first.name):
                raise ReadOnlyExtension(leaving.extension.id, _uncovered(leaving, name, first))

    def _holders(self, name: str) -> Sequence[Listed]:
        old = self._leaving
        found = self._snapshot.holders(name)
        return [each for each in found if each.name != old.name] if old else found

    def _may_share(self, name: str, other: Listed, file: str, *, as_id: bool) -> bool:
        """Whether a user of that file may have a name that another one has too."""
        if not _is_seen(file):
            return fold_id(other.extension.id) != name
        is_first = _is_before(file, other.name)
        if other.is_pointer and is_first:
            return True
        old = self._leaving
        if old is None or not old.extension.enabled:
            return False
        # What somebody made so by hand may stay as it is.
        is_as_before = is_first is _is_before(old.name, other.name) or not other.extension.enabled
        return is_as_before and name in ([fold_id(old.extension.id)] if as_id else old.names)


def _is_seen(file: str) -> bool:
    """Whether FreeSWITCH reads a file of that name."""
    return not file.endswith(DISABLED)


def _is_before(file: str, other: str) -> bool:
    return os.fsencode(file) < os.fsencode(other)


def _taken(user: Extension, name: str, other: Listed) -> ExtensionExists:
    is_id = fold_id(other.extension.id) == fold_id(name)
    if name != user.id:
        whose = "the id" if is_id else "the number-alias"
        reason = f"its number-alias {name} is {whose} of a user in {other.name}."
        return IdAnswered(user.id, reason)
    if is_id:
        return ExtensionExists(user.id)
    return IdAnswered(user.id, f"{other.name} has a user with this number-alias.")


def _uncovered(leaving: Listed, name: str, other: Listed) -> str:
    words = "this id" if name == fold_id(leaving.extension.id) else f"its number-alias {name}"
    return (
        f"without it, FreeSWITCH would find the user of {other.name} by {words}, and let in "
        f"whoever knows that one's password. Change {other.name} by hand first."
    )


def _refuse_to_be_swallowed(
    directory: int, seen: Sequence[Listed], new: Sequence[str], variables: Mapping[str, str]
) -> None:
    """Refuse new files behind one that FreeSWITCH takes for longer than it is."""
    for name in _odd_predecessors(seen, new):
        with suppress(OSError):  # FreeSWITCH skips what it cannot read
            data, _ = read_file(directory, name, follow=True)
            if swallows_next(Source(name, data), variables):
                raise StorageError(
                    f"FreeSWITCH would not see the new file: a quote or comment that is not "
                    f"closed in {name} swallows it. Mend {name} first. Nothing was changed."
                )


def _odd_predecessors(seen: Sequence[Listed], new: Sequence[str]) -> set[str]:
    """The files that FreeSWITCH reads just before the new ones, if sipapp cannot change them."""
    if not new or not any(each.extension.read_only for each in seen):
        return set()
    order = [os.fsencode(each.name) for each in seen]
    places = (bisect_left(order, os.fsencode(name)) - 1 for name in new)
    before = [seen[place] for place in places if place >= 0]
    return {each.name for each in before if each.extension.read_only}
