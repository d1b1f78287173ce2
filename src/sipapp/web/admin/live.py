"""The live page: phones that are registered, calls that are up, and an end to either."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlencode

from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.errors import InvalidCursor, SipappError
from sipapp.model.extension import split_id
from sipapp.model.live import Call, Registration
from sipapp.storages.query import Page
from sipapp.switches.live_view import LiveOverview, LiveSummary, LiveView
from sipapp.web.admin.display_names import edit_url, shown
from sipapp.web.admin.messages import Message, flash
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal
from sipapp.web.conditional import unless_known

T = TypeVar("T", bound=Registration | Call)

_MAX_SEARCH: Final = 100
_MAX_CURSOR: Final = 4096

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
class Position:
    """What the address asks for: a search, and the cursors in the tables of one switch."""

    search: str = ""
    switch: str = ""
    phones: str = ""
    calls: str = ""

    @classmethod
    def read(cls, request: Request) -> "Position":
        """The position in the address, which shows the first page if it has none."""
        names = [each.name for each in fields(cls)]
        given = {name: request.params.get(name, "").strip()[:_MAX_CURSOR] for name in names}
        return cls(**given | {"search": given["search"][:_MAX_SEARCH]})

    @property
    def query(self) -> str:
        """It as the query of an address; empty if it is the first page of all."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def of(self, switch: str) -> "Position":
        """The position within the tables of this switch."""
        return self if self.switch == switch else Position(self.search, switch)


@dataclass(frozen=True)
class Switch:
    """What the page says of one switch."""

    name: str
    status: LiveSummary | None
    lost: When | None
    registrations: "Rows"
    calls: "Rows"


@dataclass(frozen=True)
class Rows:
    """The rows of one page of a table, and the ways to others."""

    shown: Sequence[dict[str, Any]] = ()
    found: int | None = 0
    total: int = 0
    first: str = ""
    next: str = ""

    @property
    def count(self) -> str:
        """How many there are, or how many of them were found."""
        if self.found is None or self.found == self.total:
            return f"{self.total}"
        return f"{self.found} of {self.total}"


def show(request: Request) -> dict[str, Any]:
    """Show what goes on now."""
    overview = request.app.live.overview()
    return page(
        request,
        "Live",
        width="admin-wide",
        version=overview.version,
        query=Position.read(request).query,
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
        call = request.live_actions.end_call(switch, call_id)
        caller, callee = (_party(call, each) for each in (call.caller, call.callee))
        return f"The call from {caller} to {callee} was ended."

    return _act(request, "call", end)


def drop_registration(request: Request) -> Response:
    """Drop the registration whose button was pressed."""

    def drop(switch: str, registration_id: str) -> str:
        dropped = request.live_actions.drop_registration(switch, registration_id)
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


def _content(request: Request, overview: LiveOverview) -> dict[str, Any]:
    position = Position.read(request)
    return {
        "switches": [
            _switch(request, name, view, position.of(name)) for name, view in overview.switches
        ],
        "several": len(overview.switches) > 1,
        "search": position.search,
    }


def _switch(request: Request, name: str, view: LiveView | None, position: Position) -> Switch:
    if view is None:
        return Switch(name, None, None, Rows(), Rows())
    summary = view.summary
    base = request.route_path("admin_live")

    def url(**cursor: str) -> str:
        return f"{base}?{replace(position, **cursor).query}"

    phones = _page(view.registrations, position.search, position.phones)
    calls = _page(view.calls, position.search, position.calls)
    return Switch(
        name=name,
        status=summary,
        lost=None if summary.fresh else _when(summary.since),
        registrations=Rows(
            [_registration(request, each) for each in phones.items],
            phones.total,
            summary.registrations or 0,
            url(phones="") if position.phones else "",
            url(phones=phones.after) if phones.after else "",
        ),
        calls=Rows(
            [_call(each) for each in calls.items],
            calls.total,
            summary.calls or 0,
            url(calls="") if position.calls else "",
            url(calls=calls.after) if calls.after else "",
        ),
    )


class _Pages(Protocol[T]):
    def __call__(self, text: str, *, after: str) -> Page[T]: ...


def _page(pages: _Pages[T], search: str, after: str) -> Page[T]:
    """The page at a cursor; the first if the address was changed so that it has none."""
    try:
        return pages(search, after=after)
    except InvalidCursor:
        return pages(search, after="")


def _registration(request: Request, registration: Registration) -> dict[str, Any]:
    return {
        "id": registration.id,
        "extension": shown(registration.extension),
        "user": shown(split_id(registration.extension)[0]),
        "alias": shown(split_id(registration.alias)[0]),
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
        "caller": _party(call, call.caller) or "unknown",
        "caller_name": shown(call.caller_name),
        "callee": _party(call, call.callee) or "unknown",
        "word": word,
        "state": state,
        "since": _when(call.since),
        "codec": shown(call.codec),
    }


def _party(call: Call, number: str) -> str:
    """The number of one side, or the id of the extension that has it, which names its domain."""
    ids = [each for each in call.extensions if split_id(each)[0] == number]
    return shown(ids[0] if len(ids) == 1 else number)


def _when(seconds: float | None) -> When:
    # The time of a switch may be no valid time.
    if seconds is None or not 0 < seconds < 2**33:
        return When("", "")
    time = datetime.fromtimestamp(seconds, UTC)
    return When(f"{time:%Y-%m-%d %H:%M:%S} UTC", f"{time:%Y-%m-%dT%H:%M:%SZ}")
