"""The storage of several domains: FreeSWITCH's directory with a folder for each."""

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final, get_args

from sipapp.api import (
    NO_ALIASES,
    Aliases,
    Diagnosis,
    Examination,
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    Finding,
    InvalidExtension,
    ListedStorage,
    ReadOnlyExtension,
    Secret,
    Severity,
    StorageError,
    VersionConflict,
    check_domain,
    check_new_id,
    join_id,
    split_id,
)
from sipapp_xmldir.files.backup import FileBackup
from sipapp_xmldir.storage import XmlDirectory

_SEVERITIES: Final = get_args(Severity)


@dataclass(frozen=True)
class DomainBackup:
    """The backup of a file in the folder of another domain than the default one."""

    domain: str
    file: FileBackup

    @property
    def content(self) -> bytes:
        """Domain, name and data."""
        return self.domain.encode() + b"\0" + self.file.content

    def pack(self) -> bytes:
        """Serialize the backup."""
        document = {"domain": self.domain, "file": b64encode(self.file.pack()).decode()}
        return json.dumps(document, sort_keys=True).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> "DomainBackup | None":
        """Deserialize what :meth:`pack` made; ``None`` for the backup of another kind.

        Raises ``ValueError``.
        """
        document: Any = json.loads(packed)
        if not (isinstance(document, dict) and document.keys() == {"domain", "file"}):
            return None
        try:
            file = FileBackup.unpack(b64decode(document["file"], validate=True))
        except TypeError as error:
            raise ValueError("not a file that was kept") from error
        return cls(str(document["domain"]), file)


class _Folder:
    """The folder of one domain, whose extensions have the domain in their ids."""

    def __init__(self, domain: str, storage: XmlDirectory) -> None:
        self.domain = domain
        self.storage = storage
        self._listed: tuple[Sequence[Extension], tuple[Extension, ...]] = ((), ())

    def named(self, extension: Extension) -> Extension:
        if not self.domain:
            return extension
        aliases = tuple([join_id(each, self.domain) for each in extension.aliases])
        return replace(extension, id=join_id(extension.id, self.domain), aliases=aliases)

    def list(self) -> tuple[Extension, ...]:
        """All extensions; the same tuple as long as nothing changes."""
        found = self.storage.list()
        listed = self._listed
        if listed[0] is not found:
            listed = self._listed = found, tuple([self.named(each) for each in found])
        return listed[1]

    def named_aliases(self, aliases: Aliases) -> Iterator[tuple[str, str]]:
        for alias, extension_id in aliases.items():
            yield join_id(alias, self.domain), join_id(extension_id, self.domain)

    @contextmanager
    def ids(self) -> Iterator[None]:
        """Put the domain into the ids of errors."""
        try:
            yield
        except (ExtensionNotFound, VersionConflict) as error:
            raise type(error)(join_id(error.extension_id, self.domain)) from error
        except ReadOnlyExtension as error:
            extension_id = join_id(error.extension_id, self.domain)
            raise ReadOnlyExtension(extension_id, error.reason) from error
        except ExtensionExists as error:
            error.extension_id = join_id(error.extension_id, self.domain)
            if type(error) is ExtensionExists:
                raise ExtensionExists(error.extension_id) from error
            raise  # its text names the file

    def holds(self, source: str) -> bool:
        """Whether this is the folder, or a file in it."""
        return self.storage.holds(Path(source))

    def finding(self, finding: Finding) -> Finding:
        if not finding.extension:
            return finding
        return replace(finding, extension=join_id(finding.extension, self.domain))


