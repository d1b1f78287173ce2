"""Cached results from files around the directory, which are read again when they change."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from sipapp_xmldir.emulation.merged_text import Place
from sipapp_xmldir.emulation.preprocessor import Preprocessor
from sipapp_xmldir.files.regular_files import NotRegular, read_any

T = TypeVar("T")

Stamp = tuple[int, ...] | None
"""Inode, size and times of a file; ``None`` is equal to no state."""
Stamps = Mapping[str, Stamp]

# As in the index: what was changed less than this ago may change again with the same times.
_CLOCK_STEP_NS: Final = 50_000_000


def stamp(path: str) -> Stamp:
    """The stamp of a file or folder that is read now; empty if there is none."""
    state = state_of(path)
    if state and max(state[2:]) > time.time_ns() - _CLOCK_STEP_NS:
        return None
    return state


def state_of(path: str) -> tuple[int, ...]:
    """Inode, size and times of a file or folder; nothing if there is none."""
    try:
        # Not Path's, which takes three times as long: this is done for each page of the list.
        state = os.stat(path)  # noqa: PTH116
    except OSError:
        return ()
    return (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


class TrackingPreprocessor(Preprocessor):
    """A preprocessor that records the stamps of all files and folders that it reads."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        super().__init__(variables)
        self.stamps: dict[str, Stamp] = {}

    def open(self, name: str) -> None:
        """Merge a file that the configuration names.  Raises ``OSError``.

        A file that blocks FreeSWITCH for ever is recorded as a hang, too.
        """
        self.stamps[name] = stamp(name)
        try:
            self.file(name, read_any(name))
        except NotRegular as error:
            if error.blocks_reader:
                self.merged.hangs(Place(name, 1), f"FreeSWITCH waits for ever: it {error.kind}")
            raise

    def reads(self, name: str) -> bool:
        """Record the stamp of an included file."""
        self.stamps[name] = stamp(name)
        return True

    def follows(self, pattern: bytes, place: Place, level: int) -> bool:  # noqa: ARG002
        """Record the stamp of the folder of an inclusion."""
        folder = folder_of(pattern, place)
        self.stamps[folder] = stamp(folder)
        return True


def folder_of(pattern: bytes, place: Place) -> str:
    """The folder in which the pattern of an ``include`` looks for files."""
    parent = os.path.dirname(place.file)  # noqa: PTH120
    return os.path.dirname(os.path.join(parent, os.fsdecode(pattern)))  # noqa: PTH118, PTH120


class FileCache(Generic[T]):
    """A cache of a result that is made of files, and is made again when one changes."""

    def __init__(self, make: Callable[[], tuple[T, Stamps]]) -> None:
        self._make = make
        self._made: tuple[T, Stamps] | None = None

    def __call__(self) -> T:
        return self.with_stamps()[0]

    def with_stamps(self) -> tuple[T, Stamps]:
        """The result, and the stamps of the files that this one was made of."""
        made = self._made
        if made is None or not self._is_fresh(made[1]):
            # Another thread may make it at the same time: both have a result of their own.
            made = self._made = self._make()
        return made

    def _is_fresh(self, stamps: Stamps) -> bool:
        return all(state_of(path) == known for path, known in stamps.items())
