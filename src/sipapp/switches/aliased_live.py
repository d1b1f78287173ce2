"""Live status by extension, where phones register and call by aliases too."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sipapp.model.aliases import Aliases
from sipapp.model.live import Call, Registration, call_of_owners, registration_of_owner
from sipapp.storages.query import Page
from sipapp.switches.live_view import LIVE_PAGE, LiveView

T = TypeVar("T", bound=Registration | Call)


class AliasedLive(LiveView):
    """A live view whose registrations and calls by aliases are those of their extensions.

    Their order is that of the names by which phones have registered.
    """

    def __init__(self, view: LiveView, aliases: Aliases) -> None:
        self._view = view
        self._aliases = aliases
        self.summary = view.summary
        self.version = f"{view.version}-{aliases.version}"

    def registrations(
        self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE
    ) -> Page[Registration]:
        page = self._view.registrations(text, after=after, limit=limit)
        if _finds_nothing(page, text):
            # The text may be an extension whose phones have registered by an alias.
            return _page_of(self.registrations_of([text]))
        return replace(page, items=[self._owned(each) for each in page.items])

    def calls(self, text: str = "", *, after: str = "", limit: int = LIVE_PAGE) -> Page[Call]:
        page = self._view.calls(text, after=after, limit=limit)
        if _finds_nothing(page, text):
            return _page_of(self.calls_of([text]))
        return replace(page, items=[self._taken_part(each) for each in page.items])

    def registrations_of(
        self, extension_ids: Collection[str]
    ) -> Mapping[str, Sequence[Registration]]:
        return self._of(extension_ids, self._view.registrations_of, self._owned)

    def calls_of(self, extension_ids: Collection[str]) -> Mapping[str, Sequence[Call]]:
        return self._of(extension_ids, self._view.calls_of, self._taken_part)

    def registration(self, registration_id: str) -> Registration | None:
        found = self._view.registration(registration_id)
        return found and self._owned(found)

    def call(self, call_id: str) -> Call | None:
        found = self._view.call(call_id)
        return found and self._taken_part(found)

    def _of(
        self,
        extension_ids: Collection[str],
        find: Callable[[Collection[str]], Mapping[str, Sequence[T]]],
        owned: Callable[[T], T],
    ) -> Mapping[str, Sequence[T]]:
        names = {each: self._aliases.names_of(each) for each in extension_ids}
        found = find({name for each in names.values() for name in each})
        grouped = {
            # A call between two names of one extension is one call.
            each: {item.id: owned(item) for name in own for item in found.get(name, ())}
            for each, own in names.items()
        }
        return {each: [*items.values()] for each, items in grouped.items() if items}

    def _owned(self, registration: Registration) -> Registration:
        return registration_of_owner(registration, self._aliases)

    def _taken_part(self, call: Call) -> Call:
        return call_of_owners(call, self._aliases)


def _finds_nothing(page: Page[T], text: str) -> bool:
    return bool(text) and page.total == 0


def _page_of(grouped: Mapping[str, Sequence[T]]) -> Page[T]:
    found = [each for items in grouped.values() for each in items]
    return Page(found, "", len(found))
