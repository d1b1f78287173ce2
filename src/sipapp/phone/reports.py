"""Reports of faults that phones send: the last ones are kept."""

import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

MAX_REPORTS: Final = 200
"""Reports that are kept; a new one then takes the place of the oldest."""
_ID: Final = re.compile(r"[0-9]{13}-[0-9a-f]{8}")


@dataclass(frozen=True)
class PhoneReport:
    """One report, as the phone of ``extension`` sent it ``at`` seconds since 1970."""

    id: str
    at: float
    extension: str
    content: Mapping[str, Any]

    @classmethod
    def make(cls, extension: str, content: Mapping[str, Any], at: float) -> "PhoneReport":
        """A new report, with an id of its own: ids sort by time."""
        return cls(f"{int(at * 1000):013}-{secrets.token_hex(4)}", at, extension, content)


@dataclass(frozen=True)
class ReportPage:
    """Some of the reports, the newest first.

    If there may be more, ``next`` is the cursor of the next page.
    """

    reports: Sequence[PhoneReport]
    next: str = ""


class ReportStore(ABC):
    """Keeps the last :data:`MAX_REPORTS` reports.  For several threads."""

    @abstractmethod
    def check(self) -> None:
        """Raise ``StorageUnavailable`` if a report could not be kept now."""

    @abstractmethod
    def add(self, extension: str, content: Mapping[str, Any]) -> PhoneReport:
        """Keep a report, at least until the server ends."""

    @abstractmethod
    def find(self, *, before: str = "", limit: int) -> ReportPage:
        """The newest reports, or those that are older than the report ``before``."""

    @abstractmethod
    def get(self, report_id: str) -> PhoneReport | None:
        """One report; ``None`` if there is none (any more)."""

    @abstractmethod
    def delete(self, report_id: str) -> bool:
        """Remove a report; returns whether there was one.

        Raises ``StorageUnavailable`` if it cannot be removed.
        """


class IncreasingClock:
    """A clock that gives no millisecond twice: ids sort in the order of the reports."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._last = 0.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        with self._lock:
            # More than a millisecond, which rounding may not take away again.
            self._last = max(self._clock(), self._last + 0.0015)
            return self._last


class MemoryReports(ReportStore):
    """Keeps reports until the process ends."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = IncreasingClock(clock)
        self._lock = Lock()
        self._reports: dict[str, PhoneReport] = {}

    def check(self) -> None:
        pass

    def add(self, extension: str, content: Mapping[str, Any]) -> PhoneReport:
        report = PhoneReport.make(extension, content, self._clock())
        self.put(report)
        return report

    def put(self, report: PhoneReport) -> None:
        """Keep a report that was made elsewhere."""
        with self._lock:
            self._reports[report.id] = report
            for each in excess(self._reports):
                del self._reports[each]

    def ids(self) -> Collection[str]:
        """The ids of all reports."""
        with self._lock:
            return list(self._reports)

    def find(self, *, before: str = "", limit: int) -> ReportPage:
        return page_of(self.ids(), self.get, before=before, limit=limit)

    def get(self, report_id: str) -> PhoneReport | None:
        with self._lock:
            return self._reports.get(report_id)

    def delete(self, report_id: str) -> bool:
        with self._lock:
            return self._reports.pop(report_id, None) is not None


def is_report_id(text: str) -> bool:
    """Whether a text has the form of a report's id."""
    return _ID.fullmatch(text) is not None


def excess(ids: Collection[str]) -> Sequence[str]:
    """The oldest ids beyond :data:`MAX_REPORTS`."""
    return sorted(ids)[:-MAX_REPORTS]


def page_of(
    ids: Collection[str], get: Callable[[str], PhoneReport | None], *, before: str, limit: int
) -> ReportPage:
    """A page of the reports with these ids, except those that there are none of any more."""
    older = sorted((each for each in ids if not before or each < before), reverse=True)
    found: list[PhoneReport] = []
    for place, each in enumerate(older, 1):
        report = get(each)
        if report is not None:
            found.append(report)
        if len(found) == limit:
            return ReportPage(found, each if place < len(older) else "")
    return ReportPage(found)
