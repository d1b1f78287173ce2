"""What others than the core may do with a storage: read it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from sipapp.model.aliases import Aliases
from sipapp.model.extension import Extension
from sipapp.model.secret import Secret
from sipapp.storages.query import Page, Query


class StorageView(Protocol):
    """Reads the active storage.  Every method may raise ``StorageUnavailable``."""

    def find(self, query: Query, *, after: str = "", limit: int = 50) -> Page[Extension]:
        """Return a page of the extensions that match, without passwords."""

    def iterate(self, *, after: str = "") -> Iterator[Extension]:
        """Yield every extension with its passwords, by id (by Unicode code points).

        Not for what happens often: there may be a million.
        """

    def get_many(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        """Return those of the extensions that are there, with passwords, by the ids as given."""

    def aliases(self) -> Aliases:
        """Return the aliases by which a switch finds extensions that are enabled."""

    def secret(self, extension_id: str) -> Secret | None:
        """The password, or its hash, that a phone of this extension needs to register.

        ``None`` if no phone can register, or if it is not known.  Raises ``ExtensionNotFound``.
        """

    def revision(self) -> str:
        """Return a mark of all that is stored: it differs after any change, whoever made it."""
