"""The history in SQLite: in a directory, or in memory where the ini names none."""

import json
import logging
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from sipapp.files.write_access import existing, try_to_write
from sipapp.history.database import Database, FileDatabase, MemoryDatabase, check_access
from sipapp.history.entry import Entry
from sipapp.history.old_format import OLD_FILES, OldFiles
from sipapp.history.store import (
    FORGOTTEN,
    SEARCH_LIMIT,
    Forgotten,
    HistoryPage,
    HistoryStore,
    HistoryStoreError,
)
from sipapp.model.extension import fold_id

log = logging.getLogger(__name__)

KEPT: Final = 400_000
"""Entries that are kept on disk."""
KEPT_BYTES: Final = 2 << 30
"""Bytes of the entries and snapshots that are kept on disk, with their indexes."""
KEPT_IN_MEMORY: Final = 1000
KEPT_BYTES_IN_MEMORY: Final = 64 << 20
_DROPPED_AT_ONCE: Final = 16
_KEY_BYTES: Final = 32


class SqliteStore(HistoryStore):
    """Entries as JSON, numbered in the order in which they were appended.

    The number and not the id is the order: a clock may be set back.
    """

    def __init__(self, database: Database, kept: int, kept_bytes: int) -> None:
        self._database = database
        self._kept = kept
        self._kept_bytes = kept_bytes
        self.lasting = database.lasting

    def check(self) -> None:
        self._database.check()

    def key(self) -> bytes:
        with self._database.reading() as connection:
            found: tuple[bytes] = connection.execute("SELECT key FROM keys").fetchone()
        return found[0]

    def append(self, entries: Sequence[Entry], snapshot: bytes | None) -> None:
        with self._database.writing() as connection:
            for place, entry in enumerate(entries):
                _insert(connection, entry, None if place else snapshot)
            self._drop_oldest(connection, len(entries))

    def _drop_oldest(self, connection: sqlite3.Connection, appended: int) -> None:
        """Drop what is too much; what has just been appended stays, however large it is."""
        oldest, newest = _range(connection)
        _drop(connection, newest - self._kept)
        while oldest <= newest - appended and _bytes_used(connection) > self._kept_bytes:
            oldest = min(oldest + _DROPPED_AT_ONCE, newest - appended + 1)
            _drop(connection, oldest - 1)

    def find(self, search: str, *, before: str, limit: int) -> HistoryPage:
        with self._database.reading() as connection:
            oldest, newest = _range(connection, before)
            first = max(oldest, newest - SEARCH_LIMIT + 1)
            rows = connection.execute(
                "SELECT entry, id FROM entries WHERE number BETWEEN ? AND ? AND instr(words, ?)"
                " ORDER BY number DESC LIMIT ?",
                (first, newest, _fold(search), limit + 1),
            ).fetchall()
            entries = list(_entries(rows[:limit]))
            if len(rows) > limit:
                return HistoryPage(entries, next=rows[limit - 1][1])
            if first == oldest:
                return HistoryPage(entries)
            (last,) = connection.execute(
                "SELECT id FROM entries WHERE number >= ? ORDER BY number LIMIT 1", (first,)
            ).fetchone()
            return HistoryPage(entries, next=last, unfinished=True)

    def get(self, entry_id: str) -> Entry | None:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT entry FROM entries WHERE id = ?", (_text(entry_id),))
            return next(_entries(rows), None)

    def snapshot(self, entry_id: str) -> bytes | None:
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT data FROM snapshots JOIN entries USING (number) WHERE id = ?",
                (_text(entry_id),),
            ).fetchone()
        return row and bytes(row[0])

    def forget(self, extension_id: str) -> Forgotten:
        wanted = {"id": _id_key(extension_id), "forgotten": FORGOTTEN}
        with self._database.writing() as connection:
            pairs = connection.execute(
                "SELECT DISTINCT extension, old_extension FROM entries"
                " WHERE extension = :id OR old_extension = :id",
                wanted,
            ).fetchall()
            # The row stays: an entry without one is of an extension that was not there before.
            done = connection.execute(
                "UPDATE snapshots SET data = :forgotten WHERE data <> :forgotten AND number IN ("
                " SELECT number FROM entries WHERE extension = :id OR old_extension = :id)",
                wanted,
            )
            others = {each for pair in pairs for each in pair} - {wanted["id"]}
            return Forgotten(done.rowcount, sorted(others))

    def later(self, entry_id: str, extensions: Collection[str]) -> Sequence[Entry]:
        wanted = json.dumps([_id_key(each) for each in extensions])
        with self._database.reading() as connection:
            rows = connection.execute(
                "WITH wanted AS (SELECT value FROM json_each(:wanted)),"
                " first AS (SELECT coalesce(max(number), 0) + 1 FROM entries WHERE id = :id)"
                " SELECT entry FROM entries WHERE number IN ("
                "  SELECT number FROM entries WHERE extension IN wanted"
                "   AND number >= (SELECT * FROM first)"
                "  UNION SELECT number FROM entries WHERE old_extension IN wanted"
                "   AND number >= (SELECT * FROM first)"
                " ) ORDER BY number",
                {"wanted": wanted, "id": _text(entry_id)},
            )
            return list(_entries(rows))


