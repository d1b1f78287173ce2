"""Registrations and calls at the switches, as JSON."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final, TypeVar

from sipapp.model.live import Call, Registration
from sipapp.storages.query import Page
from sipapp.switches.live_view import LiveOverview, LiveSummary, LiveView

_REGISTRATION: Final = (
    "id",
    # Not what a phone chose, as it came.
    *(field.name for field in fields(Registration) if field.name != "call_id"),
)
T = TypeVar("T")

_CALL: Final = tuple(field.name for field in fields(Call))


def shown(
    overview: LiveOverview, *, switch: str, registrations_after: str, calls_after: str, limit: int
) -> dict[str, Any]:
    """The body of an answer: the pages behind the cursors, of one switch if it is named.

    Raises ``InvalidCursor``.
    """
    found = [(name, view) for name, view in overview.switches if switch in {"", name}]
    return {
        "switches": [
            _switch(name, view, registrations_after, calls_after, limit) for name, view in found
        ]
    }


def _switch(
    name: str, view: LiveView | None, registrations_after: str, calls_after: str, limit: int
) -> dict[str, Any]:
    if view is None:
        summary = LiveSummary("", 0.0, fresh=False, fault="This switch does not tell such things.")
        registrations, calls = Page[Registration](()), Page[Call](())
    else:
        summary = view.summary
        registrations = view.registrations(after=registrations_after, limit=limit)
        calls = view.calls(after=calls_after, limit=limit)
    return {
        "name": name,
        "source": summary.source,
        "fresh": summary.fresh,
        "since": summary.since if view else None,
        "fault": summary.fault,
        "notes": summary.notes,
        "registration_count": summary.registrations,
        "registrations": _all(summary.registrations, registrations, registration_document),
        "registrations_after": registrations.after,
        "call_count": summary.calls,
        "calls": _all(summary.calls, calls, call_document),
        "calls_after": calls.after,
    }


def registration_document(registration: Registration) -> dict[str, Any]:
    """A registration, without what the phone chose as its Call-ID."""
    return {name: getattr(registration, name) for name in _REGISTRATION}


def call_document(call: Call) -> dict[str, Any]:
    """A call."""
    return {name: getattr(call, name) for name in _CALL}


def _all(
    count: int | None, page: Page[T], document: Callable[[T], dict[str, Any]]
) -> list[dict[str, Any]] | None:
    return None if count is None else [document(each) for each in page.items]
