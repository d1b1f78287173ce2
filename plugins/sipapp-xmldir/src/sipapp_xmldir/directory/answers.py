"""FreeSWITCH's answer for each id and alias before and after a change, by the emulation.

It is asked where files bear on each other: one that includes another, sets a variable that is
the id in another, leaves a quote open, ends the list of users, ...
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Final, NamedTuple

from sipapp.api import ReadOnlyExtension, StorageError, fold_id
from sipapp_xmldir.directory.entry import Entry, entries_of
from sipapp_xmldir.directory.file_names import IdConflict
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.emulation.copying import serialize
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.emulation.neighbours import is_isolated
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.parse.inclusions import Surroundings

_LOOKED_FOR: Final = (b"id", b"number-alias")
# No user can have it as id or alias, so that it finds a user who is found by any name.
_ANY_OTHER_NAME: Final = b"\0"
_REFERENCE: Final = b"$${"


def check_answers(
    directory: int,
    snapshot: Snapshot,
    new: Mapping[str, bytes],
    variables: Mapping[str, str],
    *,
    removed: ListedEntry | None,
) -> None:
    """Refuse a change after which FreeSWITCH would give another answer for an id or alias.

    ``new`` are names and contents of files that FreeSWITCH will read, in the place of the file
    of ``removed``.  Raises as :func:`.id_conflicts.check_id_conflicts`.
    """
    files = _Files(directory, snapshot, variables)
    old = removed if removed and removed.extension.enabled else None
    names = files.needed(new, old)
    before = files.read(names)
    after = dict(before)
    if old:
        after.pop(old.name, None)
    after |= {name: files.source(name, data) for name, data in new.items()}
    answers = _Answers(before, variables), _Answers(after, variables)
    _Comparison(files, *answers, new, removed).check()


def surroundings(directory: int, name: str, variables: Mapping[str, str]) -> Surroundings:
    """What the inclusions of a file of an open directory depend on."""
    return Surroundings(f"/proc/self/fd/{directory}/{name}", variables)


class _Files:
    """The files of an open directory that have to be looked at."""

    def __init__(self, directory: int, snapshot: Snapshot, variables: Mapping[str, str]) -> None:
        self._directory = directory
        self._snapshot = snapshot
        self._variables = variables

    def path(self, name: str) -> str:
        """The path of a file, from which inclusions are found too."""
        return surroundings(self._directory, name, self._variables).path

    def entries(self, new: Mapping[str, bytes]) -> Iterator[Entry]:
        """The entries of new files, without the users that these include."""
        for name, data in new.items():
            around = surroundings(self._directory, name, self._variables)
            found = entries_of(name, name, data, around)
            yield from (each for each in found if not each.is_included)

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

    def needed(self, new: Mapping[str, bytes], old: ListedEntry | None) -> Sequence[str]:
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
        entries = self.entries(new)
        names = {fold_id(name) for each in entries for name in each.extension.names}
        concerned = set(interacting)
        if old:
            names |= old.names
            concerned.add(old.name)
        concerned.update(each.name for name in names for each in self._snapshot.owners(name))
        return [name for name in dict.fromkeys(each.name for each in listed) if name in concerned]


class _Answer(NamedTuple):
    """The user that FreeSWITCH finds: the file it is in, and all that is in it."""

    file: str
    content: bytes
    is_pointer: bool


class _Answers:
    """What FreeSWITCH finds in some files, given by name."""

    def __init__(self, files: Mapping[str, Source], variables: Mapping[str, str]) -> None:
        ordered = [files[name] for name in sorted(files, key=os.fsencode)]
        self._directory = Directory(ordered, variables)
        self.fault = self._directory.fault

    @cached_property
    def names(self) -> Mapping[bytes, set[str]]:
        """All ids and aliases in lower case, each with the files that have it."""
        found: dict[bytes, set[str]] = {_ANY_OTHER_NAME: set()}
        for user in self._directory.users:
            for attribute in _LOOKED_FOR:
                name = user.attribute(attribute)
                if name:
                    file = self._directory.file_of(user)
                    found.setdefault(name.lower(), set()).add(file)
        return found

    def of(self, name: bytes) -> _Answer | None:
        user = self._directory.find(name)
        if user is None:
            return None
        is_pointer = (user.attribute(b"type") or b"").lower() == b"pointer"
        return _Answer(self._directory.file_of(user), serialize(user), is_pointer)


class _Comparison:
    """The answers before and after a change.

    ``new`` has the contents of the new files by name.  ``old`` is the path of the file of
    ``removed``, empty if FreeSWITCH does not read that.
    """

    def __init__(
        self,
        files: _Files,
        before: _Answers,
        after: _Answers,
        new: Mapping[str, bytes],
        removed: ListedEntry | None,
    ) -> None:
        self._files = files
        self._before = before
        self._after = after
        self._new = {files.path(name) for name in new}
        entries = [*files.entries(new)]
        self._added = [each.extension for each in entries]
        self._ids = {fold_id(each.extension.id).encode() for each in entries if each.is_read}
        self._aliases = {fold_id(name).encode() for each in self._added for name in each.aliases}
        self._removed = removed
        is_seen = removed is not None and removed.extension.enabled
        self._old = files.path(removed.name) if removed and is_seen else ""

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
        if now and now.file in self._new:
            if was and was.file != self._old and not was.is_pointer:
                raise self._taken(name, was)
        elif was and was.file == self._old:
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
            return bool(is_same and self._old)
        return self._old in self._before.names.get(name, ())

    def _own_names(self) -> set[bytes]:
        """Ids and aliases of the new files, as FreeSWITCH reads them and as the entries say."""
        said = {name for name in self._ids | self._aliases if _REFERENCE not in name}
        return said | {name for name, files in self._after.names.items() if files & self._new}

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
