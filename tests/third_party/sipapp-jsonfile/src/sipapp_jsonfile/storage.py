"""Extensions in one JSON file, replaced as a whole by each change."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from sipapp.api import (
    FIELD_NAMES,
    Extension,
    ExtensionExists,
    ListedStorage,
    file_lock,
    fold_id,
    refuse_unknown_fields,
    replace_file,
    storage_errors,
    try_to_write,
)

KEPT = ("id", "enabled", "version", *FIELD_NAMES)
Known = dict[str, Extension]


class JsonFileStorage(ListedStorage):
    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[object, Sequence[Extension]] = (None, ())

    def list(self) -> Sequence[Extension]:
        with storage_errors("read", self._file):
            self._file.parent.stat()  # a file whose folder is gone is not empty
            state = self._file.stat() if self._file.exists() else None
            mark = state and (state.st_ino, state.st_mtime_ns)
            if mark != self._read[0]:
                entries = json.loads(self._file.read_bytes()) if mark else []
                self._read = mark, tuple(Extension(**each) for each in entries)
        return self._read[1]  # the same tuple as long as nobody replaces the file

    def create(self, extension: Extension) -> Extension:
        with self._changing() as known:
            if fold_id(extension.id) in known:
                raise ExtensionExists(extension.id)
            return _put(known, extension)

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        refuse_unknown_fields(changes)
        with self._changing() as known:
            old = self.current(extension_id, version)
            new = replace(old, **changes)  # type: ignore[arg-type]
            return old if new == old else _put(known, new)

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        with self._changing() as known:
            del known[fold_id(self.current(extension_id, version).id)]

    def check(self) -> None:
        with storage_errors("write", self._file):
            try_to_write(self._file.parent)
        self.list()

    @contextmanager
    def _changing(self) -> Iterator[Known]:
        """Yield what is stored, by folded id, and write what the block makes of it."""
        with storage_errors("write", self._file), file_lock(self._file):
            old = {fold_id(each.id): each for each in self.list()}
            known = dict(old)
            yield known
            if known != old:
                entries = [{name: getattr(each, name) for name in KEPT} for each in known.values()]
                replace_file(self._file, json.dumps(entries).encode())


def _put(known: Known, extension: Extension) -> Extension:
    stored = known[fold_id(extension.id)] = replace(extension, version=uuid4().hex)
    return stored
