"""Findings of an examination, as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyramid.request import Request

from sipapp.model.extension import Extension
from sipapp.model.findings import Severity
from sipapp.web.admin.display_names import shown

SHAPES: Final[dict[Severity, str]] = {"critical": "fault", "warning": "busy", "note": "off"}
"""The shape beside the word, by severity."""


@dataclass(frozen=True)
class Found:
    """One finding about the extension that a page shows."""

    code: str
    severity: Severity
    title: str
    line: int | None
    meaning: str
    remedy: str

    @property
    def shape(self) -> str:
        """The shape beside the title."""
        return SHAPES[self.severity]


def found_of(request: Request, extension: Extension) -> Sequence[Found]:
    """The findings about one extension, or about the file that it is in, the worst first."""
    marks = request.app.directory_health.marks([extension])
    if marks.fault:
        words = "It was not examined"
        return [Found("", "warning", words, None, marks.fault, "Look again later.")]
    return [
        Found(
            each.code,
            each.severity,
            shown(each.title),
            each.line,
            shown(each.meaning),
            shown(each.remedy),
        )
        for each in marks.found.of(extension)
    ]
