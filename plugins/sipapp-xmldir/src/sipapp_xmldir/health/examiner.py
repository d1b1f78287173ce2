"""The examination of a directory: all checks, and a cache of their results."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from sipapp.api import Examination, Finding, Mending, fold_id
from sipapp_xmldir.directory.snapshot import ListedEntry, Snapshot
from sipapp_xmldir.emulation.tracked_files import FileCache, Stamps
from sipapp_xmldir.files.account import Account
from sipapp_xmldir.files.ownership import Ownership
from sipapp_xmldir.files.regular_files import read_file
from sipapp_xmldir.health.conflicting_ids import conflicting_users, lost_pointers, users_by_id
from sipapp_xmldir.health.dialplan import Dialplan, load_dialplan
from sipapp_xmldir.health.domain import Domain, load_domain, load_domain_file
from sipapp_xmldir.health.endless_reload import endless_reloads
from sipapp_xmldir.health.file_findings import (
    FileFacts,
    domain_file_facts,
    file_facts,
    needs_data,
)
from sipapp_xmldir.health.permissions import (
    closed_directory_findings,
    closed_folder_findings,
    closed_folders,
    folders_above,
    unreadable_files,
)
from sipapp_xmldir.health.uncallable import uncallable_users
from sipapp_xmldir.health.unchangeable import unchangeable_files
from sipapp_xmldir.health.user_findings import User, findings_of
from sipapp_xmldir.health.variables import Variables, default_password, load_variables
from sipapp_xmldir.parse.division import Division

T = TypeVar("T")

DELETE_LEFTOVER: Final = Mending("delete-leftover", "Delete the file")


class _Configuration(NamedTuple):
    """The files around the directory; each is the same object until it changes."""

    variables: Variables
    domain: Domain
    dialplan: Dialplan | None


class _FileResult(NamedTuple):
    """The cached result of a file.

    Valid as long as its state is the same object, and whether it can be edited is the same: a
    change of another file can hide it.
    """

    state: os.stat_result
    read_only: str
    users: Sequence[User]
    of_file: Sequence[Finding]
    of_users: Sequence[tuple[User, Sequence[Finding]]]

    def is_of(self, listed: ListedEntry) -> bool:
        return self.state is listed.state and self.read_only == listed.extension.read_only


class _Inputs(NamedTuple):
    """All that an examination depends on."""

    snapshot: Snapshot
    surroundings: _Configuration
    account: Account
    ownership: Ownership
    closed: Sequence[str]
    leftovers: Sequence[str]

    def is_like(self, other: "_Inputs") -> bool:
        return (
            self.snapshot is other.snapshot
            and _same(self.surroundings, other.surroundings)
            and self[2:] == other[2:]
        )


class Examiner:
    """Examines one directory, and caches results.  Not thread-safe.

    ``account`` says as whom FreeSWITCH runs, given the open directory.  With ``domain_file``, the
    users are in the file of that name, with their domain.
    """

    def __init__(
        self,
        directory: Path,
        *,
        variables: Path | None,
        dialplan: Path | None,
        account: Callable[[int], Account],
        domain_file: str = "",
    ) -> None:
        self._path = directory
        self._domain_file = domain_file
        self._account = account
        self._variables = FileCache(lambda: load_variables(variables))
        load = load_domain_file if domain_file else load_domain
        place = directory / domain_file if domain_file else directory
        self._domain = FileCache(lambda: self._resolved(load, place))
        self._dialplan = dialplan and FileCache(lambda: self._resolved(load_dialplan, dialplan))
        self._files: dict[str, _FileResult] = {}
        self._surroundings: _Configuration | None = None
        self._last: tuple[_Inputs, Examination] | None = None
        self._folders: tuple[tuple[int, int], Sequence[str]] | None = None

    def examine(self, directory: int, snapshot: Snapshot, leftovers: Sequence[str]) -> Examination:
        """All findings about a snapshot of the open directory.

        ``leftovers`` are names of files that killed writers have left.
        """
        surroundings = _Configuration(
            self._variables(), self._domain(), self._dialplan() if self._dialplan else None
        )
        state, account = os.fstat(directory), self._account(directory)
        closed = closed_folders(self._above(state), account)
        basis = _Inputs(
            snapshot, surroundings, account, Ownership.of(state), closed, tuple(leftovers)
        )
        if self._last is None or not self._last[0].is_like(basis):
            self._read_changed_files(directory, basis)
            self._last = (
                basis,
                Examination(
                    tuple(self._findings(directory, basis)),
                    tuple(self._looked_at(basis)),
                    tuple(self._left_out(surroundings)),
                ),
            )
        return self._last[1]

    def _above(self, state: os.stat_result) -> Sequence[str]:
        """The folders above the directory, found anew when the path leads to another one."""
        identity = (state.st_dev, state.st_ino)
        if self._folders is None or self._folders[0] != identity:
            self._folders = identity, folders_above(self._path)
        return self._folders[1]

    def _resolved(
        self, load: Callable[[Path, Mapping[str, str]], tuple[T, Stamps]], path: Path
    ) -> tuple[T, Stamps]:
        """Load files in which variables are expanded."""
        variables, stamps_of_variables = self._variables.with_stamps()
        made, stamps = load(path, variables.values)
        return made, {**stamps, **stamps_of_variables}

    def _read_changed_files(self, directory: int, basis: _Inputs) -> None:
        """Read the files that are new or have changed."""
        surroundings = basis.surroundings
        same = self._surroundings and _same(self._surroundings[:2], surroundings[:2])
        known = self._files if same else {}
        files: dict[str, _FileResult] = {}
        for name, listed in groupby(basis.snapshot.listed, attrgetter("name")):
            group = list(listed)
            found = known.get(name)
            if found is None or not found.is_of(group[0]):
                division = basis.snapshot.divisions.get(name)
                if name == self._domain_file:
                    found = _domain_file_result(directory, group, division, surroundings)
                else:
                    found = _file_result(directory, group, surroundings)
            files[name] = found
        self._files, self._surroundings = files, surroundings

    def _findings(self, directory: int, basis: _Inputs) -> Iterator[Finding]:
        variables, domain, dialplan = basis.surroundings
        listed = basis.snapshot.listed
        users = [user for known in self._files.values() for user in known.users]
        yield from closed_folder_findings(basis.closed, basis.account)
        yield from closed_directory_findings(directory, str(self._path), basis.account)
        yield from endless_reloads(each.hang for each in (variables, domain, dialplan) if each)
        yield from default_password(variables, [each.extension for each in listed])
        found = users_by_id(users)
        for known in self._files.values():
            yield from known.of_file
            for user, findings in known.of_users:
                # A user that FreeSWITCH does not find does no harm.
                if user.is_pointer or not user.id or found.get(fold_id(user.id)) is user:
                    yield from findings
        yield from conflicting_users(users)
        yield from lost_pointers(users, domain, basis.snapshot.disabled)
        yield from unreadable_files(directory, listed, basis.account)
        disabled = basis.snapshot.disabled.values()
        yield from unchangeable_files(basis.ownership, str(self._path), [*listed, *disabled])
        if dialplan:
            yield from uncallable_users(found.values(), dialplan)
        for name in basis.leftovers:
            yield _leftover(str(self._path / name))

    def _looked_at(self, basis: _Inputs) -> Iterator[str]:
        variables, domain, dialplan = basis.surroundings
        count = len(self._files)
        yield f"{count} {'file' if count == 1 else 'files'} of {self._path}"
        yield f"who may read them, if FreeSWITCH runs as {basis.account.name}"
        if variables.are_known:
            yield f"the variables of {variables.file}"
        if not domain.gap:
            yield f"the groups of {', '.join(domain.files)}"
        if dialplan and not dialplan.gaps:
            yield f"the dialplan {dialplan.name}, and what it includes"

    def _left_out(self, surroundings: _Configuration) -> Iterator[str]:
        variables, domain, dialplan = surroundings
        if not variables.are_known:
            yield variables.fault or (
                "the variables, such as default_password: sipapp.storage.xmldir.vars does not "
                "name vars.xml"
            )
        if domain.gap:
            yield f"groups and their pointers: {domain.gap}"
        if dialplan is None:
            yield (
                "whether the dialplan leads to each extension: sipapp.storage.xmldir.dialplan "
                "does not name it"
            )
        elif dialplan.gaps:
            yield f"the dialplan {dialplan.name}: {'; '.join(dialplan.gaps[:3])}"


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    return all(a is b for a, b in zip(one, other, strict=True))


def _file_result(
    directory: int, group: Sequence[ListedEntry], surroundings: _Configuration
) -> _FileResult:
    first = group[0]
    data = None
    if needs_data(group):
        try:
            data, _ = read_file(directory, first.name, follow=True)
        except OSError:
            # It has just changed; the next snapshot has it.
            return _FileResult(first.state, first.extension.read_only, (), (), ())
    return _result(first, file_facts(group, data, surroundings.variables), surroundings)


def _domain_file_result(
    directory: int,
    group: Sequence[ListedEntry],
    division: Division | None,
    surroundings: _Configuration,
) -> _FileResult:
    data = None
    if division is None:
        with suppress(OSError):
            data, _ = read_file(directory, group[0].name, follow=True)
    facts = domain_file_facts(group, division, data, surroundings.variables)
    return _result(group[0], facts, surroundings)


def _result(first: ListedEntry, facts: FileFacts, surroundings: _Configuration) -> _FileResult:
    own = ((user, tuple(findings_of(user, surroundings.domain))) for user in facts.users)
    of_users = [(user, findings) for user, findings in own if findings]
    read_only = first.extension.read_only
    return _FileResult(first.state, read_only, facts.users, facts.findings, of_users)


def _leftover(source: str) -> Finding:
    return Finding(
        code="leftover",
        severity="note",
        source=source,
        line=None,
        title="A file that a killed process has left",
        meaning="It was being written when its writer ended. FreeSWITCH does not read it, and "
        "the extension still is as it was; but it may hold a password.",
        remedy="Delete it. sipapp does that by itself before its next change.",
        mending=DELETE_LEFTOVER,
    )
