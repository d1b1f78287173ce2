"""What a switch tells of any number of phones, computed instead of kept: all are registered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from tests.computed_storage import FIRST, ComputedStorage

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


def registrations_reply(count: int, domain: str = "phone.test") -> str:
    """What FreeSWITCH answers to ``sofia xmlstatus`` when so many phones are registered."""
    rows = "\n".join(
        f"""    <registration>
        <call-id>call-id-of-{number}</call-id>
        <user>{number}@{domain}</user>
        <contact>&lt;sip:a@b.invalid;transport=ws;fs_path=sip%3Aa%3Btransport%3Dws&gt;</contact>
        <agent>JsSIP</agent>
        <status>Registered(WS-NAT)(unknown) exp(2026-11-23 04:07:13) expsecs(177)</status>
        <network-ip>192.0.2.7</network-ip>
        <network-port>5060</network-port>
    </registration>"""
        for number in range(FIRST, FIRST + count)
    )
    return f"<profile>\n  <registrations>\n{rows}\n  </registrations>\n</profile>\n"
