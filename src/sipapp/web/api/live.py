"""Registrations and calls at the switches, as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

from sipapp.model.live import Call, LiveStatus, Overview, Registration

_REGISTRATION: Final = (
    "id",
    # Not what a phone chose, as it came.
    *(field.name for field in fields(Registration) if field.name != "call_id"),
)
T = TypeVar("T")

_CALL: Final = tuple(field.name for field in fields(Call))


def shown(overview: Overview) -> dict[str, Any]:
    """The body of an answer."""
    return {"switches": [_switch(name, status) for name, status in overview.switches]}


def _switch(name: str, status: LiveStatus | None) -> dict[str, Any]:
    silent = LiveStatus("", 0.0, fresh=False, fault="This switch does not tell such things.")
    told = status or silent
    return {
        "name": name,
        "source": told.source,
        "fresh": told.fresh,
        "since": told.since if status else None,
        "fault": told.fault,
        "notes": told.notes,
        "registrations": _all(told.registrations, registration_document),
        "calls": _all(told.calls, call_document),
    }


def registration_document(registration: Registration) -> dict[str, Any]:
    """A registration, without what the phone chose as its Call-ID."""
    return {name: getattr(registration, name) for name in _REGISTRATION}


def call_document(call: Call) -> dict[str, Any]:
    """A call."""
    return {name: getattr(call, name) for name in _CALL}


def _all(
    told: Sequence[T] | None, document: Callable[[T], dict[str, Any]]
) -> list[dict[str, Any]] | None:
    return None if told is None else [document(each) for each in told]
