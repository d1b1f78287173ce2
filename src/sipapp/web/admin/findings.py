"""What an examination found, in the words and shapes of the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyramid.request import Request

from sipapp.model.extension import Extension
from sipapp.model.findings import SEVERITIES, Severity
from sipapp.web.admin.naming import printable

SHAPES: Final[dict[Severity, str]] = {"critical": "fault", "warning": "busy", "note": "off"}
"""The shape beside the word, by severity."""

_MAX_TEXT: Final = 600


@dataclass(frozen=True)
class Found:
    """One finding about the extension that a page shows."""

    shape: str
    title: str
    line: int | None
    meaning: str
    remedy: str


def found_of(request: Request, extension: Extension) -> Sequence[Found]:
    """The findings about one extension, or about the file that it is in, the worst first."""
    wanted = {"", extension.id.lower()}
    marks, fault = request.app.directory_health.marks()
    if fault:
        return [Found(SHAPES["warning"], "It was not examined", None, fault, "Look again later.")]
    found = [
        each
        for each in marks.findings
        if each.source == extension.source and each.extension.lower() in wanted
    ]
    return [
        Found(
            SHAPES[each.severity],
            shown(each.title),
            each.line,
            shown(each.meaning),
            shown(each.remedy),
        )
        for each in sorted(found, key=lambda each: SEVERITIES.index(each.severity))
    ]


def shown(text: str) -> str:
    """A text that may come from a file, of a length that a page can bear."""
    cut = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    return printable(cut)
