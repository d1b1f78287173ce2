"""The directory for phones: ids and names of all enabled extensions, as JSON."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sipapp.model.extension import Extension


@dataclass(frozen=True)
class Listing:
    """The list as JSON, and its version for ``ETag``."""

    body: bytes
    version: str


class Directory:
    """Caches the list as long as the extensions stay the same."""

    def __init__(self) -> None:
        self._made: tuple[Sequence[Extension], Listing] | None = None

    def listing(self, extensions: Sequence[Extension]) -> Listing:
        """The list of the extensions that are enabled, by id."""
        made = self._made
        # The same tuple again has the same extensions in it.
        if made is not None and isinstance(extensions, tuple) and made[0] is extensions:
            return made[1]
        entries = [
            {"extension": each.id, "name": each.caller_id_name}
            for each in sorted(extensions, key=lambda each: each.id)
            if each.enabled
        ]
        body = json.dumps({"extensions": entries}).encode()
        listing = Listing(body, hashlib.sha256(body).hexdigest()[:32])
        self._made = (extensions, listing)
        return listing
