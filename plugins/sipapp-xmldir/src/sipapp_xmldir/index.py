"""What the directory holds, without reading again what has not changed."""

import os
import stat
import time
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from sipapp.api import Extension, no_garbage
from sipapp_xmldir.entries import Entry, as_disabled, entries_of, link_entries, odd_entry
from sipapp_xmldir.files import DISABLED, TEMPORARY, is_same
from sipapp_xmldir.regular import kind_of, read_file
from sipapp_xmldir.watch import Watch

# File systems stamp times in steps of the kernel's clock: a file that was changed less than
# this before it was read may have been changed again, with the same stamp.
_CLOCK_STEP_NS: Final = 50_000_000

# FreeSWITCH cuts lines at this length (switch_utils.c:841); no extension needs as much.
_MAX_SIZE: Final = 1 << 20

# So few files are looked at as fast as the kernel is asked.
_FEW: Final = 32


class Listed(NamedTuple):
    """One entry of the list, and the file and state that it was read from.

    ``line`` and ``type`` are as in :class:`Entry`.
    """

    extension: Extension
    certain: bool
    name: str
    state: os.stat_result
    line: int
    type: str | None

    @property
    def found_by(self) -> tuple[object, ...]:
        """What decides whether FreeSWITCH finds this user, this one or another."""
        return self.extension.id.lower(), self.certain, self.extension.aliases, self.type

    @property
    def names(self) -> frozenset[str]:
        """The id and the alias by which FreeSWITCH finds it, unless another one comes first."""
        # A user without an id can have an alias.
        names = self.extension.names if self.certain else self.extension.aliases
        return frozenset([each.lower() for each in names])

    def has(self, name: str) -> bool:
        """Whether a lower-case id or alias is its own; of who is disabled, the id alone."""
        if self.extension.id.lower() == name:
            return not self.nameless
        aliases = self.extension.aliases if self.extension.enabled else ()
        return any(each.lower() == name for each in aliases)

    @property
    def nameless(self) -> bool:
        """Whether the file's name stands for an id that is not there."""
        return not self.certain and self.extension.id == self.name

    @property
    def is_pointer(self) -> bool:
        """Whether it only names a user who stands elsewhere, and lets nobody in."""
        return self.type is not None and self.type.lower() == "pointer"

    @property
    def is_wild(self) -> bool:
        """Whether FreeSWITCH takes this user for whomever it looks for (switch_xml.c:1906)."""
        return self.type is not None and not self.is_pointer


@dataclass(frozen=True)
class Snapshot:
    """The directory at one moment.

    ``by_id`` has lower-case ids; of several users with one id it has the first.
    ``answers`` has lower-case ids and aliases, and the user that FreeSWITCH finds by
    each; it finds ``wild`` by all others.  ``temporary`` names what killed writers have
    left.  ``disabled`` has lower-case ids, and users whom FreeSWITCH does not see.
    """

    listed: Sequence[Listed]
    by_id: Mapping[str, Listed]
    answers: Mapping[str, Listed]
    wild: Listed | None
    temporary: Collection[str]
    disabled: Mapping[str, Listed]

    @cached_property
    def extensions(self) -> tuple[Extension, ...]:
        """All entries, in FreeSWITCH's order, then those that it does not see."""
        return tuple([each.extension for each in (*self.listed, *self.disabled.values())])

    @property
    def is_plain(self) -> bool:
        """Whether no id is there twice, and nobody has an alias or a type."""
        return len(self.by_id) == len(self.listed) and self.answers is self.by_id

    def holders(self, name: str) -> Sequence[Listed]:
        """All who have a lower-case id or alias; of those who are disabled, the id alone."""
        found = [each[name] for each in (self.by_id, self.disabled) if name in each]
        if not self.is_plain and (found or name in self.answers):
            found = [*self.listed, *self.disabled.values()]
        return [each for each in found if each.has(name)]

    def find(self, extension_id: str) -> Listed | None:
        """The user of that id; one that FreeSWITCH sees, if there is one."""
        key = extension_id.lower()
        return self.by_id.get(key) or self.disabled.get(key)


class _File(NamedTuple):
    state: os.stat_result
    target: os.stat_result | None
    read_at: int
    listed: Sequence[Listed]

    @property
    def is_watched(self) -> bool:
        """Whether a change of the content is a change in this directory."""
        return stat.S_ISREG(self.state.st_mode) and self.state.st_nlink == 1

    def is_fresh(self, state: os.stat_result, target: os.stat_result | None) -> bool:
        last = max(state.st_mtime_ns, state.st_ctime_ns)
        if target:
            last = max(last, target.st_mtime_ns, target.st_ctime_ns)
        if (target is None) is not (self.target is None):
            return False
        if target and self.target and not is_same(target, self.target):
            return False
        return is_same(state, self.state) and last < self.read_at - _CLOCK_STEP_NS


