"""Extensions in one JSON file, replaced as a whole by each change."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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
)

KEPT = ("id", "enabled", "version", *FIELD_NAMES)


class JsonFileStorage(ListedStorage):
    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()

    def list(self) -> Sequence[Extension]:
        return tuple(self._read().values())

    def get(self, extension_id: str) -> Extension:
        try:
            return self._read()[extension_id.casefold()]
        except KeyError:
            raise ExtensionNotFound(extension_id) from None

    def create(self, extension: Extension) -> Extension:
        with self._lock:
            known = self._read()
            if extension.id.casefold() in known:
                raise ExtensionExists(extension.id)
            return self._put(known, extension)

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        with self._lock:
            old = self._current(extension_id, version)
            new = replace(old, **changes)  # type: ignore[arg-type]
            return old if new == old else self._put(self._read(), new)

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        with self._lock:
            old = self._current(extension_id, version)
            self._write(each for each in self.list() if each.id != old.id)

    def _current(self, extension_id: str, version: str | None) -> Extension:
        old = self.get(extension_id)
        if version not in {None, old.version}:
            raise VersionConflict(extension_id)
        return old

    def _put(self, known: dict[str, Extension], extension: Extension) -> Extension:
        stored = replace(extension, version=uuid4().hex)
        self._write((known | {stored.id.casefold(): stored}).values())
        return stored

    def _read(self) -> dict[str, Extension]:
        try:
            text = self._file.read_text(encoding="utf-8") if self._file.exists() else "[]"
        except OSError as error:
            raise StorageUnavailable(f"Cannot read {self._file}: {error.strerror}.") from error
        return {each["id"].casefold(): Extension(**each) for each in json.loads(text)}

    def _write(self, extensions: Iterable[Extension]) -> None:
        entries = [{name: getattr(each, name) for name in KEPT} for each in extensions]
        new = self._file.with_suffix(".new")
        try:
            new.touch(mode=0o600)
            new.write_text(json.dumps(entries), encoding="utf-8")
            new.replace(self._file)
        except OSError as error:
            raise StorageUnavailable(f"Cannot write {self._file}: {error.strerror}.") from error
