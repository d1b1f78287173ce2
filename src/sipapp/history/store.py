"""What a store of the history must do."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sipapp.history.entry import Entry
from sipapp.model.errors import SipappError

SEARCH_LIMIT: Final = 20_000
"""Entries that one search reads at most."""


class HistoryStoreError(SipappError):
    """The store cannot be read or written; the text says why and what to do, in sentences."""


@dataclass(frozen=True)
class HistoryPage:
    """A part of the history, the newest entry first.

    If there is more, ``next`` is the cursor of the next page: the id of the entry before which
    it begins.  A search that is ``unfinished`` has read :data:`SEARCH_LIMIT` entries, and there
    are older ones.
    """

    entries: Sequence[Entry]
    next: str = ""
    unfinished: bool = False


FORGOTTEN: Final = b"forgotten by sipapp history forget"
"""What :meth:`HistoryStore.snapshot` returns for a snapshot that was forgotten."""


@dataclass(frozen=True)
class Forgotten:
    """How many snapshots were forgotten, and other ids that the extension had at these changes."""

    snapshots: int
    other_ids: Sequence[str]


class HistoryStore(ABC):
    """Stores entries in the order in which they are appended, with snapshots for undo.

    For several threads.  Drops the oldest entries past a limit of its own, each with its
    snapshot.  Every method may raise :class:`HistoryStoreError`.
    """

    lasting: bool
    """Whether the entries outlive the process."""

    @abstractmethod
    def check(self) -> None:
        """Raise ``HistoryStoreError`` if an entry could not be appended now."""

    @abstractmethod
    def key(self) -> bytes:
        """The secret key of this history's digests: random bytes, always the same."""

    @abstractmethod
    def append(self, entries: Sequence[Entry], snapshot: bytes | None) -> None:
        """Append entries, and the snapshot of the first, in one transaction.

        The snapshot is what was stored before the change, with passwords; ``None`` for a new
        extension.
        """

    @abstractmethod
    def find(self, search: str, *, before: str, limit: int) -> HistoryPage:
        """Entries with a text in them, in any case, older than the entry ``before``.

        With an empty ``before``, from the newest on.  It may be the id of an entry that was
        dropped, or only the beginning of an id: ids sort by time.
        """

    @abstractmethod
    def get(self, entry_id: str) -> Entry | None:
        """One entry; ``None`` if there is none (any more)."""

    @abstractmethod
    def snapshot(self, entry_id: str) -> bytes | None:
        """The snapshot that was appended with an entry; ``None`` if there is none.

        :data:`FORGOTTEN` if it was forgotten.
        """

    @abstractmethod
    def forget(self, extension_id: str) -> Forgotten:
        """Overwrite the snapshots of all entries about an id, before or after the change.

        The entries stay.  The id is compared without case.
        """

    @abstractmethod
    def later(self, entry_id: str, extensions: Collection[str]) -> Sequence[Entry]:
        """Entries after an entry about any of these ids, before or after it; oldest first.

        The ids are compared without case.
        """