class Index:
    """The files of one directory.  Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        self._prefix = _shown(f"{path}/")
        self._watch = Watch()
        self._files: dict[str, _File] = {}
        self._disabled: dict[str, _File] = {}
        self._temporary: set[str] = set()
        self._unwatched: set[str] = set()
        self._snapshot = Snapshot((), {}, {}, None, (), {})

    def refresh(self, directory: int) -> Snapshot:
        """Read the new and changed files.

        ``directory`` is an open descriptor of the path.  Raises ``OSError`` if the
        directory cannot be listed; a file that cannot be read is an entry that says so.
        """
        told = self._watch.changed(directory) if len(self._files) >= _FEW else None
        with no_garbage():
            try:
                changed = self._changed(directory, told)
            except BaseException:
                # What was told is not told again.
                self._watch.close()
                raise
            if changed:
                self._snapshot = _patched(self._snapshot, self._files, changed) or _snapshot(
                    self._files, self._temporary, self._disabled
                )
            return self._snapshot

    def close(self) -> None:
        """Release what the kernel holds for this index."""
        self._watch.close()

    def _changed(self, directory: int, told: Collection[str] | None) -> Sequence[str]:
        """Names of what is new, changed or gone; ``told`` what the kernel says of that."""
        if told is None:
            return [
                name
                for name, is_file in self._all(directory)
                if self._has_changed(directory, name, is_file=is_file)
            ]
        return [
            name
            for name in {*told, *self._unwatched}
            if self._has_changed(directory, name, told=name in told)
        ]

    def _all(self, directory: int) -> Iterable[tuple[str, bool]]:
        """Names of all that is there or has been there, and which of them are surely files."""
        names = dict.fromkeys([*self._files, *self._disabled, *self._temporary], False)
        with os.scandir(directory) as found:
            names.update((each.name, each.is_file(follow_symlinks=False)) for each in found)
        return sorted(names.items())

    def _has_changed(
        self, directory: int, name: str, *, told: bool = False, is_file: bool = False
    ) -> bool:
        """Look at a file, and keep what is in it; ``told`` is surer than the file's stamps."""
        # As glob("*.xml") of switch_xml.c:1393 does: no dot files, case matters.
        files = self._files if name.endswith(".xml") else self._disabled
        if name.startswith(".") or not name.endswith((".xml", DISABLED)):
            return self._temporary_has_changed(directory, name)
        known = files.get(name)
        try:
            file = self._new_file(directory, name) if is_file and not known else None
            file = file or self._file(directory, name, None if told else known)
        except FileNotFoundError:
            self._unwatched.discard(name)
            return files.pop(name, None) is not None
        (self._unwatched.discard if file.is_watched else self._unwatched.add)(name)
        files[name] = file
        return file is not known

    def _temporary_has_changed(self, directory: int, name: str) -> bool:
        if not TEMPORARY.fullmatch(name):
            return False
        before = name in self._temporary
        try:
            os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            self._temporary.discard(name)
        else:
            self._temporary.add(name)
        return before is not (name in self._temporary)

    def _new_file(self, directory: int, name: str) -> _File | None:
        """Read a file without a look at it first; ``None`` if there is more to say of it."""
        read_at = time.time_ns()
        try:
            data, state = read_file(directory, name, limit=_MAX_SIZE)
        except OSError:
            return None
        shown = _shown(name)
        entries = entries_of(shown, self._prefix + shown, data)
        return _File(state, None, read_at, _listed(name, state, entries))

    def _file(self, directory: int, name: str, known: _File | None) -> _File:
        state = os.stat(name, dir_fd=directory, follow_symlinks=False)
        target = None
        if stat.S_ISLNK(state.st_mode):
            try:
                target = os.stat(name, dir_fd=directory)
            except OSError:
                entry = odd_entry(name, self._source(name), "is a symbolic link that leads nowhere")
                return _File(state, None, 0, _listed(name, state, [entry]))
        if known and known.is_fresh(state, target):
            return known
        read_at = time.time_ns()
        entries = self._entries(directory, name, state, target)
        return _File(state, target, read_at, _listed(name, state, entries))

    def _entries(
        self, directory: int, name: str, state: os.stat_result, target: os.stat_result | None
    ) -> tuple[Entry, ...]:
        source = self._source(name)
        real = target or state
        if not stat.S_ISREG(real.st_mode):
            return (odd_entry(name, source, kind_of(real.st_mode)),)
        if real.st_size > _MAX_SIZE:
            return (odd_entry(name, source, "is larger than 1 MiB, and was not read"),)
        try:
            data, _ = read_file(directory, name, follow=target is not None)
        except FileNotFoundError:
            raise
        except OSError as error:
            return (odd_entry(name, source, f"cannot be read: {error.strerror}"),)
        entries = entries_of(_shown(name), source, data)
        return link_entries(entries, name) if target else entries

    def _source(self, name: str) -> str:
        return self._prefix + _shown(name)


