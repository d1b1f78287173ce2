"""The history: what was changed or done, by whom, and a button that takes a change back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyramid.encode import urlencode
from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.history.entry import Entry
from sipapp.history.history import ChangedSince
from sipapp.history.store import SEARCH_LIMIT
from sipapp.model.change import FieldChange
from sipapp.model.errors import SipappError
from sipapp.model.extension import FIELDS, MAX_LENGTH
from sipapp.web.admin.display_names import edit_url, shown
from sipapp.web.admin.messages import Message, flash, outcome
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal

PER_PAGE: Final = 50
_LABELS: Final[Mapping[str, str]] = {
    "id": "Extension",
    "enabled": "Enabled",
    **{field.name: field.label for field in FIELDS},
}
_WORDS: Final[Mapping[str, str]] = {
    "created": "was created",
    "updated": "was changed",
    "password": "got a new password",
    "renamed": "got another id",
    "disabled": "was disabled",
    "enabled": "was enabled",
    "deleted": "was deleted",
    "mended": "was mended",
    "undone": "was taken back to what it was",
}
_OPERATIONS: Final[Mapping[str, str]] = {
    "call_ended": "A call was ended",
    "registration_dropped": "A registration was dropped",
    "report_deleted": "A report of a phone was deleted",
    "reloaded": "The switches were told to reload",
    "mended_elsewhere": "A finding of directory health was mended",
}
_LOOKS: Final[Mapping[str, str]] = {"applied": "ok", "pending": "busy", "refused": "fault"}
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(frozen=True)
class Row:
    """One entry as the page shows it; ``url`` leads to it, ``extension_url`` to the extension.

    ``state`` is empty for what no switch was told.  ``is_whole`` says that it made or removed the
    whole extension, so every value changed.
    """

    id: str
    url: str
    extension: str
    extension_url: str | None
    title: str
    detail: str
    is_change: bool
    actor: str
    iso: str
    time: str
    state: str
    look: str
    changes: Sequence[str]
    is_whole: bool
    switches: Sequence[str]
    undoes_url: str | None


def listing(request: Request) -> dict[str, Any]:
    """Show a part of the history, newest first."""
    try:
        given = dict(request.GET)
    except UnicodeDecodeError as error:
        raise HTTPBadRequest("The address is not UTF-8.") from error
    search = given.get("search", "").strip()[:MAX_LENGTH]
    before = given.get("before", "")
    before = before if _ID.fullmatch(before) else ""
    found = request.app.history.find(search, before=before, limit=PER_PAGE)
    base = request.route_path("admin_history")
    older = {"search": search} if search else {}
    return page(
        request,
        "History",
        rows=[_row(request, each) for each in found.entries],
        search=search,
        alias_of=_alias_of(request, search),
        lasting=request.app.history.lasting,
        newest_url=(f"{base}?{urlencode(older)}" if older else base) if before else None,
        older_url=(f"{base}?{urlencode({**older, 'before': found.next})}" if found.next else None),
        searched=f"{SEARCH_LIMIT:,}" if found.unfinished else "",
    )


def _alias_of(request: Request, search: str) -> Mapping[str, str] | None:
    """The extension that has this alias, and the address of its history; ``None`` if none has."""
    aliases = request.app.live.aliases()
    if search not in aliases:
        return None
    extension_id = aliases.id_of(search)
    url = f"{request.route_path('admin_history')}?{urlencode({'search': extension_id})}"
    return {"id": shown(extension_id), "url": url}


def show(request: Request) -> dict[str, Any]:
    """Show one entry."""
    return _entry_page(request, _entry(request))


def undo(request: Request) -> Response | dict[str, Any]:
    """Take an entry back."""
    entry = _entry(request)
    try:
        saved = request.extensions.undo(entry, anyway=request.form.get("anyway") == "yes")
    except SipappError as error:
        can_go_on = isinstance(error, ChangedSince)
        refused = refusal(error, "Nothing was taken back", details=_details(error))
        return _entry_page(request, entry, refused.message, anyway=can_go_on, status=refused.status)
    flash(request, outcome(f"Extension {saved.extension.id} is as it was", saved.apply))
    return HTTPSeeOther(request.route_path("admin_history"))


def _details(error: SipappError) -> Sequence[str]:
    """What taking an entry back would change besides."""
    if not isinstance(error, ChangedSince):
        return ()
    return _changes(error.differences) or ("Something that this page does not show.",)


def _entry(request: Request) -> Entry:
    found: Entry = request.app.history.get(request.matchdict["entry"])
    return found


def _entry_page(
    request: Request,
    entry: Entry,
    message: Message | None = None,
    *,
    anyway: bool = False,
    status: int = 200,
) -> dict[str, Any]:
    request.response.status_int = status
    row = _row(request, entry)
    messages = [message] if message else []
    return page(request, row.title, messages, row=row, anyway=anyway)


def _row(request: Request, entry: Entry) -> Row:
    outcomes = [each.outcome for each in entry.switches]
    worst = next((each for each in ("refused", "pending", "applied") if each in outcomes), "")
    return Row(
        id=entry.id,
        url=request.route_path("admin_history_entry", entry=entry.id),
        extension=shown(entry.extension),
        extension_url=edit_url(request, entry.extension),
        title=_title(entry),
        detail=shown(entry.detail),
        is_change=entry.is_change,
        actor=str(entry.actor),
        iso=f"{entry.at:%Y-%m-%dT%H:%M:%SZ}",
        time=f"{entry.at:%Y-%m-%d %H:%M:%S} UTC",
        state=worst.capitalize() or ("No switch" if entry.is_change else ""),
        look=_LOOKS.get(worst, "off"),
        changes=_changes(entry.changes),
        is_whole=entry.action in {"created", "deleted"},
        switches=[
            shown(
                f"{each.name}: {each.outcome} in {each.seconds:.1f} s. {each.detail} "
                f"{each.forgotten}"
            )
            for each in entry.switches
        ],
        undoes_url=(
            request.route_path("admin_history_entry", entry=entry.undoes) if entry.undoes else None
        ),
    )


def _title(entry: Entry) -> str:
    if not entry.is_change:
        return _OPERATIONS[entry.action]
    return f"Extension {shown(entry.extension)} {_WORDS.get(entry.action) or shown(entry.action)}"


def _changes(changes: Iterable[FieldChange]) -> tuple[str, ...]:
    return tuple(_words(each) for each in changes)


def _words(change: FieldChange) -> str:
    label = _LABELS.get(change.field) or shown(change.field)
    if change.old is None and change.new is None:
        return f"{label}: changed"
    return f"{label}: {_quoted(change.old)} → {_quoted(change.new)}"


def _quoted(text: str | None) -> str:
    return f"“{shown(text)}”" if text else "nothing"
