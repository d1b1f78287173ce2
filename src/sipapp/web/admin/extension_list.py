"""The list of extensions: search, sort, pages."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.request import Request

from sipapp.hooks.backends import AdminColumn
from sipapp.model.extension import MAX_LENGTH, Extension, split_id
from sipapp.model.findings import SEVERITIES, Examination, Severity
from sipapp.storages.query import COUNTED, SORT_KEYS, Page
from sipapp.web.admin.authentication import REMARKS, is_open
from sipapp.web.admin.display_names import edit_url, shown
from sipapp.web.admin.messages import behind, examination_fault
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.plugin_pages import menu
from sipapp.web.admin.presence import Presence, Presences, presences
from sipapp.web.admin.switch_health import switch_health

log = logging.getLogger(__name__)

PER_PAGE: Final = 50
_PAGE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_HEADINGS: Final = {
    "id": "Extension",
    "caller_id_name": "Name",
    "caller_id_number": "Number",
}


class Query(NamedTuple):
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
        usual = cls()
        sort, number = given.get("sort", ""), given.get("page", "")
        return cls(
            search=given.get("search", "").strip()[:MAX_LENGTH],
            sort=sort if sort.removeprefix("-") in SORT_KEYS else usual.sort,
            page=max(1, int(number)) if _PAGE_NUMBER.fullmatch(number) else usual.page,
        )

    def url(self, base: str) -> str:
        """The address of this part of the list at ``base``; it says only what is not as usual."""
        unusual = self._asdict().items() - Query()._asdict().items()
        # Not urlencode(), which takes five times as long: this is done for each heading.
        given = "&".join(f"{name}={quote_plus(str(value))}" for name, value in sorted(unusual))
        return f"{base}?{given}" if given else base


class Heading(NamedTuple):
    """The head of a column that sorts: where it leads, and how the list is sorted by it."""

    title: str
    url: str
    sorted: str | None


class Row(NamedTuple):
    """One extension as the list shows it; ``url`` is ``None`` if no address can name it."""

    id: str
    aliases: str
    name: str
    number: str
    url: str | None
    presence: Presence
    stored_state: str | None
    remarks: Sequence[str]
    warnings: Sequence[str]
    attention: Sequence[str]
    cells: Sequence[str]


def listing(request: Request) -> dict[str, Any]:
    """Show a page of the list."""
    query = Query.read(request)
    found = _find(request, query)
    pages = _pages(found)
    if query.page > pages:
        query = query._replace(page=pages)
        found = _find(request, query)
    columns = _plugin_columns(request, found.items)
    cells = [each for _, each in columns]
    marks = request.app.directory_health.marks(found.items)
    enabled = [(shown(each.id), _state(each)) for each in found.items if each.enabled]
    live = presences(request.app.live.overview(), enabled)
    base = request.route_path("admin")
    return page(
        request,
        "Extensions",
        [*behind(request.app.switches), *examination_fault(marks.fault)],
        width="admin-wide",
        query=query,
        total=found.total,
        summary=_summary(query, found.total),
        pages=pages,
        headings=[_heading(base, query, key) for key in SORT_KEYS],
        columns=[title for title, _ in columns],
        rows=[_row(request, each, cells, marks.found, live) for each in found.items],
        previous_url=_step(base, query, -1) if query.page > 1 else None,
        next_url=_step(base, query, 1) if query.page < pages else None,
        critical=marks.critical,
        health=switch_health(request.app.switches),
        live_version=live.version,
        live_note=live.note,
        links=menu(request),
    )


def _find(request: Request, query: Query) -> Page[Extension]:
    found: Page[Extension] = request.extensions.find(
        search=query.search,
        sort=query.sort,
        offset=(query.page - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    return found


def _pages(found: Page[Extension]) -> int:
    """The number of pages; of more extensions than are counted, a search shows the others."""
    total = COUNTED if found.total is None else min(found.total, COUNTED)
    return max(1, -(-total // PER_PAGE))


def _summary(query: Query, total: int | None) -> str:
    if total is None:
        counted = f"More than {COUNTED:,} extensions"
        return f"{counted} with “{query.search}”" if query.search else counted
    counted = f"{total} extension" if total == 1 else f"{total} extensions"
    if query.search:
        return f"{counted if total else 'No extension'} with “{query.search}”"
    return counted if total else "There are no extensions yet."


def _step(base: str, query: Query, by: int) -> str:
    return query._replace(page=query.page + by).url(base)


def _heading(base: str, query: Query, key: str) -> Heading:
    directions = {key: "ascending", f"-{key}": "descending"}
    wanted = f"-{key}" if query.sort == key else key
    url = query._replace(sort=wanted, page=1).url(base)
    return Heading(_HEADINGS[key], url, directions.get(query.sort))


def _row(
    request: Request,
    extension: Extension,
    columns: Sequence[Mapping[str, str]],
    marks: Examination,
    live: Presences,
) -> Row:
    inherited = ["Inherited password"] if "password" in extension.inherited else []
    on_purpose = [each for each in [REMARKS.get(extension.authentication)] if each]
    reason = [extension.read_only] if extension.read_only else []
    findings = marks.of(extension)
    found: dict[Severity, list[str]] = {severity: [] for severity in SEVERITIES}
    for finding in findings:
        found[finding.severity].append(shown(finding.title))
    if is_open(extension, findings):
        found["critical"].append("No password: anyone can register")
    if "password" in extension.weak_secrets and not found["critical"]:
        found["warning"].append("Weak password")
    state = _state(extension)
    return Row(
        id=shown(extension.id),
        aliases=shown(", ".join(split_id(each)[0] for each in extension.aliases)),
        name=shown(extension.caller_id_name),
        number=shown(extension.caller_id_number),
        url=edit_url(request, extension.id),
        presence=live.found.get((shown(extension.id), state), Presence(state, "off", "")),
        stored_state=state if extension.enabled else None,
        remarks=[shown(each) for each in (*inherited, *on_purpose, *reason)],
        warnings=found["critical"],
        attention=found["warning"],
        cells=[shown(column.get(extension.id, "")) for column in columns],
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
    for plugin, columns in request.app.plugins.call_each("sipapp_admin_columns", request=request):
        if not isinstance(columns, Iterable):
            log.error("Plugin %s gave %s instead of columns.", plugin, type(columns).__name__)
            continue
        with request.app.plugins.slow_calls.watch(plugin, "sipapp_admin_columns"):
            filled = [_fill(plugin, column, extensions) for column in columns]
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