def _shown(name: str) -> str:
    """A file name that is not UTF-8 can be shown, but not opened by what is shown."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _listed(name: str, state: os.stat_result, entries: Iterable[Entry]) -> tuple[Listed, ...]:
    return tuple(
        [
            Listed(extension, certain, name, state, line, type_)
            for extension, certain, line, type_ in entries
        ]
    )


def _snapshot(
    files: Mapping[str, _File], temporary: Collection[str], disabled: Mapping[str, _File]
) -> Snapshot:
    listed = [each for name in _in_order(files) for each in files[name].listed]
    # Of users with one id, the first stays.
    by_id = {each.extension.id.lower(): each for each in reversed(listed) if each.certain}
    answers, wild = by_id, None
    if any(each.extension.aliases or each.type is not None for each in listed):
        answers, wild = _answers(listed)
    if len(by_id) < len(listed) or answers is not by_id:
        listed = [_shadowed(each, answers) for each in listed]
        # The same entries, with the reasons.
        by_id = {}
        for certain in (True, False):
            for each in listed:
                if each.certain is certain:
                    by_id.setdefault(each.extension.id.lower(), each)
    return Snapshot(listed, by_id, answers, wild, tuple(temporary), _disabled(disabled, by_id))


def _disabled(files: Mapping[str, _File], by_id: Mapping[str, Listed]) -> dict[str, Listed]:
    """The users of these files, less those that are there without being disabled too."""
    found: dict[str, Listed] = {}
    for name in _in_order(files):
        for each in files[name].listed:
            key = each.extension.id.lower()
            if not each.nameless and key not in by_id:
                found.setdefault(key, each._replace(extension=as_disabled(each.extension)))
    return found


def _patched(old: Snapshot, files: Mapping[str, _File], changed: Sequence[str]) -> Snapshot | None:
    """A snapshot with some files read anew; ``None`` if that changes whom FreeSWITCH finds."""
    if len(changed) > _FEW or not old.is_plain:
        return None
    listed, by_id = list(old.listed), dict(old.by_id)
    for name in changed:
        place = bisect_left(listed, os.fsencode(name), key=_place)
        before = [each for each in listed[place : place + 2] if each.name == name]
        after = files[name].listed if name in files else ()
        if len(before) != 1 or [each.found_by for each in before] != [
            each.found_by for each in after
        ]:
            return None
        listed[place] = by_id[after[0].extension.id.lower()] = after[0]
    return replace(old, listed=listed, by_id=by_id, answers=by_id)


def _place(listed: Listed) -> bytes:
    return os.fsencode(listed.name)


def _in_order(names: Collection[str]) -> Sequence[str]:
    # glob(3) sorts by bytes, as FreeSWITCH never calls setlocale.
    return sorted(names, key=None if "".join(names).isascii() else os.fsencode)


def _answers(listed: Sequence[Listed]) -> tuple[dict[str, Listed], Listed | None]:
    """Whom FreeSWITCH finds by each id and alias, and by any other."""
    answers: dict[str, Listed] = {}
    wild = None
    for each in listed:
        if each.certain:
            answers.setdefault(each.extension.id.lower(), wild or each)
        for alias in each.extension.aliases:
            answers.setdefault(alias.lower(), wild or each)
        wild = wild or (each if each.is_wild else None)
    return answers, wild


def _shadowed(listed: Listed, answers: Mapping[str, Listed]) -> Listed:
    """The same, with the reason if FreeSWITCH finds another user by its id."""
    key = listed.extension.id.lower()
    first = answers.get(key)
    if not listed.certain or first is listed or first is None:
        return listed
    if first.extension.id.lower() == key:
        why = "which has the same id and comes first"
    elif key in (each.lower() for each in first.extension.aliases):
        why = "which has this id as number-alias and comes first"
    else:
        why = f'which has type="{first.type}" and is taken for all who come after it'
    reason = f"{listed.name} is shadowed by {first.name}, {why}."
    return listed._replace(extension=replace(listed.extension, read_only=reason))
