"""How a page of extensions is asked for, and what a page is."""

import binascii
import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from sipapp.model.errors import InvalidCursor
from sipapp.model.extension import Extension

T = TypeVar("T")

SortKey = Literal["id", "caller_id_name", "caller_id_number"]
SORT_KEYS: Final[tuple[SortKey, ...]] = ("id", "caller_id_name", "caller_id_number")

COUNTED: Final = 10_000
"""How many matches a storage has to count exactly."""


@dataclass(frozen=True)
class Query:
    """Which extensions, and in which order.

    ``text`` is a part of an id, alias, caller ID name or number, in any case of letters.
    Values of the ``sort`` key are ordered by :func:`sipapp.api.natural_key`, equal ones by id (by
    Unicode code points).  ``descending`` reverses both; extensions without a value come last in
    both directions.
    """

    text: str = ""
    sort: SortKey = "id"
    descending: bool = False

    def cursor(self, last: Extension) -> str:
        """Make the cursor of the page behind ``last``, for this search and order only."""
        return encode_cursor(self._digest(), getattr(last, self.sort), last.id)

    def position(self, cursor: str) -> tuple[str, str]:
        """Return the value of the sort key, and the id, of the extension before a page.

        Raises ``InvalidCursor``, also for a cursor of another search or order.
        """
        digest, value, extension_id = decode_cursor(cursor, 3)
        if digest != self._digest():
            raise InvalidCursor(
                "This cursor is of another search or order: begin with the first page."
            )
        return value, extension_id

    def _digest(self) -> str:
        # Short for any text of a search, and the same in each process.
        given = json.dumps([self.text, self.sort, self.descending])
        return hashlib.sha256(given.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list.

    ``after`` is the cursor of the next page, empty on the last one.  ``total`` is the number
    of matches on all pages; ``None`` if there are more than the storage counts, which
    are :data:`COUNTED` at least.
    """

    items: Sequence[T]
    after: str = ""
    total: int | None = None


def encode_cursor(*parts: str) -> str:
    """Make a cursor: opaque text of letters, digits, ``-`` and ``_``."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> tuple[str, ...]:
    """Return the ``count`` parts that a cursor was made of.  Raises ``InvalidCursor``."""
    try:
        parts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidCursor from error
    if not (isinstance(parts, list) and len(parts) == count):
        raise InvalidCursor
    if not all(isinstance(part, str) for part in parts):
        raise InvalidCursor
    return tuple(parts)
