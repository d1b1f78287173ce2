"""The table that Kamailio checks passwords against, in a SQLite database."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
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

    def sync(self, realm: str, wanted: Mapping[str, str], *, timeout: float) -> list[str]:
        """Make the table hold exactly ``wanted``, HA1 by username; writes only differences.

        Returns the usernames that were known with something else before.
        """
        target = {username: (realm, digest) for username, digest in wanted.items()}
        with self._open(timeout) as database:
            database.execute("BEGIN IMMEDIATE")
            present = {
                username: (domain, digest)
                for username, domain, digest in database.execute(
                    "SELECT username, domain, ha1 FROM subscriber"
                )
            }
            outdated = [name for name, row in present.items() if target.get(name) != row]
            added = [(name, *row) for name, row in target.items() if present.get(name) != row]
            gone = [(name,) for name in outdated]
            database.executemany("DELETE FROM subscriber WHERE username = ?", gone)
            database.executemany("INSERT INTO subscriber VALUES (?, ?, ?)", added)
            database.execute("COMMIT")
        return outdated

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
