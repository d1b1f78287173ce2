"""Where the history is kept: on disk, or in memory where the ini names no directory.

A shelf holds lines, newest last, and beside them small files that belong to entries.
"""

import errno
import fcntl
import os
import secrets
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from sipapp.files.write_access import existing, explain, try_to_write

CURRENT: Final = "history.jsonl"
MAX_BYTES: Final = 8 * 1024 * 1024
"""A file of lines that is larger is put aside, and a new one begun: some 20,000 changes."""
KEPT_FILES: Final = 20
"""Files of lines that were put aside and are kept; the oldest goes, with what belongs to it."""
_KEY_BYTES: Final = 32
LOCK_SECONDS: Final = 10.0
"""Seconds that a change waits for others, also of other processes, that are written down."""
_POLL_SECONDS: Final = 0.005
IN_MEMORY: Final = 1000
"""Entries that are kept in memory."""


class Shelf(ABC):
    """Keeps lines and the files of entries.  For several threads, and processes on disk.

    Methods raise ``OSError``.
    """

    lasting: bool
    """Whether it outlives the process."""

    def explain(self, error: OSError) -> str:
        """Say what a failure means, and what to do: sentences."""
        return f"{error.strerror or error}."

    @abstractmethod
    def check(self) -> None:
        """Raise ``OSError`` if a line, or a file, could not be written now."""

    @abstractmethod
    def key(self) -> bytes:
        """Random bytes that only this history knows, always the same."""

    @abstractmethod
    def append(self, lines: Sequence[str]) -> None:
        """Add lines; they are there after a crash, or none of them that a reader would take."""

    @abstractmethod
    def backward(self, oldest: str = "", newest: str = "") -> Iterator[str]:
        """Lines, the newest first: all that have names from ``oldest`` to ``newest``, and others.

        Names sort by time, or nearly so.
        """

    @abstractmethod
    def put(self, name: str, data: bytes) -> None:
        """Keep a file, readable by its owner alone."""

    @abstractmethod
    def get(self, name: str) -> bytes | None:
        """A file; ``None`` if there is none (any more)."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a file, if it is there."""


class MemoryShelf(Shelf):
    """Forgets everything when the server ends."""

    lasting = False

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=IN_MEMORY)
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()
        self._key = secrets.token_bytes(_KEY_BYTES)

    def check(self) -> None:
        pass

    def key(self) -> bytes:
        return self._key

    def append(self, lines: Sequence[str]) -> None:
        with self._lock:
            self._lines.extend(lines)

    def backward(self, oldest: str = "", newest: str = "") -> Iterator[str]:  # noqa: ARG002  (it is short)
        with self._lock:
            return iter(list(reversed(self._lines)))

    def put(self, name: str, data: bytes) -> None:
        with self._lock:
            self._files[name] = data
            while len(self._files) > IN_MEMORY:
                self._files.popitem(last=False)

    def get(self, name: str) -> bytes | None:
        return self._files.get(name)

    def drop(self, name: str) -> None:
        with self._lock:
            self._files.pop(name, None)


class DiskShelf(Shelf):
    """A directory of its own: JSON lines, and a folder with what undoing needs."""

    lasting = True

    def __init__(self, directory: Path, name_of: Callable[[str], str]) -> None:
        """``name_of`` gives the name of the file that belongs to a line, for clearing up."""
        self._directory = directory
        self._files = directory / "before"
        self._name_of = name_of
        self._known_key = b""

    def explain(self, error: OSError) -> str:
        return explain(self._directory, error)

    def check(self) -> None:
        self.key()
        with self._locked():
            os.close(self._open_lines())
        try_to_write(self._files)

    def key(self) -> bytes:
        if not self._known_key:
            path = self._directory / "key"
            with self._locked():
                if not path.exists():
                    _write_new(path, secrets.token_bytes(_KEY_BYTES))
                    self._sync(self._directory)
                self._known_key = path.read_bytes()
        return self._known_key

    def append(self, lines: Sequence[str]) -> None:
        data = "".join(f"{line}\n" for line in lines).encode()
        with self._locked():
            current = self._directory / CURRENT
            if current.exists() and current.stat().st_size + len(data) > MAX_BYTES:
                self._put_aside(current)
            descriptor = self._open_lines()
            try:
                _append(descriptor, data)
            finally:
                os.close(descriptor)
            self._sync(self._directory)

    def backward(self, oldest: str = "", newest: str = "") -> Iterator[str]:
        later = ""
        for path in (self._directory / CURRENT, *reversed(self._put_aside_files())):
            if later and later < oldest:
                return  # what is in the files before this one began is older still
            try:
                with path.open("rb") as file:
                    first = self._name_of(file.readline().decode("utf-8", "replace"))
                    later = first or later
                    if newest and first > newest:
                        continue
                    file.seek(0)
                    data = file.read()
            except FileNotFoundError:
                continue
            for line in reversed(data.splitlines()):
                yield line.decode("utf-8", "replace")

    def put(self, name: str, data: bytes) -> None:
        self._make_folders()
        try:
            _write_new(self._files / name, data)
            self._sync(self._files)
        except BaseException:
            self.drop(name)
            raise

    def get(self, name: str) -> bytes | None:
        try:
            return (self._files / name).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, name: str) -> None:
        with suppress(FileNotFoundError):
            (self._files / name).unlink()

    def _open_lines(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(self._directory / CURRENT, flags, 0o600)

    def _put_aside(self, current: Path) -> None:
        number = max((_number(path) for path in self._put_aside_files()), default=0) + 1
        current.rename(self._directory / f"history-{number:06}.jsonl")
        for path in self._put_aside_files()[:-KEPT_FILES]:
            for line in path.read_text("utf-8", "replace").splitlines():
                self.drop(self._name_of(line))
            path.unlink()

    def _put_aside_files(self) -> Sequence[Path]:
        return sorted(self._directory.glob("history-*.jsonl"), key=_number)

    def _make_folders(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._make_folders()
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._directory / ".lock", flags, 0o600)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    @staticmethod
    def _sync(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                said = f"another process has been writing there for {LOCK_SECONDS:.0f} s"
                raise TimeoutError(errno.ETIMEDOUT, said) from None
            time.sleep(_POLL_SECONDS)
        else:
            return


def look(directory: Path) -> None:
    """Raise ``OSError`` if a shelf there could not be written by this user; makes nothing."""
    folder = existing(directory)
    names = (".", ".lock", "key", CURRENT, "before") if folder == directory else (".",)
    for path in (folder / name for name in names):
        needed = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
        if os.path.lexists(path) and not os.access(path, needed, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    try_to_write(folder)


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _append(descriptor: int, data: bytes) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        # A line that a crash cut off: it must not take the next one with it.
        data = b"\n" + data
    try:
        with os.fdopen(os.dup(descriptor), "ab", buffering=0) as file:
            # A full disk takes a part; the next call then says why.
            while data:
                data = data[file.write(data) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("history-")
    return int(digits) if digits.isdigit() else 0
