"""FreeSWITCH's answer for each id and alias before and after a change, by the emulation.

It is asked where files bear on each other: one that includes another, sets a variable that is
the id in another, leaves a quote open, ends the list of users, ...
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Final, NamedTuple

from sipapp.api import ReadOnlyExtension, StorageError, fold_id
from sipapp_xmldir.directory.arrival import Arrival, is_seen
from sipapp_xmldir.directory.entry import Entry
from sipapp_xmldir.directory.file_names import IdConflict
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.emulation.copying import serialize
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.emulation.neighbours import is_isolated
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.files.regular_files import read_file

_LOOKED_FOR: Final = (b"id", b"number-alias")
# No user can have it as id or alias, so that it finds a user who is found by any name.
_ANY_OTHER_NAME: Final = b"\0"
_REFERENCE: Final = b"$${"


def check_answers(
    directory: int,
    snapshot: Snapshot,
    arrivals: Sequence[Arrival],
    new: Mapping[str, bytes],
    variables: Mapping[str, str],
    *,
    removed: ListedEntry | None,
) -> None:
    """Refuse a change after which FreeSWITCH would give another answer for an id or alias.

    ``arrivals`` are the users that come, in the place of ``removed``; ``new`` are names and
    contents of files that FreeSWITCH will read, also in the place of the file of that.  Raises as
    :func:`.id_conflicts.check_id_conflicts`.
    """
    files = _Files(directory, snapshot, variables)
    old = removed if removed and removed.extension.enabled else None
    arriving = [each for each in arrivals if is_seen(each.file)]
    names = files.needed(new, [each.entry for each in arriving], old)
    before = files.read(names)
    after = dict(before)
    if old:
        after.pop(old.name, None)
    after |= {name: files.source(name, data) for name, data in new.items()}
    gone = [(files.path(old.name), old.number)] if old else []
    come = [(files.path(each.file), each.number) for each in arriving]
    answers = _Answers(before, variables, gone), _Answers(after, variables, come)
    _Comparison(files, *answers, [each.entry for each in arriving], removed).check()


class _Files:
    """The files of an open directory that have to be looked at."""

    def __init__(self, directory: int, snapshot: Snapshot, variables: Mapping[str, str]) -> None:
        self._directory = directory
        self._snapshot = snapshot
        self._variables = variables

    def path(self, name: str) -> str:
        """The path of a file, from which inclusions are found too."""
        return f"/proc/self/fd/{self._directory}/{name}"

    def shown(self, path: str) -> str:
        """A path as people know it: the name of a file of the directory."""
        shown = path.removeprefix(self.path(""))
        return os.fsencode(shown).decode("utf-8", "replace")

    def source(self, name: str, data: bytes) -> Source:
        return Source(self.path(name), data)

    def read(self, names: Iterable[str]) -> dict[str, Source]:
        """Read files by name; FreeSWITCH, too, skips what cannot be read."""
        found = {}
        for name in names:
            with suppress(OSError):
                data, _ = read_file(self._directory, name, follow=True)
                found[name] = self.source(name, data)
        return found

    def needed(
        self, new: Mapping[str, bytes], arriving: Sequence[Entry], old: ListedEntry | None
    ) -> Sequence[str]:
        """The files that can decide about an answer that the change concerns.

        These are all if one of them is not isolated; otherwise such as interact with included
        ones and variables, and the users of the ids and aliases that come and go.
        """
        listed = self._snapshot.listed
        interacting = {each.name for each in listed if each.interacts}
        candidates = [*self.read(interacting).values()]
        candidates += [self.source(name, data) for name, data in new.items()]
        if not all(is_isolated(each, self._variables) for each in candidates):
            return list(dict.fromkeys(each.name for each in listed))
        names = {fold_id(name) for each in arriving for name in each.extension.names}
        # Others may be in a file that has one more.
        concerned = interacting | new.keys()
        if old:
            names |= old.names
            concerned.add(old.name)
        concerned.update(each.name for name in names for each in self._snapshot.owners(name))
        return [name for name in dict.fromkeys(each.name for each in listed) if name in concerned]


class _Answer(NamedTuple):
    """The user that FreeSWITCH finds: the file it is in, and all that is in it.

    ``is_own`` tells that it is the one that is changed.
    """

    file: str
    content: bytes
    is_pointer: bool
    is_own: bool


class _Answers:
    """What FreeSWITCH finds in some files, given by name.

    ``own`` has the users that are changed, each by the path of its file and its number among the
    users of that, ``None`` for all.
    """

    def __init__(
        self,
        files: Mapping[str, Source],
        variables: Mapping[str, str],
        own: Collection[tuple[str, int | None]],
    ) -> None:
        ordered = [files[name] for name in sorted(files, key=os.fsencode)]
        self._directory = Directory(ordered, variables)
        self._own = set(own)
        self.fault = self._directory.fault

    @cached_property
    def _own_users(self) -> Collection[Element]:
        numbers: Counter[str] = Counter()
        found = set()
        for user in self._directory.users:
            file = self._directory.file_of(user)
            if self._own & {(file, None), (file, numbers[file])}:
                found.add(user)
            numbers[file] += 1
        return found

    @cached_property
    def names(self) -> Mapping[bytes, set[bool]]:
        """All ids and aliases in lower case, and whether users that are changed have each."""
        found: dict[bytes, set[bool]] = {_ANY_OTHER_NAME: set()}
        for user in self._directory.users:
            for attribute in _LOOKED_FOR:
                name = user.attribute(attribute)
                if name:
                    found.setdefault(name.lower(), set()).add(user in self._own_users)
        return found

    def of(self, name: bytes) -> _Answer | None:
        user = self._directory.find(name)
        if user is None:
            return None
        is_pointer = (user.attribute(b"type") or b"").lower() == b"pointer"
        file, is_own = self._directory.file_of(user), user in self._own_users
        return _Answer(file, serialize(user), is_pointer, is_own)


class _Comparison:
    """The answers before and after a change.

    ``arriving`` are the entries of the users that come.
    """

    def __init__(
        self,
        files: _Files,
        before: _Answers,
        after: _Answers,
        arriving: Sequence[Entry],
        removed: ListedEntry | None,
    ) -> None:
        self._files = files
        self._before = before
        self._after = after
        self._added = [each.extension for each in arriving]
        self._ids = {fold_id(each.extension.id).encode() for each in arriving if each.is_read}
        self._aliases = {fold_id(name).encode() for each in self._added for name in each.aliases}
        self._removed = removed
        self._is_removed_seen = removed is not None and removed.extension.enabled

    def check(self) -> None:
        if self._after.fault and not self._before.fault:
            raise StorageError(
                "FreeSWITCH would refuse the whole directory: "
                f"{self._after.fault.message}. Nothing was changed."
            )
        if self._after.fault:
            return  # FreeSWITCH reads nothing, and keeps what it has
        own = self._own_names()
        for name in sorted({*self._before.names, *self._after.names, *own}):
            self._check_name(name, is_own=name in own)

    def _check_name(self, name: bytes, *, is_own: bool) -> None:
        was, now = self._before.of(name), self._after.of(name)
        if now and now.is_own:
            if was and not was.is_own and not was.is_pointer:
                raise self._taken(name, was)
        elif was and was.is_own:
            if now and not now.is_pointer:
                raise self._moved(name, was, now)
        elif was != now and not self._before.fault:
            raise self._moved(name, was, now)
        elif is_own and not self._had(name):
            raise self._taken(name, now)

    def _had(self, name: bytes) -> bool:
        """Whether the removed user had an id or alias: a conflict that is there may stay."""
        if name in self._ids:
            is_same = self._removed and fold_id(self._removed.extension.id).encode() == name
            return bool(is_same and self._is_removed_seen)
        return True in self._before.names.get(name, ())

    def _own_names(self) -> set[bytes]:
        """Ids and aliases of the users that come, as FreeSWITCH and as the entries have them."""
        said = {name for name in self._ids | self._aliases if _REFERENCE not in name}
        return said | {name for name, holders in self._after.names.items() if True in holders}

    def _taken(self, name: bytes, other: _Answer | None) -> StorageError:
        return IdConflict(self._added[0].id, f"{_by(name)} it finds {self._shown(other)}.")

    def _moved(self, name: bytes, was: _Answer | None, now: _Answer | None) -> StorageError:
        before, after = self._shown(was), self._shown(now)
        what = "read something else in" if after == before else "find"
        instead = "" if after == before else f", and not {before}"
        reason = (
            f"{_by(name)} FreeSWITCH would {what} {after} then{instead}. Change that by hand first."
        )
        if self._removed:
            return ReadOnlyExtension(self._removed.extension.id, reason)
        return IdConflict(self._added[0].id, reason)

    def _shown(self, answer: _Answer | None) -> str:
        return f"the user of {self._files.shown(answer.file)}" if answer else "no user"


def _by(name: bytes) -> str:
    shown = name.decode("utf-8", "replace")
    return "by any other id" if name == _ANY_OTHER_NAME else f"by {shown}"
