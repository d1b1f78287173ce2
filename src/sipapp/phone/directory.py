"""The directory for phones: numbers and names of enabled extensions, as JSON."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sipapp.model.extension import Extension, check_id, fold_id, id_in, join_id, split_id
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.query import Query

LISTED: Final = 500
"""Extensions of a site that phones get at once, to find people without asking; of a larger one
they get these, and search for the others.  A list of 500 is some 25 kB, fetched once."""


Entry = Mapping[str, str]
"""The number of an extension, and its name."""


@dataclass(frozen=True)
class Listing:
    """A list as JSON, and its version for ``ETag``."""

    body: bytes
    version: str


class Directory:
    """Lists extensions as the phones of a domain dial them.

    Those of its own domain are bare numbers.  Without a name for the default domain,
    phones of others cannot dial its extensions, which are not in their lists then.
    ``default_domain`` is that name where the storage has none.
    """

    def __init__(self, storage: ExtensionStorage, default_domain: str) -> None:
        self._storage = storage
        self._default_domain = default_domain
        self._first: dict[str, tuple[str, Listing]] = {}

    def first(self, domain: str) -> Listing:
        """The first extensions that are enabled; cached until anything changes."""
        revision = self._storage.revision()
        cached = self._first.get(domain)
        if cached is None or cached[0] != revision:
            cached = self._first[domain] = (revision, self.search("", domain, LISTED))
        return cached[1]

    def search(self, text: str, domain: str, limit: int) -> Listing:
        """Extensions that are enabled and have this text in their id, name or number."""
        page = self._storage.find(Query(text), limit=limit)
        default_domain = self._default_domain_name()
        aliases = self._storage.aliases()
        entries = [
            {"extension": number, "name": each.caller_id_name}
            for each in page.items
            if _is_listed(each)
            and (number := _number(aliases.names_of(each.id), domain, default_domain))
        ]
        body = json.dumps({"extensions": entries, "complete": not page.after}).encode()
        return Listing(body, hashlib.sha256(body).hexdigest()[:32])

    def named(self, numbers: Collection[str], domain: str) -> Sequence[Entry]:
        """Those of the numbers that are extensions which are enabled, each as it was given."""
        return [
            {"extension": number, "name": extension.caller_id_name}
            for number, extension in self._enabled(numbers, domain).items()
        ]

    def ids(self, numbers: Collection[str], domain: str) -> Mapping[str, str]:
        """The ids of those of the numbers that are extensions which are enabled, by number."""
        return {number: each.id for number, each in self._enabled(numbers, domain).items()}

    def _enabled(self, numbers: Collection[str], domain: str) -> Mapping[str, Extension]:
        # Asked for once: each look-up may have the storage look at its files.
        aliases = self._storage.aliases()
        names = {each: self._name(each, domain) for each in numbers}
        ids = {each: name and aliases.id_of(name) for each, name in names.items()}
        found = self._storage.get_many([each for each in ids.values() if each])
        return {
            number: extension
            for number, extension_id in ids.items()
            if (extension := found.get(extension_id)) and extension.enabled
        }

    def _name(self, number: str, domain: str) -> str:
        """The id or alias that a phone of the domain dials; empty for an address elsewhere."""
        user, named = split_id(number)
        if not named:
            return join_id(user, domain)
        domains = self._storage.domains()
        known = [*domains[1:], self._default_domain_name()]
        return id_in(user, named, domains) if fold_id(named) in map(fold_id, known) else ""

    def _default_domain_name(self) -> str:
        return self._storage.domains()[0] or self._default_domain


def _is_listed(extension: Extension) -> bool:
    """Whether people find this extension.

    They do not find accounts of gateways (``$${default_provider}``), nor files of which
    nothing but a name is known.
    """
    is_known = bool(
        extension.caller_id_name or extension.caller_id_number or extension.user_context
    )
    return (
        extension.enabled
        and check_id(extension.id) is None
        and (is_known or not extension.read_only)
    )


def _number(names: Sequence[str], domain: str, default_domain: str) -> str:
    """What a phone of the domain dials for the extension of these names; empty if it cannot.

    That is an alias if the id is no number and an alias is one.
    """
    if not names:
        return ""
    users = [split_id(each)[0] for each in names]
    user = next(filter(str.isdecimal, users), users[0])
    own = split_id(names[0])[1]
    if own == domain:
        return user
    return join_id(user, own or default_domain) if own or default_domain else ""
