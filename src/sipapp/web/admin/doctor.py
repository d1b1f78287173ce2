"""The doctor's page: the last diagnosis, each line ok, a warning or a fault with its remedy."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.doctor.report import DiagnosisReport
from sipapp.doctor.target import RequestContext
from sipapp.model.diagnosis import LEVELS, Diagnosis, Level
from sipapp.settings.hosts import parse_host
from sipapp.web.admin.display_names import shown
from sipapp.web.admin.messages import Message, flash
from sipapp.web.admin.page_frame import page
from sipapp.web.security import actor_of

log = logging.getLogger(__name__)

_WORDS: Final[dict[Level, str]] = {"fault": "Faults", "warning": "Warnings", "ok": "In order"}
_SHAPES: Final[dict[Level, str]] = {"fault": "fault", "warning": "busy", "ok": "ok"}
_BUSY: Final = Message("info", "The doctor is at work already; the result will be here shortly.")


@dataclass(frozen=True)
class Group:
    """All lines of one level: its word, and the shape beside it."""

    id: Level
    word: str
    shape: str
    lines: Sequence[Diagnosis]


def show(request: Request) -> dict[str, Any]:
    """Show the last report."""
    report: DiagnosisReport | None = request.app.doctor.report
    return page(
        request,
        "Doctor",
        groups=list(_groups(report)) if report else [],
        summary=_summary(report) if report else "Nothing was looked at since the server started.",
    )


def examine_now(request: Request) -> Response:
    """Look at everything, which takes some seconds in this request and in no other."""
    forwarded = request.headers.get("X-Forwarded-Proto", "").split(",")[-1].strip()
    context = RequestContext(request.scheme, forwarded, _host(request))
    log.info("The doctor is run by %s.", ascii(str(actor_of(request))))
    if not request.app.doctor.run(context):
        flash(request, _BUSY)
    return HTTPSeeOther(request.route_path("admin_doctor"))


def _host(request: Request) -> str:
    """The host that the browser asked for; empty for one that is none."""
    try:
        return parse_host(request.host).name
    except ValueError:
        return ""


def _summary(report: DiagnosisReport) -> str:
    counts = report.counts
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(report.at))
    levels: tuple[Level, ...] = ("fault", "warning")
    words = ", ".join(
        f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}"
        for level in levels
        if counts[level]
    )
    return f"{words or 'Everything well'}. Looked at on {at}, in {report.seconds:.1f} s."


def _groups(report: DiagnosisReport) -> Iterator[Group]:
    for level in reversed(LEVELS):
        lines = [_shown(line) for line in report.lines if line.level == level]
        if lines:
            yield Group(level, _WORDS[level], _SHAPES[level], lines)


def _shown(line: Diagnosis) -> Diagnosis:
    """A line whose texts, which may come from a network, are of a length that a page can bear."""
    return Diagnosis(
        line.check,
        line.level,
        shown(line.found),
        shown(line.remedy),
        line.about,
    )
