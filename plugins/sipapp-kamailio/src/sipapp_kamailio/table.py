"""The table that Kamailio checks passwords against, in a SQLite database."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final

from sipapp.api import SwitchUnreachable
from sipapp_kamailio.control import Address

_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS subscriber (
        username TEXT NOT NULL,
        domain TEXT NOT NULL,
        ha1 TEXT NOT NULL,
        PRIMARY KEY (username, domain)
    ) WITHOUT ROWID
"""
_WANTED: Final = """
    CREATE TEMPORARY TABLE wanted (
        username TEXT NOT NULL,
        domain TEXT NOT NULL,
        ha1 TEXT NOT NULL,
        PRIMARY KEY (username, domain)
    ) WITHOUT ROWID
"""
_OUTDATED: Final = """
    SELECT username, domain FROM (SELECT * FROM subscriber EXCEPT SELECT * FROM wanted)
"""
_ADD_WANTED: Final = """
    INSERT INTO subscriber SELECT * FROM (SELECT * FROM wanted EXCEPT SELECT * FROM subscriber)
"""
_UNWANTED: Final = "DELETE FROM wanted WHERE username = ? AND domain = ?"
_AS_IT_IS: Final = """
    INSERT INTO wanted SELECT * FROM subscriber WHERE username = ? AND domain = ?
"""
_DELETE: Final = "DELETE FROM subscriber WHERE username = ? AND domain = ?"
_DIGEST: Final = "SELECT ha1 FROM subscriber WHERE username = ? AND domain = ?"
_KEY_COLUMNS: Final = "SELECT count(*) FROM pragma_table_info('subscriber') WHERE pk > 0"


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
        self,
        wanted: Iterable[tuple[Address, str]],
        *,
        timeout: float,
        writing: Callable[[], AbstractContextManager[Collection[Address]]],
    ) -> tuple[int, list[Address]]:
        """Make the table hold exactly ``wanted``, addresses and HA1; writes only differences.

        All is read before ``writing`` is entered, which gives the addresses whose rows were
        changed meanwhile, and are right.  Returns how many rows it has then, and the addresses
        that were known with something else before.  Needs no memory for all.
        """
        with self._open(timeout) as database:
            database.execute(_WANTED)
            rows = ((*address, digest) for address, digest in wanted)
            database.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?, ?)", rows)
            with writing() as changed:
                database.execute("BEGIN IMMEDIATE")
                database.executemany(_UNWANTED, changed)
                database.executemany(_AS_IT_IS, changed)
                outdated: list[Address] = database.execute(_OUTDATED).fetchall()
                database.executemany(_DELETE, outdated)
                database.execute(_ADD_WANTED)
                (count,) = database.execute("SELECT count(*) FROM wanted").fetchone()
                database.execute("COMMIT")
        return count, outdated

    def change(self, wanted: Mapping[Address, str | None], *, timeout: float) -> list[Address]:
        """Make these rows right: HA1 by address, ``None`` for one that has to go.

        Returns the addresses that were known with something else before.
        """
        with self._open(timeout) as database:
            database.execute("BEGIN IMMEDIATE")
            found = {each: database.execute(_DIGEST, each).fetchone() for each in wanted}
            present = {each: row and row[0] for each, row in found.items()}
            differ = [each for each, digest in wanted.items() if digest != present[each]]
            database.executemany(_DELETE, differ)
            added = [(*each, digest) for each in differ if (digest := wanted[each])]
            database.executemany("INSERT INTO subscriber VALUES (?, ?, ?)", added)
            database.execute("COMMIT")
        return [each for each in differ if present[each]]

    def has(self, address: Address, *, timeout: float) -> bool:
        """Whether a phone can register as this user of this domain."""
        with self._open(timeout) as database:
            query = "SELECT 1 FROM subscriber WHERE username = ? AND domain = ?"
            return database.execute(query, address).fetchone() is not None

    def digests(self, addresses: Sequence[Address], *, timeout: float) -> Mapping[Address, str]:
        """The HA1 of each of these that is known."""
        with self._open(timeout) as database:
            rows = ((each, database.execute(_DIGEST, each).fetchone()) for each in addresses)
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
                if connection.execute(_KEY_COLUMNS).fetchone() == (1,):
                    # Of an earlier version, whose key was the user name alone.
                    connection.execute("DROP TABLE subscriber")
                    connection.execute(_SCHEMA)
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> SwitchUnreachable:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return SwitchUnreachable(f"Kamailio's table {self._path} cannot be used: {reason}.")
