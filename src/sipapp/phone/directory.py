"""The directory for phones: ids and names of enabled extensions, as JSON."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from sipapp.storages.base import ExtensionStorage
from sipapp.storages.query import Query

LISTED: Final = 500
"""Extensions of a site that phones get at once, to find people without asking; of a larger one
they get these, and search for the others.  A list of 500 is some 25 kB, fetched once."""


@dataclass(frozen=True)
class Listing:
    """A list as JSON, and its version for ``ETag``."""

    body: bytes
    version: str


class Directory:
    """Lists the extensions of a storage; the first ones are cached until anything changes."""

    def __init__(self, storage: ExtensionStorage) -> None:
        self._storage = storage
        self._first: tuple[str, Listing] | None = None

    def first(self) -> Listing:
        """The first extensions that are enabled, by id."""
        revision = self._storage.revision()
        cached = self._first
        if cached is None or cached[0] != revision:
            cached = self._first = (revision, self._list("", LISTED))
        return cached[1]

    def search(self, text: str, limit: int) -> Listing:
        """Extensions that are enabled and have this text in their id, name or number."""
        return self._list(text, limit)

    def _list(self, text: str, limit: int) -> Listing:
        page = self._storage.find(Query(text), limit=limit)
        entries = [
            {"extension": each.id, "name": each.caller_id_name}
            for each in page.items
            if each.enabled
        ]
        body = json.dumps({"extensions": entries, "complete": not page.after}).encode()
        return Listing(body, hashlib.sha256(body).hexdigest()[:32])
