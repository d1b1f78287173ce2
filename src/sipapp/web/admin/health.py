"""The page of directory health: findings, their meaning, and buttons that mend them."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.changes.health import DirectoryHealth, FindingsPage
from sipapp.changes.mending import Mended
from sipapp.concurrency.background_check import State
from sipapp.model.errors import InvalidCursor, SipappError, StorageUnavailable
from sipapp.model.findings import Finding, Severity
from sipapp.storages.examination_view import ExaminationSummary
from sipapp.storages.query import Page
from sipapp.web.admin.display_names import edit_url, shown
from sipapp.web.admin.findings import SHAPES
from sipapp.web.admin.generated_secrets import made_secrets, phone_url
from sipapp.web.admin.messages import (
    Message,
    behind,
    examination_fault,
    failed_log_ins,
    flash,
    outcome,
)
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal
from sipapp.web.admin.switch_health import switch_health

CHECKS_KEPT_S: Final = 5.0
"""Seconds that the results of plugins' checks are kept for the page."""
CHECKS_WAIT_S: Final = 0.5
"""Seconds that the page waits for checks of plugins that it began."""
_CHECK_STATES: Final[dict[State, tuple[str, str]]] = {
    "ok": ("OK", "ok"),
    "fault": ("Fault", "fault"),
    "asking": ("Asking", "busy"),
}

_WORDS: Final[dict[Severity, str]] = {
    "critical": "Critical",
    "warning": "Warnings",
    "note": "Notes",
}


@dataclass(frozen=True)
class Item:
    """One finding as the page shows it; ``button`` is empty if it takes a person."""

    extension: str
    url: str | None
    title: str
    place: str
    key: str
    button: str


@dataclass(frozen=True)
class Kind:
    """Findings of the page that mean the same."""

    items: Sequence[Item]
    meaning: str
    remedy: str


@dataclass(frozen=True)
class Group:
    """Findings of one severity: its word, the shape beside it, and how many there are in all."""

    id: str
    word: str
    shape: str
    count: int
    kinds: Sequence[Kind]


@dataclass(frozen=True)
class PluginCheck:
    """A check of a plugin: the word for its state, the shape beside it, and what it said."""

    plugin: str
    name: str
    word: str
    shape: str
    said: str


def show(request: Request) -> dict[str, Any]:
    """Show what an examination finds now."""
    return _health_page(request)


def mend(request: Request) -> Response | dict[str, Any]:
    """Mend one finding, the one whose button was pressed."""
    key = request.form.get("finding", "")
    if not key:
        raise HTTPBadRequest("The form does not say what to mend.")
    try:
        finding = request.app.directory_health.find(key, after=_after(request))
        mended = request.extensions.mend(finding)
    except SipappError as error:
        refused = refusal(error, "Nothing was mended")
        return _health_page(request, refused.message, status=refused.status)
    done = outcome(_done(mended), mended.apply)
    if mended.saved and mended.saved.generated:
        return _health_page(request, done, mended=mended)
    flash(request, done)
    return HTTPSeeOther(_url(request, _after(request)))


def _after(request: Request) -> str:
    """The cursor of the page in the address, empty for the first."""
    after: str = request.GET.get("after", "")
    return after


def _url(request: Request, after: str) -> str:
    query = {"after": after} if after else None
    url: str = request.route_path("admin_health", _query=query)
    return url


def _done(mended: Mended) -> str:
    if mended.saved and mended.saved.generated:
        return f"Extension {mended.saved.extension.id} has a new password"
    about = mended.finding.extension or mended.finding.source
    return f"Mended: {shown(about)}, {shown(mended.finding.title)}"


def _health_page(
    request: Request,
    message: Message | None = None,
    *,
    mended: Mended | None = None,
    status: int = 200,
) -> dict[str, Any]:
    fault, after = "", _after(request)
    try:
        summary, findings = _page_behind(request, after)
    except StorageUnavailable as error:
        summary, findings = ExaminationSummary(), Page[Finding](())
        fault, status = str(error), 503
    request.response.status_int = status
    saved = mended and mended.saved
    return page(
        request,
        "Directory health",
        [
            *([message] if message else []),
            *examination_fault(fault),
            *behind(request.app.switches),
            *failed_log_ins(request.app.state),
        ],
        groups=list(_groups(request, summary, findings.items)),
        summary="It was not examined." if fault else _summary(summary),
        page_url=_url(request, after),
        first_url=_url(request, "") if after else None,
        next_url=_url(request, findings.after) if findings.after else None,
        looked_at=[shown(each) for each in summary.looked_at],
        not_looked_at=[shown(each) for each in summary.not_looked_at],
        switch=switch_health(request.app.switches),
        checks=list(_plugin_checks(request)),
        secrets=made_secrets(saved) if saved else (),
        extension=saved and saved.extension,
        phone_url=phone_url(request, saved.extension.id) if saved else "",
    )


def _page_behind(request: Request, after: str) -> FindingsPage:
    """The page at a cursor; the first if the address was changed so that it has none."""
    health: DirectoryHealth = request.app.directory_health
    try:
        return health.page(after=after)
    except InvalidCursor:
        return health.page()


def _summary(examination: ExaminationSummary) -> str:
    counts = [
        f"{count} {_counted(severity, count)}"
        for severity, count in examination.counts.items()
        if count
    ]
    if counts:
        return ", ".join(counts) + "."
    if not examination.looked_at:
        return "This storage does not examine what it keeps."
    return f"Everything well: {shown(examination.looked_at[0])} looked at."


def _plugin_checks(request: Request) -> Iterator[PluginCheck]:
    checks = request.app.plugin_checks
    checks.refresh(keep=CHECKS_KEPT_S, deadline=time.monotonic() + CHECKS_WAIT_S)
    for each in checks.results():
        word, shape = _CHECK_STATES[each.state]
        said = "The server's log has the reason." if each.state == "fault" else each.words
        yield PluginCheck(shown(each.plugin), shown(each.name), word, shape, shown(said))


def _counted(severity: Severity, count: int) -> str:
    return severity if count == 1 or severity == "critical" else f"{severity}s"


def _groups(
    request: Request, summary: ExaminationSummary, findings: Sequence[Finding]
) -> Iterator[Group]:
    for severity, count in summary.counts.items():
        found = [each for each in findings if each.severity == severity]
        if found:
            kinds = list(_kinds(request, found))
            yield Group(severity, _WORDS[severity], SHAPES[severity], count, kinds)


def _kinds(request: Request, findings: Iterable[Finding]) -> Iterator[Kind]:
    """Put together what means the same, in the order in which it was found."""
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.code, finding.meaning, finding.remedy), []).append(finding)
    for (_, meaning, remedy), found in alike.items():
        items = [_item(request, each) for each in found]
        yield Kind(items, shown(meaning), shown(remedy))


def _item(request: Request, finding: Finding) -> Item:
    place = finding.source if finding.line is None else f"{finding.source}:{finding.line}"
    return Item(
        extension=shown(finding.extension),
        url=edit_url(request, finding.extension),
        title=shown(finding.title),
        place=shown(place),
        key=finding.key,
        button=finding.mending.label if finding.mending else "",
    )
