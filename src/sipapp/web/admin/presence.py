"""The presence of extensions in the list: registered, in a call, or neither."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.live import Registration
from sipapp.switches.live_view import LiveOverview
from sipapp.web.admin.display_names import shown
from sipapp.web.conditional import unless_known

LIVE_STATES: Final = ("Enabled", "Read-only")
"""The states of extensions that can be registered: the others have no presence."""
MAX_ASKED: Final = 200
"""Extensions of one state that a request may ask for; the rest is left out."""

_IN_CALL: Final = "In a call"
_REGISTERED: Final = "Registered"
_NOT_REGISTERED: Final = "Not registered"


class Presence(NamedTuple):
    """A word, the state that gives it its colour and shape, and where the phone is."""

    word: str
    state: str
    place: str


class Presences(NamedTuple):
    """The presence of some extensions, and a note if a switch does not tell."""

    found: Mapping[tuple[str, str], Presence]
    """By id and state of the extension: several may share an id."""
    note: str

    @property
    def document(self) -> dict[str, Any]:
        """What the list's script is answered."""
        by_state: dict[str, dict[str, Any]] = {state: {} for state in LIVE_STATES}
        for (name, state), each in self.found.items():
            by_state[state][name] = each._asdict()
        return {"note": self.note, "presence": by_state}

    @property
    def version(self) -> str:
        """A digest of the document, for ``ETag``."""
        content = json.dumps(self.document, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def presences(live: LiveOverview, extensions: Collection[tuple[str, str]]) -> Presences:
    """The presence of extensions, given by id and state, one of :data:`LIVE_STATES`."""
    names = {name for name, _ in extensions}
    registrations = live.registrations_of(names)
    in_call = live.calls_of(names).keys()
    found = {
        (name, state): _presence(
            state,
            _place(registrations.get(name, ())),
            in_call=name in in_call,
            registrations_known=live.has_registrations,
        )
        for name, state in extensions
    }
    return Presences(found, _note(live.lost))


def states(request: Request) -> Response:
    """Answer the presence of the extensions that a list shows, to its script."""
    asked = [(name, state) for state in LIVE_STATES for name in _asked(request, state.lower())]
    found = presences(request.app.live.overview(), asked)
    return unless_known(request, found.version) or Response(
        json_body=found.document, etag=found.version
    )


def _asked(request: Request, state: str) -> Collection[str]:
    try:
        names: list[str] = request.GET.getall(state)
    except UnicodeDecodeError as error:
        raise HTTPBadRequest("The address is not UTF-8.") from error
    return names[:MAX_ASKED]


def _presence(
    stored_state: str, place: str, *, in_call: bool, registrations_known: bool
) -> Presence:
    if in_call:
        return Presence(_IN_CALL, "in-call", place)
    if place:
        return Presence(_REGISTERED, "ok", place)
    if registrations_known and stored_state == "Enabled":
        return Presence(_NOT_REGISTERED, "off", "")
    return Presence(stored_state, stored_state.lower(), "")


def _note(lost: Sequence[str]) -> str:
    if not lost:
        return ""
    return f"Not known now: which phones are registered with {', '.join(lost)}."


def _place(registrations: Sequence[Registration]) -> str:
    if not registrations:
        return ""
    first, *others = registrations
    more = f" and {len(others)} more" if others else ""
    return shown(f"{first.address} {first.transport}{more}")
