"""The presence of extensions in the list: registered, in a call, or neither."""

from typing import Any, Final, NamedTuple

from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.extension import fold_id
from sipapp.model.live import Overview, Registration
from sipapp.web.admin.display_names import shown
from sipapp.web.conditional import unless_known

_IN_CALL: Final = "In a call"
_REGISTERED: Final = "Registered"
_NOT_REGISTERED: Final = "Not registered"


class Presence(NamedTuple):
    """A word, the state that gives it its colour and shape, and where the phone is."""

    word: str
    state: str
    place: str


def presence(overview: Overview, extension_id: str, otherwise: str) -> Presence:
    """The presence of an extension; ``otherwise`` is the word if no switch tells."""
    name = fold_id(extension_id)
    place = _place(overview.registered.get(name, ()))
    if name in overview.in_call:
        return Presence(_IN_CALL, "in-call", place)
    if place:
        return Presence(_REGISTERED, "ok", place)
    if overview.told and otherwise == "Enabled":
        return Presence(_NOT_REGISTERED, "off", "")
    return Presence(otherwise, otherwise.lower(), "")


def note(overview: Overview) -> str:
    """What to say below the list's number of extensions when a switch does not tell."""
    lost = [name for name, status in overview.switches if status and not status.fresh]
    if not lost:
        return ""
    return f"Not known now: which phones are registered with {', '.join(lost)}."


def states(request: Request) -> Response:
    """Answer what the list's script needs to bring the states of its rows up to date."""
    overview: Overview = request.app.live.overview()
    return unless_known(request, overview.version) or Response(
        json_body=_states(overview), etag=overview.version
    )


def _states(overview: Overview) -> dict[str, Any]:
    return {
        "told": overview.told,
        "note": note(overview),
        "registered": {name: _place(found) for name, found in overview.registered.items()},
        "in_call": sorted(overview.in_call),
    }


def _place(registrations: "list[Registration] | tuple[()]") -> str:
    if not registrations:
        return ""
    first, *others = registrations
    more = f" and {len(others)} more" if others else ""
    return shown(f"{first.address} {first.transport}{more}")
