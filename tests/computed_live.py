"""What a switch tells of any number of phones, computed instead of kept: all are registered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from tests.computed_storage import ComputedStorage

from sipapp.api import Call, LiveSummary, LiveView, Page, Query, Registration

SINCE = 1795406404.0


class ComputedLive(LiveView):
    """One phone for each of the extensions of a storage, and no call."""

    version = "computed"

    def __init__(self, storage: ComputedStorage, count: int) -> None:
        self.summary = LiveSummary("test", SINCE, registrations=count, calls=0)
        self._storage = storage

    def registrations(
        self, text: str = "", *, after: str = "", limit: int = 50
    ) -> Page[Registration]:
        page = self._storage.find(Query(text), after=after, limit=limit)
        return replace(page, items=[_registration(each.id) for each in page.items])

    def calls(self, text: str = "", *, after: str = "", limit: int = 50) -> Page[Call]:
        return Page((), total=0)

    def registrations_of(
        self, extension_ids: Collection[str]
    ) -> Mapping[str, Sequence[Registration]]:
        return {each: [_registration(each)] for each in extension_ids}

    def calls_of(self, extension_ids: Collection[str]) -> Mapping[str, Sequence[Call]]:
        return {}

    def registration(self, registration_id: str) -> Registration | None:
        found = (_registration(each.id) for each in self._storage.iterate())
        return next((each for each in islice(found, 100) if each.id == registration_id), None)

    def call(self, call_id: str) -> Call | None:
        return None


def _registration(extension_id: str) -> Registration:
    return Registration(
        extension_id,
        domain="phone.test",
        address="192.0.2.7:5060",
        transport="WSS",
        user_agent="JsSIP",
        since=SINCE,
        expires=SINCE + 180,
        call_id=f"call-id-of-{extension_id}",
    )
