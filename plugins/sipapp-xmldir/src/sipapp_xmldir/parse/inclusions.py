"""What the preprocessor directives of one file put into it, and where that is not known here."""

import os
import re
import stat
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.globbing import matches
from sipapp_xmldir.emulation.merged_text import Merged, Place
from sipapp_xmldir.emulation.preprocessor import variable_name
from sipapp_xmldir.emulation.tracked_files import Stamp, TrackingPreprocessor, folder_of, stamp
from sipapp_xmldir.parse.marked_elements import MARK

_PROGRAM: Final = b"exec"
_PASSIVE: Final = frozenset({b"include", b"exec"})
_EXECUTES: Final = (
    "runs a program (exec), whose output only FreeSWITCH knows: move that line out of the user, or "
    "include a file in its place"
)
_NOT_SET: Final = (
    "whose value is not known here: name the vars.xml that sets it in sipapp.storage.xmldir.vars, "
    "or write the path without it"
)
_LET_READ: Final = "let the user that sipapp runs as read it, or remove that line"
_ITSELF: Final = "includes itself; remove the line that does it"
_MAX_LEVEL: Final = 20
_TOO_DEEP: Final = (
    f"includes files that include others more than {_MAX_LEVEL} times, each in the one before; "
    "remove the line that leads back to one of them"
)
_MAGIC: Final = re.compile(r"[*?\[\\]")
_UNKNOWN_NAME: Final = re.compile(re.escape(MARK) + rb"([^}]*)\}")


@dataclass
class Surroundings:
    """Where a file stands, and the variables that are set before FreeSWITCH reads it.

    ``stamps`` is filled in by a reader: the included files and the folders of the inclusions,
    each as it was when it was read.
    """

    path: str = "/dev/null/file"  # in a folder that cannot exist: without files beside it
    variables: Mapping[str, str] = field(default_factory=dict)
    stamps: dict[str, Stamp] = field(default_factory=dict)


class Unknown(NamedTuple):
    """A position in the merged text at which FreeSWITCH may read more than is known here."""

    position: int
    reason: str


class Inclusions:
    """A file with all that it includes.

    ``set_names`` are the variables that directives of these files set, in lower case.
    """

    def __init__(self, data: bytes, around: Surroundings) -> None:
        reader = _Reader(around)
        reader.file(around.path, data)
        around.stamps.update(reader.stamps)
        self.merged: Merged = reader.merged
        self.text = bytes(self.merged.text)
        self.fault = reader.fault
        self.set_names = {
            variable_name(each.data).decode("utf-8", "replace")
            for each in self.merged.directives
            if each.command not in _PASSIVE
        }
        self.unknown: Sequence[Unknown] = sorted([*reader.unknown, *self._programs()])
        self._path = around.path
        self._starts = [start for start, _ in reader.inclusions]
        self._lines = [line for _, line in reader.inclusions]

    def line_of(self, position: int) -> int:
        """The line by which the file includes what stands at a position; 0 if it is its own."""
        if self.merged.place(position).file == self._path:
            return 0
        return self._lines[bisect_right(self._starts, position) - 1]

    def is_beside(self, position: int) -> bool:
        """Whether what stands at a position is of another file of the directory itself."""
        place = Path(os.path.realpath(self.merged.place(position).file))
        folder = os.path.realpath(Path(self._path).parent)
        return str(place.parent) == folder and place.suffix == ".xml"

    def has_doctype(self) -> bool:
        """Whether an included file has a DOCTYPE, which bears on what follows."""
        return any(self.line_of(each.start()) for each in re.finditer(b"<!DOCTYPE", self.text))

    def _programs(self) -> Iterator[Unknown]:
        for place, command, _, position in self.merged.directives:
            if command == _PROGRAM:
                yield Unknown(position, f"{_shown(place)}, {_EXECUTES}")


class _Reader(TrackingPreprocessor):
    """A preprocessor that records where inclusions begin, and what it cannot know.

    It stops at a ``fault``: files that include each other.
    """

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around.variables)
        self._path = around.path
        self._place = Place(around.path, 0)
        self.inclusions: list[tuple[int, int]] = []
        self.unknown: list[Unknown] = []
        self.fault = ""

    def value_of(self, name: bytes) -> bytes:
        known = self.variables.get(name.lower())
        return MARK + name + b"}" if known is None else known

    def follows(self, pattern: bytes, place: Place, level: int) -> bool:
        if level > _MAX_LEVEL:
            self.fault = self.fault or _TOO_DEEP
        if self.fault:
            return False
        self._place = place
        if level == 1:
            self.inclusions.append((len(self.merged.text), place.line))
        variable = _UNKNOWN_NAME.search(pattern)
        if variable:
            name = variable[1].decode("utf-8", "replace")
            self._is_unknown(f"includes files by $${{{name}}}, {_NOT_SET}")
            return False
        self._look_at_folders(folder_of(pattern, place))
        return True

    def reads(self, name: str) -> bool:
        if _is_same(name, self._path):
            self.fault = _ITSELF
        return not self.fault and super().reads(name)

    def not_read(self, name: str, why: str) -> None:
        self._is_unknown(f"includes {shown_path(name)}, which {why}: {_LET_READ}")

    def _look_at_folders(self, folder: str) -> None:
        """Record the state of the folders in which files may appear."""
        parts = Path(folder).parts
        first = next((n for n, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
        for count in range(first, len(parts) + 1):
            pattern = str(Path(*parts[:count]))
            found = map(os.fsdecode, matches(os.fsencode(pattern)))
            for each in found if count > first else [pattern]:
                self.stamps[each] = stamp(each)
                if _is_closed(each):
                    self.not_read(each, "may not be read here")

    def _is_unknown(self, clause: str) -> None:
        self.unknown.append(Unknown(len(self.merged.text), f"{_shown(self._place)}, {clause}"))


def _is_closed(folder: str) -> bool:
    """Whether files of a folder cannot be seen here that FreeSWITCH may see."""
    try:
        is_folder = stat.S_ISDIR(os.stat(folder).st_mode)  # noqa: PTH116
    except OSError as error:
        return isinstance(error, PermissionError)
    return is_folder and not os.access(folder, os.R_OK | os.X_OK)


def _is_same(name: str, other: str) -> bool:
    try:
        return os.path.samefile(name, other)  # noqa: PTH121
    except OSError:
        return name == other


def shown_path(file: str) -> str:
    """The path of an included file as people read it."""
    return os.fsencode(os.path.realpath(file)).decode("utf-8", "replace")


def _shown(place: Place) -> str:
    return f"{Path(place.file).name}, line {place.line}"
