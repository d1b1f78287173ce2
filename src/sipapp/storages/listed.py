"""The adapter for storages that only give a list of all extensions."""

import secrets
from abc import abstractmethod
from collections.abc import Iterator, Sequence

from sipapp.model.aliases import Aliases
from sipapp.model.errors import ExtensionNotFound, VersionConflict
from sipapp.model.extension import Extension, fold_id
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.catalog import Catalog
from sipapp.storages.query import Page, Query


class ListedStorage(ExtensionStorage):
    """A storage whose extensions all fit into memory: up to some ten thousand.

    A subclass has ``list``, ``create``, ``update`` and ``delete``.
    """

    _catalog = Catalog(())
    _revision = ""

    @abstractmethod
    def list(self) -> Sequence[Extension]:
        """Return all extensions, in any order, with passwords, and those that are read-only.

        Returning the same tuple again says that nothing has changed since: sorted lists and
        search results are then used again.
        """

    def get(self, extension_id: str) -> Extension:
        found = self._current_catalog().by_id.get(fold_id(extension_id))
        if found is None:
            raise ExtensionNotFound(extension_id)
        return found

    def current(self, extension_id: str, version: str | None) -> Extension:
        """Return the extension that is to be changed, as it is stored now.

        To be called under the lock of the change.  Raises ``ExtensionNotFound``, and
        ``VersionConflict`` if ``version`` is given and is not that of the extension.
        """
        found = self.get(extension_id)
        if version not in {None, found.version}:
            raise VersionConflict(extension_id)
        return found

    def aliases(self) -> Aliases:
        return self._current_catalog().aliases

    def find(self, query: Query, *, after: str = "", limit: int = 50) -> Page[Extension]:
        return self._current_catalog().page(query, after=after, limit=limit)

    def iterate(self, *, after: str = "") -> Iterator[Extension]:
        return self._current_catalog().iterate(after)

    def revision(self) -> str:
        self._current_catalog()
        return self._revision

    def _current_catalog(self) -> Catalog:
        extensions = self.list()
        catalog = self._catalog
        if not isinstance(extensions, tuple) or extensions is not catalog.extensions:
            self._catalog = catalog = Catalog(extensions)
            self._revision = secrets.token_hex(8)
        return catalog