class XmlDomains(ListedStorage):
    """Extensions of several domains: those of each are in a folder of its own.

    ``folders`` has them by the domain, the default one first, whose name may be empty.  What
    is said of :class:`XmlDirectory` is so of each folder.
    """

    def __init__(self, folders: Mapping[str, XmlDirectory]) -> None:
        default, *_ = self._domains = tuple(folders)
        self.switch_directory = folders[default].switch_directory
        self._folders = {
            domain.lower(): _Folder("" if domain == default else domain, storage)
            for domain, storage in folders.items()
        }
        self._default = self._folders.pop(default.lower())
        self._all = [self._default, *self._folders.values()]
        self._listed: tuple[Sequence[tuple[Extension, ...]], tuple[Extension, ...]] = ((), ())
        self._aliases: tuple[Sequence[Aliases], Aliases] = ((), NO_ALIASES)
        self._examined: tuple[Sequence[Examination], Examination] = ((), Examination())

    def domains(self) -> Sequence[str]:
        return self._domains

    def list(self) -> Sequence[Extension]:
        parts = [each.list() for each in self._all]
        listed = self._listed
        if not _are_same(parts, listed[0]):
            listed = self._listed = parts, tuple(chain.from_iterable(parts))
        return listed[1]

    def aliases(self) -> Aliases:
        parts = [each.storage.aliases() for each in self._all]
        if not any(parts):
            return NO_ALIASES
        if not _are_same(parts, self._aliases[0]):
            named = map(_Folder.named_aliases, self._all, parts)
            self._aliases = parts, Aliases(dict(chain.from_iterable(named)))
        return self._aliases[1]

    def get(self, extension_id: str) -> Extension:
        folder, user = self._place(extension_id)
        with folder.ids():
            return folder.named(folder.storage.get(user))

    def get_many(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        found: dict[str, Extension] = {}
        for folder, users in self._by_folder(extension_ids).items():
            there = folder.storage.get_many(list(users.values()))
            found |= {
                each: folder.named(there[user]) for each, user in users.items() if user in there
            }
        return found

    def secret(self, extension_id: str) -> Secret | None:
        folder, user = self._place(extension_id)
        with folder.ids():
            return folder.storage.secret(user)

    def create(self, extension: Extension) -> Extension:
        (created,) = self.create_many([extension])
        return created

    def create_many(self, extensions: Sequence[Extension]) -> Sequence[Extension]:
        errors = [check_domain(each.id, self._domains) for each in extensions]
        if any(errors):
            raise InvalidExtension(error for error in errors if error)
        by_folder: dict[_Folder, list[int]] = {}
        for number, extension in enumerate(extensions):
            folder, _ = self._place(extension.id)
            by_folder.setdefault(folder, []).append(number)
        created: dict[int, Extension] = {}
        try:
            for folder, numbers in by_folder.items():
                new = [replace(extensions[each], id=extensions[each].user) for each in numbers]
                with folder.ids():
                    made = folder.storage.create_many(new)
                created |= zip(numbers, map(folder.named, made), strict=True)
        except BaseException:
            for each in created.values():
                with suppress(StorageError):
                    self.delete(each.id, version=each.version)
            raise
        return [created[number] for number in range(len(extensions))]

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        folder, user = self._place(extension_id)
        with folder.ids():
            return folder.named(folder.storage.update(user, changes, version=version))

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        folder, user = self._place(extension_id)
        with folder.ids():
            folder.storage.delete(user, version=version)

    def set_enabled(
        self, extension_id: str, *, enabled: bool, version: str | None = None
    ) -> Extension:
        folder, user = self._place(extension_id)
        with folder.ids():
            changed = folder.storage.set_enabled(user, enabled=enabled, version=version)
        return folder.named(changed)

    def other_values(self, extension_id: str) -> Mapping[str, str]:
        folder, user = self._place(extension_id)
        with folder.ids():
            return folder.storage.other_values(user)

    def rename(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        return self.rename_with(extension_id, new_id, changes, {}, version=version)

    def rename_with(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        others: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        folder, user = self._place(extension_id)
        error = check_new_id(join_id(user, folder.domain), new_id)
        if error:
            raise InvalidExtension([error])
        new_user, _ = split_id(new_id)
        with folder.ids():
            renamed = folder.storage.rename_with(user, new_user, changes, others, version=version)
        return folder.named(renamed)

    def snapshot(self, extension_id: str) -> object:
        (snapshot,) = self.snapshot_many([extension_id])
        return snapshot

    def snapshot_many(self, extension_ids: Sequence[str]) -> "Sequence[object]":
        found: dict[str, object] = {}
        for folder, users in self._by_folder(extension_ids).items():
            kept = folder.storage.snapshot_many(list(users.values()))
            found |= {
                extension_id: DomainBackup(folder.domain, file) if file and folder.domain else file
                for extension_id, file in zip(users, kept, strict=True)
            }
        return [found[each] for each in extension_ids]

    def restore(self, extension_id: str, snapshot: object, *, version: str | None) -> None:
        folder, user = self._place(extension_id)
        kept = snapshot.file if isinstance(snapshot, DomainBackup) else snapshot
        with folder.ids():
            folder.storage.restore(user, kept, version=version)

    def seen(self, snapshot: object) -> Extension:
        if isinstance(snapshot, DomainBackup):
            folder = self._folders[snapshot.domain.lower()]
            return folder.named(folder.storage.seen(snapshot.file))
        return self._default.storage.seen(snapshot)

    def pack(self, snapshot: object) -> bytes:
        if isinstance(snapshot, DomainBackup):
            return snapshot.pack()
        return self._default.storage.pack(snapshot)

    def content(self, snapshot: object) -> bytes:
        if isinstance(snapshot, DomainBackup):
            return snapshot.content
        return self._default.storage.content(snapshot)

    def unpack(self, data: bytes) -> object:
        kept = DomainBackup.unpack(data)
        if kept is None:
            return FileBackup.unpack(data)
        if kept.domain.lower() not in self._folders:
            raise ValueError("a file of a domain that is not kept here")
        return kept

    def find_fault(self, *, thorough: bool = False) -> str:
        faults = (each.storage.find_fault(thorough=thorough) for each in self._all)
        return next((fault for fault in faults if fault), "")

    def examine(self) -> Examination:
        parts = [each.storage.examine() for each in self._all]
        examined = self._examined
        if not _are_same(parts, examined[0]):
            examined = self._examined = parts, self._together(parts)
        return examined[1]

    def _together(self, parts: Sequence[Examination]) -> Examination:
        # What surrounds the folders, such as vars.xml, is found once for each: the worst stays.
        found: dict[str, Finding] = {}
        for folder, part in zip(self._all, parts, strict=True):
            for each in map(folder.finding, part.findings):
                same = found.get(each.key)
                if same is None or _rank(each) < _rank(same):
                    found[each.key] = each
        return Examination(
            tuple(found.values()),
            tuple(dict.fromkeys(each for part in parts for each in part.looked_at)),
            tuple(dict.fromkeys(each for part in parts for each in part.not_looked_at)),
        )

    def diagnose(self) -> Iterable[Diagnosis]:
        for each in self._all:
            yield from each.storage.diagnose()

    def mend(self, finding: Finding) -> None:
        holding = (each for each in self._all if each.holds(finding.source))
        folder = next(holding, self._default)
        own = split_id(finding.extension)[0] if folder.domain else finding.extension
        with folder.ids():
            folder.storage.mend(replace(finding, extension=own))

    def check(self) -> None:
        for each in self._all:
            each.storage.check()

    def close(self) -> None:
        for each in self._all:
            each.storage.close()

    def _by_folder(self, extension_ids: Iterable[str]) -> Mapping[_Folder, Mapping[str, str]]:
        """Their ids within each folder, by the ids as given."""
        found: dict[_Folder, dict[str, str]] = {}
        for each in extension_ids:
            folder, user = self._place(each)
            found.setdefault(folder, {})[each] = user
        return found

    def _place(self, extension_id: str) -> tuple[_Folder, str]:
        """The folder of an extension, and its id there.

        One of a domain that is not there is looked for in the default one, where files of
        others may have such ids.
        """
        user, domain = split_id(extension_id)
        folder = self._folders.get(domain.lower()) if domain else None
        return (folder, user) if folder else (self._default, extension_id)


def _are_same(parts: Sequence[object], others: Sequence[object]) -> bool:
    """Whether these are the same objects."""
    return len(parts) == len(others) and all(
        one is other for one, other in zip(parts, others, strict=True)
    )


def _rank(finding: Finding) -> int:
    return _SEVERITIES.index(finding.severity)
