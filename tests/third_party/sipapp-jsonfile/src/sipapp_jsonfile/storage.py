"""Extensions in one JSON file, replaced as a whole by each change."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fcntl import LOCK_EX, flock
from pathlib import Path
from threading import Lock
from uuid import uuid4

from sipapp.api import (
    FIELD_NAMES,
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    ListedStorage,
    StorageUnavailable,
    VersionConflict,
    fold_id,
    try_to_write,
)

KEPT = ("id", "enabled", "version", *FIELD_NAMES)
Known = dict[str, Extension]


class JsonFileStorage(ListedStorage):
    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._read: tuple[object, Known, Sequence[Extension]] = (None, {}, ())

    def list(self) -> Sequence[Extension]:
        self._by_id()
        return self._read[2]  # the same tuple as long as nobody replaces the file

    def get(self, extension_id: str) -> Extension:
        return _current(self._by_id(), extension_id, None)

    def create(self, extension: Extension) -> Extension:
        with self._changing() as known:
            if fold_id(extension.id) in known:
                raise ExtensionExists(extension.id)
            return _put(known, extension)

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        with self._changing() as known:
            old = _current(known, extension_id, version)
            new = replace(old, **changes)  # type: ignore[arg-type]
            return old if new == old else _put(known, new)

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        with self._changing() as known:
            del known[fold_id(_current(known, extension_id, version).id)]

    def check(self) -> None:
        with self._faults("write"):
            try_to_write(self._file.parent)
        self.list()

    def _by_id(self) -> Known:
        with self._faults("read"):
            state = self._file.stat() if self._file.exists() else None
            mark = state and (state.st_ino, state.st_mtime_ns)
            if mark != self._read[0]:
                found = [Extension(**each) for each in json.loads(self._file.read_bytes())]
                self._read = mark, {fold_id(each.id): each for each in found}, tuple(found)
        return self._read[1]

    @contextmanager
    def _changing(self) -> Iterator[Known]:
        """Yield what is stored, and write what becomes of it; other processes wait meanwhile."""
        with self._lock, self._faults("write"), self._file.with_suffix(".lock").open("w") as file:
            flock(file, LOCK_EX)
            old = self._by_id()
            known = dict(old)
            yield known
            if known != old:
                self._write(known)

    def _write(self, known: Known) -> None:
        entries = [{name: getattr(each, name) for name in KEPT} for each in known.values()]
        new = self._file.with_suffix(".new")
        new.touch(mode=0o600)
        with new.open("w", encoding="utf-8") as file:
            json.dump(entries, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageUnavailable(f"Cannot {doing} {self._file}: {error.strerror}.") from error


def _current(known: Known, extension_id: str, version: str | None) -> Extension:
    found = known.get(fold_id(extension_id))
    if found is None:
        raise ExtensionNotFound(extension_id)
    if version not in {None, found.version}:
        raise VersionConflict(extension_id)
    return found


def _put(known: Known, extension: Extension) -> Extension:
    stored = known[fold_id(extension.id)] = replace(extension, version=uuid4().hex)
    return stored
