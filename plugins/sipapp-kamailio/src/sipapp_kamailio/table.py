"""The table that Kamailio checks passwords against, in a SQLite database."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from sipapp.api import SwitchUnreachable

_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS subscriber (
        username TEXT NOT NULL PRIMARY KEY,
        domain TEXT NOT NULL,
        ha1 TEXT NOT NULL
    ) WITHOUT ROWID
"""
_WANTED: Final = """
    CREATE TEMPORARY TABLE wanted (
        username TEXT NOT NULL PRIMARY KEY,
        domain TEXT NOT NULL,
        ha1 TEXT NOT NULL
    ) WITHOUT ROWID
"""
_OUTDATED: Final = """
    SELECT username FROM (SELECT * FROM subscriber EXCEPT SELECT * FROM wanted)
"""
_ADD_WANTED: Final = """
    INSERT INTO subscriber SELECT * FROM (SELECT * FROM wanted EXCEPT SELECT * FROM subscriber)
"""


class SubscriberTable:
    """Table ``subscriber(username, domain, ha1)``: what a phone's password must hash to.

    Kamailio reads it at every request, so a change is in force at once.  The
    database is in WAL mode: in any other, Kamailio refuses phones while we write.
    Methods take their time limit in seconds and raise ``SwitchUnreachable``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def clear(self) -> None:
        """Begin anew; nothing may have the database open."""
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def sync(
        self, realm: str, wanted: Iterable[tuple[str, str]], *, timeout: float
    ) -> tuple[int, list[str]]:
        """Make the table hold exactly ``wanted``, pairs of username and HA1; writes differences.

        Returns how many rows it has then, and the usernames that were known with something else
        before.  Needs no memory for all.
        """
        with self._open(timeout) as database:
            database.execute(_WANTED)
            rows = ((username, realm, digest) for username, digest in wanted)
            database.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?, ?)", rows)
            database.execute("BEGIN IMMEDIATE")
            outdated = [username for (username,) in database.execute(_OUTDATED)]
            self._delete(database, outdated)
            database.execute(_ADD_WANTED)
            (count,) = database.execute("SELECT count(*) FROM wanted").fetchone()
            database.execute("COMMIT")
        return count, outdated

    def change(self, realm: str, wanted: Mapping[str, str | None], *, timeout: float) -> list[str]:
        """Make these rows right: HA1 by username, ``None`` for one that has to go.

        Returns the usernames that were known with something else before.
        """
        target = {username: digest and (realm, digest) for username, digest in wanted.items()}
        with self._open(timeout) as database:
            database.execute("BEGIN IMMEDIATE")
            query = "SELECT domain, ha1 FROM subscriber WHERE username = ?"
            present = {each: database.execute(query, (each,)).fetchone() for each in target}
            differ = [each for each, row in target.items() if row != present[each]]
            self._delete(database, differ)
            added = [(each, *row) for each in differ if (row := target[each])]
            database.executemany("INSERT INTO subscriber VALUES (?, ?, ?)", added)
            database.execute("COMMIT")
        return [each for each in differ if present[each]]

    def _delete(self, database: sqlite3.Connection, usernames: Iterable[str]) -> None:
        rows = ((each,) for each in usernames)
        database.executemany("DELETE FROM subscriber WHERE username = ?", rows)

    def has(self, username: str, *, timeout: float) -> bool:
        """Whether a phone can register as ``username``."""
        with self._open(timeout) as database:
            query = "SELECT 1 FROM subscriber WHERE username = ?"
            return database.execute(query, (username,)).fetchone() is not None

    def digests(self, usernames: Sequence[str], *, timeout: float) -> Mapping[str, str]:
        """The HA1 of each of these that is known."""
        with self._open(timeout) as database:
            query = "SELECT ha1 FROM subscriber WHERE username = ?"
            rows = ((each, database.execute(query, (each,)).fetchone()) for each in usernames)
            return {each: row[0] for each, row in rows if row}

    @contextlib.contextmanager
    def _open(self, timeout: float) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its other files the mode of this one.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(self._path, timeout=timeout, isolation_level=None)
            with closing(connection):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(_SCHEMA)
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> SwitchUnreachable:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return SwitchUnreachable(f"Kamailio's table {self._path} cannot be used: {reason}.")
