"""The directory for phones: ids and names of all enabled extensions, as JSON."""

import hashlib
import json
from dataclasses import dataclass

from sipapp.storages.base import ExtensionStorage


@dataclass(frozen=True)
class Listing:
    """The list as JSON, and its version for ``ETag``."""

    body: bytes
    version: str


class Directory:
    """Caches the list as long as the extensions stay the same."""

    def __init__(self) -> None:
        self._cached: tuple[str, Listing] | None = None

    def listing(self, storage: ExtensionStorage) -> Listing:
        """The list of the extensions that are enabled, by id.  Raises ``StorageUnavailable``."""
        revision, cached = storage.revision(), self._cached
        if cached is not None and cached[0] == revision:
            return cached[1]
        entries = [
            {"extension": each.id, "name": each.caller_id_name}
            for each in storage.iterate()
            if each.enabled
        ]
        body = json.dumps({"extensions": entries}).encode()
        listing = Listing(body, hashlib.sha256(body).hexdigest()[:32])
        self._cached = (revision, listing)
        return listing
