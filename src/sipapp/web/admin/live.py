"""The live page: phones that are registered, calls that are up, and an end to either."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.errors import SipappError
from sipapp.model.extension import split_id
from sipapp.model.live import Call, LiveStatus, Overview, Registration
from sipapp.model.text import natural_key
from sipapp.web.admin.display_names import edit_url, shown
from sipapp.web.admin.messages import Message, flash
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal
from sipapp.web.conditional import unless_known

SHOWN: Final = 200
"""Rows of a table that are shown; a search finds the others, and the API has all."""
_MAX_SEARCH: Final = 100
_SEARCHED: Final = (
    "extension",
    "address",
    "transport",
    "user_agent",
    "caller",
    "caller_name",
    "callee",
    "codec",
)

_STATES: Final = {
    "dialing": ("Dialing", "off"),
    "ringing": ("Ringing", "busy"),
    "active": ("Active", "ok"),
    "held": ("On hold", "busy"),
}


@dataclass(frozen=True)
class When:
    """A time for people and for scripts; both empty if it is not known."""

    text: str
    iso: str


@dataclass(frozen=True)
class Switch:
    """What the page says of one switch."""

    name: str
    status: LiveStatus | None
    lost: When | None
    registrations: "Rows"
    calls: "Rows"


@dataclass(frozen=True)
class Rows:
    """The rows that are shown, of those that were found, of all."""

    shown: Sequence[dict[str, Any]]
    found: int
    total: int

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]], search: str) -> "Rows":
        """Those in which the text is."""
        found = [row for row in rows if _matches(row, search)] if search else rows
        return cls(found[:SHOWN], len(found), len(rows))

    @property
    def count(self) -> str:
        """How many there are, or how many of them were found."""
        return f"{self.total}" if self.found == self.total else f"{self.found} of {self.total}"

    @property
    def cut(self) -> bool:
        """Whether there are more than are shown."""
        return self.found > len(self.shown)


def show(request: Request) -> dict[str, Any]:
    """Show what goes on now."""
    overview = request.app.live.overview()
    return page(
        request,
        "Live",
        width="admin-wide",
        version=overview.version,
        query=urlencode({"search": _search(request)}) if _search(request) else "",
        **_content(request, overview),
    )


def fragment(request: Request) -> Response:
    """Answer the changing part of the page, or 304 if it is as the browser has it."""
    overview = request.app.live.overview()
    known = unless_known(request, overview.version)
    if known is not None:
        return known
    content = _content(request, overview) | {"csrf_token": get_csrf_token(request)}
    html = render("sipapp:web/templates/admin_live_now.pt", content, request=request)
    return Response(html, etag=overview.version)


def end_call(request: Request) -> Response:
    """End the call whose button was pressed."""

    def end(switch: str, call_id: str) -> str:
        call = request.app.live.end_call(switch, call_id)
        return f"The call from {shown(call.caller)} to {shown(call.callee)} was ended."

    return _act(request, "call", end)


def drop_registration(request: Request) -> Response:
    """Drop the registration whose button was pressed."""

    def drop(switch: str, registration_id: str) -> str:
        dropped = request.app.live.drop_registration(switch, registration_id)
        return (
            f"The registration of {shown(dropped.extension)} was dropped. The phone does not "
            "hear of it, and may register again."
        )

    return _act(request, "registration", drop)


def _act(request: Request, what: str, act: Callable[[str, str], str]) -> Response:
    try:
        switch, key = request.form["switch"], request.form[what]
    except KeyError:
        raise HTTPBadRequest(f"The form does not say which {what} of which switch.") from None
    try:
        message = Message("ok", act(switch, key))
    except SipappError as error:
        message = refusal(error, "Nothing was done").message
    flash(request, message)
    return HTTPSeeOther(request.route_path("admin_live"))


def _content(request: Request, overview: Overview) -> dict[str, Any]:
    return {
        "switches": [_switch(request, name, status) for name, status in overview.switches],
        "several": len(overview.switches) > 1,
        "search": _search(request),
    }


def _search(request: Request) -> str:
    text: str = request.params.get("search", "")
    return text.strip()[:_MAX_SEARCH]


def _matches(row: Mapping[str, Any], search: str) -> bool:
    folded = search.casefold()
    texts = (row.get(name, "") for name in _SEARCHED)
    return any(folded in text.casefold() for text in texts)


def _switch(request: Request, name: str, status: LiveStatus | None) -> Switch:
    registrations = sorted(status.registrations or (), key=_by_number) if status else []
    calls = (status.calls or ()) if status else ()
    return Switch(
        name=name,
        status=status,
        lost=_when(status.since) if status and not status.fresh else None,
        registrations=Rows.of(
            [_registration(request, each) for each in registrations], _search(request)
        ),
        calls=Rows.of([_call(each) for each in calls], _search(request)),
    )


def _by_number(registration: Registration) -> tuple[str, str]:
    return natural_key(registration.extension), registration.id


def _registration(request: Request, registration: Registration) -> dict[str, Any]:
    return {
        "id": registration.id,
        "extension": shown(split_id(registration.extension)[0]),
        "domain": shown(registration.domain),
        "url": edit_url(request, registration.extension),
        "address": shown(registration.address),
        "transport": shown(registration.transport),
        "user_agent": shown(registration.user_agent),
        "since": _when(registration.since),
        "expires": _when(registration.expires),
    }


def _call(call: Call) -> dict[str, Any]:
    word, state = _STATES[call.state]
    return {
        "id": call.id,
        "caller": shown(call.caller) or "unknown",
        "caller_name": shown(call.caller_name),
        "callee": shown(call.callee) or "unknown",
        "word": word,
        "state": state,
        "since": _when(call.since),
        "codec": shown(call.codec),
    }


def _when(seconds: float | None) -> When:
    # What a switch tells may be no time at all.
    if seconds is None or not 0 < seconds < 2**33:
        return When("", "")
    time = datetime.fromtimestamp(seconds, UTC)
    return When(f"{time:%Y-%m-%d %H:%M:%S} UTC", f"{time:%Y-%m-%dT%H:%M:%SZ}")
