"""Fault reports of phones: the last ones, and the details of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sipapp.model.account import Effect
from sipapp.model.errors import StorageUnavailable
from sipapp.model.text import one_line
from sipapp.phone.reports import PhoneReport, ReportStore, is_report_id
from sipapp.web.admin.messages import Message, flash
from sipapp.web.admin.page_frame import page
from sipapp.web.security import actor_of

PER_PAGE: Final = 50
_KINDS: Final = {
    "call": "Call",
    "test": "Test before a call",
    "registration": "Registration",
    "other": "Other",
}
_SHAPES: Final = {"ok": "ok", "warning": "busy", "fault": "fault", "info": "off"}
_MAX_TEXT: Final = 300


@dataclass(frozen=True)
class Row:
    """One report of the list."""

    id: str
    summary: str
    about: str


@dataclass(frozen=True)
class Step:
    """One step of a diagnosis that the phone made."""

    shape: str
    result: str
    text: str


def listing(request: Request) -> dict[str, Any]:
    """List the reports, the newest first."""
    given = request.GET.get("before", "")
    before = given if is_report_id(given) else ""
    found = request.app.phone.reports.find(before=before, limit=PER_PAGE)
    base = request.route_path("admin_reports")
    return page(
        request,
        "Reports from phones",
        list(_unkept(request.app.phone.reports)),
        rows=[_row(each) for each in found.reports],
        summary=_summary(len(found.reports), is_all=not before and not found.next),
        newest_url=base if before else None,
        older_url=f"{base}?before={found.next}" if found.next else None,
        settings=request.app.phone.settings,
    )


def show(request: Request) -> dict[str, Any]:
    """Show one report."""
    report = _find(request)
    return page(
        request,
        "Report",
        row=_row(report),
        values=list(_values(report.content)),
        steps=[_step(each) for each in report.content.get("steps", ())],
        quality=list(_quality(report.content.get("quality", ()))),
        facts=[(_text(each["name"]), _text(each["value"])) for each in _facts(report)],
    )


def delete(request: Request) -> Response:
    """Forget one report."""
    report = _find(request)
    if not request.app.phone.reports.delete(report.id):
        raise HTTPNotFound
    request.app.history.record_operation(
        actor_of(request),
        "report_deleted",
        extension=report.extension,
        # Nothing of its content, which was to be forgotten.
        detail=f"of {_time(report.at)}",
    )
    flash(request, Message("ok", "The report was deleted."))
    return HTTPSeeOther(request.route_path("admin_reports"))


def _summary(count: int, *, is_all: bool) -> str:
    if is_all and not count:
        return "No phone has reported a fault."
    reports = "1 report" if count == 1 else f"{count} reports"
    return reports if is_all else f"{reports} on this page"


def _unkept(reports: ReportStore) -> Iterator[Message]:
    """Say that a new report would be kept in memory only, if its folder cannot be written."""
    try:
        reports.check()
    except StorageUnavailable as error:
        yield Message("warning", f"New reports are lost when the server ends. {error}")


def _find(request: Request) -> PhoneReport:
    report: PhoneReport | None = request.app.phone.reports.get(request.matchdict["id"])
    if report is None:
        raise HTTPNotFound
    return report


def _row(report: PhoneReport) -> Row:
    kind = _KINDS.get(str(report.content.get("kind")), _KINDS["other"])
    at = _time(report.at)
    return Row(
        report.id,
        _text(report.content.get("summary", "")),
        f"{kind} · extension {_text(report.extension)} · {at}",
    )


def _values(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    started, seconds = content.get("startedAt"), content.get("seconds")
    found = {
        "Likely cause": content.get("cause"),
        "Other side": content.get("number"),
        "Started": started is not None and _time(started / 1000),
        "Lasted": seconds is not None and f"{seconds:.0f} s",
        "Browser": content.get("browser"),
        "Phone": content.get("version"),
    }
    return ((name, _text(value)) for name, value in found.items() if value)


def _step(step: Mapping[str, Any]) -> Step:
    at = f"{step['at']:.1f} s: " if "at" in step else ""
    detail = f": {step['detail']}" if step.get("detail") else ""
    return Step(_SHAPES[step["result"]], step["result"], _text(f"{at}{step['name']}{detail}"))


def _quality(samples: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The measurements of a call, in short."""

    def known(name: str) -> list[float]:
        return [each[name] for each in samples if each.get(name) is not None]

    if mos := known("mos"):
        yield "Quality (MOS)", f"{min(mos):.1f} at worst, {sum(mos) / len(mos):.1f} on average"
    if loss := known("loss"):
        yield "Packets lost", f"up to {max(loss):.1%}"
    for name, title in (("jitter", "Jitter"), ("roundTrip", "Round trip")):
        if values := known(name):
            yield title, f"up to {max(values):.0f} ms"
    if codecs := [_text(each["codec"]) for each in samples if each.get("codec")]:
        yield "Codec", ", ".join(dict.fromkeys(codecs[:5]))


def _facts(report: PhoneReport) -> Sequence[Mapping[str, Any]]:
    facts: Sequence[Mapping[str, Any]] = report.content.get("facts", ())
    return facts


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _text(value: object) -> str:
    return one_line(str(value), _MAX_TEXT)


def includeme(config: Configurator) -> None:
    """Register the pages of reports."""
    config.add_route("admin_reports", "/reports")
    config.add_route("admin_report", "/reports/{id}")
    config.add_route("admin_report_delete", "/reports/{id}/delete")
    for view, route in ((listing, "admin_reports"), (show, "admin_report")):
        config.add_view(
            view,
            route_name=route,
            request_method="GET",
            renderer=f"sipapp:web/templates/{route}.pt",
            permission=Effect.SEE_REPORTS,
        )
    config.add_view(
        delete,
        route_name="admin_report_delete",
        request_method="POST",
        permission=Effect.DELETE_REPORT,
        form=True,
    )
