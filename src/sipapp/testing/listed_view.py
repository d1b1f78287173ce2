"""A view of a storage for tests of reload strategies: what a function lists."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from secrets import token_hex

from sipapp.api import Aliases, Extension, ExtensionNotFound, Page, Query, Secret, fold_id
from sipapp.storages.catalog import Catalog


class ListedView:
    """The extensions that ``list_extensions`` returns at each question."""

    def __init__(self, list_extensions: Callable[[], Iterable[Extension]]) -> None:
        self._list = list_extensions

    def find(self, query: Query, *, after: str = "", limit: int = 50) -> Page[Extension]:
        return Catalog(tuple(self._list())).page(query, after=after, limit=limit)

    def iterate(self, *, after: str = "") -> Iterator[Extension]:
        return Catalog(tuple(self._list())).iterate(after)

    def get_many(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        found = {fold_id(each.id): each for each in self._list()}
        return {each: found[fold_id(each)] for each in extension_ids if fold_id(each) in found}

    def aliases(self) -> Aliases:
        return Catalog(tuple(self._list())).aliases

    def secret(self, extension_id: str) -> Secret | None:
        extension = self.get_many([extension_id]).get(extension_id)
        if extension is None:
            raise ExtensionNotFound(extension_id)
        return Secret(extension.password) if extension.enabled and extension.password else None

    def revision(self) -> str:
        return token_hex(8)
