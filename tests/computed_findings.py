"""Findings of a computed storage: of each tenth extension a weak password, and of others a note."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from sipapp.api import (
    NEW_PASSWORD,
    ExaminationSummary,
    ExaminationView,
    Extension,
    Finding,
    InvalidCursor,
    Page,
    Severity,
    decode_cursor,
    encode_cursor,
)

STEP: Final = 10
_KINDS: Final[Mapping[Severity, int]] = {"critical": 0, "note": 5}
"""The last digit of the numbers that have a finding, by its severity."""


class ComputedFindings(ExaminationView):
    """The findings of numbers ``ids`` (from a multiple of ten on), without those ``mended``."""

    def __init__(self, ids: range, mended: Collection[int]) -> None:
        self.ids = ids
        self.mended = mended

    def summary(self) -> ExaminationSummary:
        critical, note = (self._count(each) for each in _KINDS)
        return ExaminationSummary(critical, 0, note, (f"{len(self.ids)} extensions",))

    def findings(self, *, after: str = "", limit: int = 50) -> Page[Finding]:
        severity, last = decode_cursor(after, 2) if after else (next(iter(_KINDS)), "0")
        if severity not in _KINDS or not last.isdecimal():
            raise InvalidCursor
        found = list(islice(self._behind(severity, int(last)), limit + 1))
        items = found[:limit]
        more = found[limit:]
        return Page(items, encode_cursor(items[-1].severity, items[-1].extension) if more else "")

    def findings_of(self, extensions: Collection[Extension]) -> Sequence[Finding]:
        numbers = (int(each.id) for each in extensions if each.id.isdecimal())
        return [
            _finding(severity, number)
            for number in numbers
            for severity in _KINDS
            if number in self._numbers(severity) and number not in self.mended
        ]

    def _behind(self, severity: str, last: int) -> Iterator[Finding]:
        kinds = list(_KINDS)
        for kind in kinds[kinds.index(severity) :]:  # type: ignore[arg-type]
            numbers = self._numbers(kind)
            start = bisect_right(numbers, last) if kind == severity else 0
            for number in numbers[start:]:
                if number not in self.mended:
                    yield _finding(kind, number)

    def _numbers(self, severity: Severity) -> range:
        return self.ids[_KINDS[severity] :: STEP]

    def _count(self, severity: Severity) -> int:
        numbers = self._numbers(severity)
        return len(numbers) - sum(each in numbers for each in self.mended)


def _finding(severity: Severity, number: int) -> Finding:
    code = "weak-password" if severity == "critical" else "old-entry"
    mending = NEW_PASSWORD if severity == "critical" else None
    title = f"Found: {code}"
    return Finding(
        code, severity, "", None, title, "It is so.", "Look.", str(number), mending=mending
    )
