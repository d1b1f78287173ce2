"""What goes on at the switches, as JSON."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from sipapp.live import Call, LiveStatus, Overview, Registration

_REGISTRATION: Final = (
    "id",
    # Not what a phone chose, as it came.
    *(field.name for field in fields(Registration) if field.name != "call_id"),
)
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
        "registrations": _all(told.registrations, _REGISTRATION),
        "calls": _all(told.calls, _CALL),
    }


def _all(told: Sequence[object] | None, names: Sequence[str]) -> list[dict[str, Any]] | None:
    if told is None:
        return None
    return [{name: getattr(each, name) for name in names} for each in told]
