"""The SQLite database of a history: transactions, the schema, and what an error means.

On disk, each transaction has a connection of its own: threads, forked processes and other
servers share nothing but SQLite's locks, and a database that is moved away is noticed.  The
journal is a rollback journal and no write-ahead log, whose readers would have to write: a history
can be read on a full disk, and on one that is mounted read-only.
"""

import errno
import os
import sqlite3
import stat
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

from sipapp.files.write_access import existing, explain, try_to_write
from sipapp.history.store import HistoryStoreError

FILE: Final = "history.sqlite3"
JOURNAL: Final = f"{FILE}-journal"
LOCK_TIMEOUT_S: Final = 10.0
"""Seconds that a transaction waits for those of other threads and processes."""
SCHEMA_VERSION: Final = 1
_CHECK_BYTES: Final = 64 * 1024
"""Free space that a change needs: its entry, the snapshot, and the journal."""
_SCHEMA: Final = """
    CREATE TABLE entries (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        extension TEXT NOT NULL,
        old_extension TEXT NOT NULL,
        words TEXT NOT NULL,
        entry TEXT NOT NULL
    );
    CREATE INDEX entries_by_extension ON entries (extension, number);
    CREATE INDEX entries_by_old_extension ON entries (old_extension, number);
    CREATE TABLE snapshots (number INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE keys (key BLOB NOT NULL)
"""
_FOR_WRITING: Final = (
    # Unlike DELETE, it is durable without the directory being synced for each change.
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = FULL",
    # The password of a snapshot that was dropped does not stay in a free page.
    "PRAGMA secure_delete = ON",
)
_UNUSABLE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


class Database(Protocol):
    """Where the tables are.  Methods and transactions raise :class:`HistoryStoreError`."""

    lasting: bool

    def check(self) -> None:
        """Raise if nothing could be written now."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction that reads."""

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction that writes: committed at the end, rolled back by an exception."""


class MemoryDatabase:
    """A database that ends with the process; it has one connection, behind a lock."""

    lasting = False

    def __init__(self, key: bytes) -> None:
        self._lock = Lock()
        self._connection = _empty(key)
        weakref.finalize(self, self._connection.close)

    def check(self) -> None:
        """Nothing can be wrong with it."""

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction."""
        with self._lock, _transaction(self._connection, "DEFERRED"):
            yield self._connection

    writing = reading


class FileDatabase:
    """A database in a directory, which is made, as is the file, when it is first written."""

    lasting = True

    def __init__(self, directory: Path, make_key: Callable[[], bytes]) -> None:
        self._directory = directory
        self._path = directory / FILE
        self._make_key = make_key

    def check(self) -> None:
        """Raise if there is no room, or the transaction of another process does not end."""
        with self.writing():
            try_to_write(self._directory, _CHECK_BYTES)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that reads; of an empty database, if there is none yet."""
        with self.explained():
            if self._path.exists():
                with closing(self._connected()) as connection, _transaction(connection, "DEFERRED"):
                    if self._is_made(connection):
                        yield connection
                        return
            with closing(_empty(b"")) as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes."""
        with self.explained():
            self._make_file()
            with closing(self._connected()) as connection:
                for pragma in _FOR_WRITING:
                    connection.execute(pragma)
                with _transaction(connection, "IMMEDIATE"):
                    if not self._is_made(connection):
                        _create(connection, self._make_key())
                    yield connection

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of disk and database into such as say what to do."""
        try:
            yield
        except OSError as error:
            raise HistoryStoreError(explain(self._directory, error)) from error
        except sqlite3.Error as error:
            raise HistoryStoreError(self._explain(error)) from error

    def _connected(self) -> sqlite3.Connection:
        # Without the right to write, SQLite opens it for reading only.
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(address, LOCK_TIMEOUT_S, isolation_level=None, uri=True)

    def _make_file(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # It is never opened but by SQLite: to close it would end SQLite's locks (fcntl(2)).
            os.mknod(self._path, stat.S_IFREG | 0o600)
        check_access(self._directory)

    def _is_made(self, connection: sqlite3.Connection) -> bool:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise HistoryStoreError(
                f"{self._path} was written by a later version of sipapp (its format is "
                f"{version}, this version knows {SCHEMA_VERSION}). Run that version, or name "
                "another directory (sipapp.history). The file was not changed."
            )
        if version == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            raise HistoryStoreError(f"{self._path} is a database of another program. {_REPLACE_IT}")
        return bool(version)

    def _explain(self, error: sqlite3.Error) -> str:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            return (
                f"{self._path}: another process has been writing there for {LOCK_TIMEOUT_S:.0f} s."
            )
        if code in _UNUSABLE:
            return f"{self._path} is damaged ({error}). {_REPLACE_IT}"
        if code == sqlite3.SQLITE_FULL:
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            return explain(self._directory, full)
        try:
            check_access(self._directory)
            try_to_write(self._directory)
        except OSError as cause:
            return explain(self._directory, cause)
        return f"{self._path}: {error}."


_REPLACE_IT: Final = (
    "Stop the server, move the file away and put a copy of an earlier day in its place; without "
    "one, a new history is begun. The file was not changed."
)


def check_access(directory: Path, others: tuple[str, ...] = ()) -> None:
    """Raise ``OSError`` if this user may not write the database, or ``others`` beside it.

    Makes nothing.
    """
    folder = existing(directory)
    files = (FILE, JOURNAL, *others) if folder == directory else ()
    _check_access(folder)
    for path in (folder / name for name in files):
        if os.path.lexists(path):
            if path.name in {FILE, JOURNAL} and not stat.S_ISREG(path.lstat().st_mode):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
            _check_access(path)


def _check_access(path: Path) -> None:
    needed = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
    if not os.access(path, needed, effective_ids=True):
        read_only = os.statvfs(path).f_flag & os.ST_RDONLY
        code = errno.EROFS if read_only else errno.EACCES
        raise OSError(code, os.strerror(code), str(path))


@contextmanager
def _transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    with connection:  # which commits, or rolls back
        yield


def _create(connection: sqlite3.Connection, key: bytes) -> None:
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute("INSERT INTO keys VALUES (?)", (key,))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _empty(key: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _create(connection, key)
    return connection
