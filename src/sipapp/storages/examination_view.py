"""The findings of an examination by page: counts, pages, and those of some extensions."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sipapp.model.extension import Extension
from sipapp.model.findings import SEVERITIES, Examination, Finding, Severity
from sipapp.model.text import natural_key
from sipapp.model.type_checks import check_types
from sipapp.storages.query import Page, decode_cursor, encode_cursor

FINDINGS_PAGE: Final = 50
"""Findings on a page."""
_MAX_PLACE: Final = 200
"""Characters of an extension or a source that findings are sorted by."""


@dataclass(frozen=True)
class ExaminationSummary:
    """How many findings of each severity there are, and what they were looked for in.

    ``looked_at`` and ``not_looked_at`` are as those of ``Examination``.
    """

    critical: int = 0
    warning: int = 0
    note: int = 0
    looked_at: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)

    @property
    def counts(self) -> dict[Severity, int]:
        """The number of findings by severity, from the worst on."""
        return {"critical": self.critical, "warning": self.warning, "note": self.note}


class ExaminationView(ABC):
    """What is found now, by page.  Every method may raise ``StorageUnavailable``."""

    @abstractmethod
    def summary(self) -> ExaminationSummary:
        """Return how many findings there are, and what they were looked for in."""

    @abstractmethod
    def findings(self, *, after: str = "", limit: int = FINDINGS_PAGE) -> Page[Finding]:
        """Return a page of all findings, from the worst severity on.

        Within a severity, those of one code stand together; for the rest the order is free,
        but always the same.  ``after`` is the cursor that the page before had, empty for the
        first; the page goes on behind it also when its finding is gone.  ``total`` of the page is
        not needed.  Raises ``InvalidCursor``.
        """

    @abstractmethod
    def findings_of(self, extensions: Collection[Extension]) -> Sequence[Finding]:
        """Return the findings about these extensions, and about all of their sources.

        In any order.  These are findings whose ``extension`` is the id of one, in any case of
        letters, or empty, and whose ``source`` is that of the same one.
        """


class ListedExamination(ExaminationView):
    """The adapter for a storage that gives all findings at once."""

    def __init__(self, examination: Examination) -> None:
        self.examination = examination

    def summary(self) -> ExaminationSummary:
        found = self.examination
        return ExaminationSummary(
            **found.counts, looked_at=found.looked_at, not_looked_at=found.not_looked_at
        )

    def findings(self, *, after: str = "", limit: int = FINDINGS_PAGE) -> Page[Finding]:
        start = bisect_right(self._sorted, decode_cursor(after, 5), key=_order) if after else 0
        end = start + limit
        items = self._sorted[start:end]
        more = end < len(self._sorted)
        return Page(items, encode_cursor(*_order(items[-1])) if more else "", len(self._sorted))

    def findings_of(self, extensions: Collection[Extension]) -> Sequence[Finding]:
        found = (finding for each in extensions for finding in self.examination.of(each))
        return list(dict.fromkeys(found))

    @cached_property
    def _sorted(self) -> Sequence[Finding]:
        return sorted(self.examination.findings, key=_order)


def viewed(found: Examination | ExaminationView) -> ExaminationView:
    """What ``examine`` of a storage returned, by page."""
    return found if isinstance(found, ExaminationView) else ListedExamination(found)


def _order(finding: Finding) -> tuple[str, ...]:
    return (
        str(SEVERITIES.index(finding.severity)),
        finding.code,
        natural_key(finding.extension or finding.source)[:_MAX_PLACE],
        f"{finding.line or 0:09}",
        finding.key,
    )