class DiskStore(SqliteStore):
    """The store in a directory.  Imports the files of an earlier version that are there."""

    def __init__(self, directory: Path, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        self._old_files = OldFiles(directory)
        self._file_database = FileDatabase(directory, self._first_key)
        super().__init__(self._file_database, kept, kept_bytes)

    def check(self) -> None:
        """Raise as any store; imports first, so that the order of the entries is right."""
        self.import_old_files()
        super().check()

    def import_old_files(self) -> None:
        """Import what an earlier version left there, if it did."""
        with self._file_database.explained():
            if self._old_files.exist():
                with self._old_files.locked():
                    self._import()

    def _import(self) -> None:
        with self._file_database.writing() as connection:
            # Those of an import that ended before the files were removed are there already.
            pairs = self._old_files.entries()
            count = sum(_insert(connection, entry, snapshot) for entry, snapshot in pairs)
            self._drop_oldest(connection, 1)
        log.info("The history of an earlier version was imported: %d entries.", count)
        for kept in self._old_files.remove():
            log.warning("History: %s", kept)

    def _first_key(self) -> bytes:
        """The key of an earlier version, which the digests of its entries were made with."""
        return self._old_files.key() or _new_key()


def sqlite_store(directory: Path | None) -> HistoryStore:
    """The store in a directory; without one, a store in memory."""
    if directory is None:
        return SqliteStore(MemoryDatabase(_new_key()), KEPT_IN_MEMORY, KEPT_BYTES_IN_MEMORY)
    store = DiskStore(directory)
    with suppress(HistoryStoreError):  # the checks of the application tell it
        # It takes its time, which no request shall wait for.
        store.import_old_files()
    return store


def check_usable(directory: Path) -> None:
    """Raise if this user could not write a history there; makes nothing.

    ``OSError``, or ``HistoryStoreError`` for a database that cannot be used.
    """
    check_access(directory, OLD_FILES)
    try_to_write(existing(directory))
    DiskStore(directory).find("", before="", limit=1)


def _new_key() -> bytes:
    return secrets.token_bytes(_KEY_BYTES)


def _range(connection: sqlite3.Connection, before: str = "") -> tuple[int, int]:
    """The numbers of the oldest entry, and of the newest one before the cursor."""
    oldest, newest = connection.execute(
        "SELECT (SELECT min(number) FROM entries), (SELECT max(number) FROM entries)"
    ).fetchone()
    if before:
        cursor = connection.execute(
            "SELECT number FROM entries WHERE id >= ? ORDER BY id LIMIT 1", (_text(before),)
        ).fetchone()
        newest = cursor[0] - 1 if cursor else newest
    return oldest or 1, newest or 0


def _drop(connection: sqlite3.Connection, last: int) -> None:
    """Drop all entries up to a number, each with its snapshot."""
    for table in ("snapshots", "entries"):
        connection.execute(f"DELETE FROM {table} WHERE number <= ?", (last,))  # noqa: S608


def _bytes_used(connection: sqlite3.Connection) -> int:
    """The bytes of the database, without the pages that are free."""
    (count,), (free,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((count - free) * size)


def _insert(connection: sqlite3.Connection, entry: Entry, snapshot: bytes | None) -> bool:
    """Whether the entry was new."""
    inserted = connection.execute(
        "INSERT OR IGNORE INTO entries (id, extension, old_extension, words, entry)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            entry.id,
            _id_key(entry.extension),
            _id_key(entry.old_extension),
            _fold(_words(entry)),
            entry.to_json(),
        ),
    )
    if inserted.rowcount and snapshot is not None:
        connection.execute("INSERT INTO snapshots VALUES (?, ?)", (inserted.lastrowid, snapshot))
    return bool(inserted.rowcount)


def _entries(rows: Iterable[tuple[str, ...]]) -> Iterator[Entry]:
    for row in rows:
        # One that cannot be read costs itself alone.
        with suppress(ValueError):
            yield Entry.from_json(row[0])


def _id_key(extension_id: str) -> str:
    return _text(fold_id(extension_id))


def _fold(text: str) -> str:
    return _text(text.casefold())


def _text(text: str) -> str:
    """Text as SQLite takes it: in UTF-8 is no lone surrogate, as a plugin's name may have."""
    return text.encode("utf-8", "backslashreplace").decode()


def _words(entry: Entry) -> str:
    """What a search looks at."""
    words = [entry.id, entry.actor.name, entry.actor.address, entry.action, entry.extension]
    words.append(entry.detail)
    for change in entry.changes:
        words += [change.field, change.old or "", change.new or ""]
    for switch in entry.switches:
        words += [switch.name, switch.outcome]
    return "\n".join(words)
