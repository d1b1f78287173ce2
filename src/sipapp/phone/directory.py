"""The directory for phones: numbers and names of all enabled extensions, as JSON."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sipapp.model.extension import Extension, join_id
from sipapp.storages.base import ExtensionStorage


@dataclass(frozen=True)
class Listing:
    """The list as JSON, and its version for ``ETag``."""

    body: bytes
    version: str


class Directory:
    """Caches the list of each domain as long as the storage stays the same.

    ``default_domain`` is the name of the default domain where the storage has none for it.
    """

    def __init__(self, storage: ExtensionStorage, default_domain: str) -> None:
        self._storage = storage
        self._default_domain = default_domain
        self._made: dict[str, tuple[str, Listing]] = {}

    def listing(self, domain: str) -> Listing:
        """The list of the extensions that are enabled, as a phone of the domain dials them.

        Those of its own domain are bare numbers.  Without a name for the default domain,
        phones of others cannot dial its extensions, which are not in their list then.
        """
        revision = self._storage.revision()
        made = self._made.get(domain)
        if made is not None and made[0] == revision:
            return made[1]
        listing = _listing(self._storage.iterate(), domain, self._name_of_default())
        self._made[domain] = revision, listing
        return listing

    def _name_of_default(self) -> str:
        return self._storage.domains()[0] or self._default_domain


def _listing(extensions: Iterable[Extension], domain: str, default_domain: str) -> Listing:
    entries = [
        {"extension": number, "name": each.caller_id_name}
        for each in extensions
        if each.enabled and (number := _number(each, domain, default_domain))
    ]
    body = json.dumps({"extensions": entries}).encode()
    return Listing(body, hashlib.sha256(body).hexdigest()[:32])


def _number(extension: Extension, domain: str, default_domain: str) -> str:
    """What a phone of the domain dials; empty if it cannot."""
    if extension.domain == domain:
        return extension.user
    if extension.domain:
        return extension.id
    return join_id(extension.user, default_domain) if default_domain else ""
