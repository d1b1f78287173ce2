"""The list of extensions: search, sort, pages."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.request import Request

from sipapp.backends import AdminColumn
from sipapp.catalog import SORT_KEYS
from sipapp.extension import MAX_LENGTH, Extension
from sipapp.findings import SEVERITIES, Examination, Severity
from sipapp.service import Page
from sipapp.views.admin.frame import page
from sipapp.views.admin.naming import edit_url, printable

log = logging.getLogger(__name__)

PER_PAGE: Final = 50
_PAGE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_HEADINGS: Final = {
    "id": "Extension",
    "caller_id_name": "Name",
    "caller_id_number": "Number",
}


@dataclass(frozen=True)
class Query:
    """What the address asks for; what makes no sense there is as if it were left out."""

    search: str = ""
    sort: str = "id"
    page: int = 1

    @classmethod
    def read(cls, request: Request) -> "Query":
        try:
            given = dict(request.GET)
        except UnicodeDecodeError as error:
            raise HTTPBadRequest("The address is not UTF-8.") from error
        sort, number = given.get("sort", ""), given.get("page", "")
        return cls(
            search=given.get("search", "").strip()[:MAX_LENGTH],
            sort=sort if sort.removeprefix("-") in SORT_KEYS else cls.sort,
            page=max(1, int(number)) if _PAGE_NUMBER.fullmatch(number) else cls.page,
        )

    def url(self, request: Request) -> str:
        """The address of this part of the list; it says only what is not as usual."""
        unusual = vars(self).items() - vars(Query()).items()
        address: str = request.route_path("admin", _query=sorted(unusual))
        return address


class Heading(NamedTuple):
    """The head of a column that sorts: where it leads, and how the list is sorted by it."""

    title: str
    url: str
    sorted: str | None


class Row(NamedTuple):
    """One extension as the list shows it; ``url`` is ``None`` if no address can name it."""

    id: str
    name: str
    number: str
    url: str | None
    state: str
    remarks: Sequence[str]
    warnings: Sequence[str]
    attention: Sequence[str]
    cells: Sequence[str]


def listing(request: Request) -> dict[str, Any]:
    """Show a page of the list."""
    query = Query.read(request)
    found = _find(request, query)
    pages = max(1, -(-found.total // PER_PAGE))
    if query.page > pages:
        query = replace(query, page=pages)
        found = _find(request, query)
    columns = _plugin_columns(request, found.items)
    cells = [each for _, each in columns]
    marks = request.directory_health.marks()
    return page(
        request,
        "Extensions",
        width="admin-wide",
        query=query,
        total=found.total,
        summary=_summary(query, found.total),
        pages=pages,
        headings=[_heading(request, query, key) for key in SORT_KEYS],
        columns=[title for title, _ in columns],
        rows=[_row(request, each, cells, marks) for each in found.items],
        previous_url=_step(request, query, -1) if query.page > 1 else None,
        next_url=_step(request, query, 1) if query.page < pages else None,
        critical=marks.counts["critical"],
        health=request.registry.switch_health(request.switches),
    )


def _find(request: Request, query: Query) -> Page:
    found: Page = request.extensions.list(
        search=query.search,
        sort=query.sort,
        offset=(query.page - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    return found


def _summary(query: Query, total: int) -> str:
    counted = f"{total} extension" if total == 1 else f"{total} extensions"
    if query.search:
        return f"{counted if total else 'No extension'} with “{query.search}”"
    return counted if total else "There are no extensions yet."


def _step(request: Request, query: Query, by: int) -> str:
    return replace(query, page=query.page + by).url(request)


def _heading(request: Request, query: Query, key: str) -> Heading:
    directions = {key: "ascending", f"-{key}": "descending"}
    wanted = f"-{key}" if query.sort == key else key
    url = replace(query, sort=wanted, page=1).url(request)
    return Heading(_HEADINGS[key], url, directions.get(query.sort))


def _row(
    request: Request,
    extension: Extension,
    columns: Sequence[Mapping[str, str]],
    marks: Examination,
) -> Row:
    inherited = ["Inherited password"] if "password" in extension.inherited else []
    reason = [extension.read_only] if extension.read_only else []
    found: dict[Severity, list[str]] = {severity: [] for severity in SEVERITIES}
    for finding in marks.of_extension(extension.id):
        if finding.source == extension.source:
            found[finding.severity].append(printable(finding.title))
    if not (extension.has_password or extension.read_only or found["critical"]):
        found["critical"].append("No password: anyone can register")
    return Row(
        id=printable(extension.id),
        name=printable(extension.caller_id_name),
        number=printable(extension.caller_id_number),
        url=edit_url(request, extension.id),
        state=_state(extension),
        remarks=[printable(each) for each in (*inherited, *reason)],
        warnings=found["critical"],
        attention=found["warning"],
        cells=[printable(column.get(extension.id, "")) for column in columns],
    )


def _state(extension: Extension) -> str:
    if extension.read_only:
        return "Read-only"
    return "Enabled" if extension.enabled else "Disabled"


def _plugin_columns(
    request: Request, extensions: Sequence[Extension]
) -> list[tuple[str, Mapping[str, str]]]:
    """Titles and cells of the plugins' columns; what fails is logged and left out."""
    made: list[tuple[str, Mapping[str, str]]] = []
    for plugin, columns in request.plugins.collect("sipapp_admin_columns", request=request):
        if not isinstance(columns, Iterable):
            log.error("Plugin %s gave %s instead of columns.", plugin, type(columns).__name__)
            continue
        filled = (_fill(plugin, column, extensions) for column in columns)
        made.extend(column for column in filled if column is not None)
    return made


def _fill(
    plugin: str, column: AdminColumn, extensions: Sequence[Extension]
) -> tuple[str, Mapping[str, str]] | None:
    try:
        cells = column.cells(extensions)
        return str(column.title), {str(each): str(text) for each, text in cells.items()}
    except Exception:
        log.exception("A column of plugin %s failed.", plugin)
        return None
