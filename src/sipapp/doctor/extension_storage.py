"""The storage of extensions: whether it can be written, and the findings of its examination."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from typing import Final

from sipapp.doctor.target import DiagnosisTarget
from sipapp.model.diagnosis import Diagnosis, Level, fault, ok, warning
from sipapp.model.errors import StorageError
from sipapp.model.findings import Finding, Severity
from sipapp.storages.capabilities import Diagnoses, Examines
from sipapp.storages.examination_view import viewed

_LEVELS: dict[Severity, Level] = {"critical": "fault", "warning": "warning", "note": "ok"}
_MAX_FINDINGS: Final = 1_000
"""Findings that are told, from the worst on."""
_ALL_FINDINGS: Final = "The page “Directory health” has all of them."


def examine(target: DiagnosisTarget) -> Iterator[Diagnosis]:
    """Whether a change could be stored, and what the storage says of itself."""
    name = target.settings.storage.name
    try:
        target.storage.check()
    except StorageError as error:
        remedy = "Until then no extension can be changed. See docs/freeswitch.md, section 3."
        yield fault("directory.writable", f"Storage {name}: {error}", remedy)
    else:
        yield ok("directory.writable", f"Storage {name} can be read and written.")
    if isinstance(target.storage, Diagnoses):
        with suppress(StorageError):  # said already
            yield from target.storage.diagnose()


def examine_content(target: DiagnosisTarget) -> Iterator[Diagnosis]:
    """The findings of an examination, one line for each code."""
    if not isinstance(target.storage, Examines):
        yield ok("directory.health", "This storage does not examine what it holds.")
        return
    try:
        view = viewed(target.storage.examine())
        summary, found = view.summary(), view.findings(limit=_MAX_FINDINGS)
    except StorageError:
        return  # the line above says why
    kinds = groupby(found.items, key=lambda each: (each.severity, each.code))
    for (severity, code), alike in kinds:
        yield _line(_LEVELS[severity], code, list(alike))
    if found.after:
        more = sum(summary.counts.values()) - len(found.items)
        text = f"Findings that are not told here: {more}."
        yield warning("directory.health", text, _ALL_FINDINGS)
    if not (summary.critical or summary.warning):
        looked_at = ", ".join(summary.looked_at) or "nothing"
        yield ok("directory.health", f"No fault found. Looked at: {looked_at}.")


def _line(level: Level, code: str, alike: list[Finding]) -> Diagnosis:
    first = alike[0]
    place = first.source if first.line is None else f"{first.source}:{first.line}"
    more = f", and {len(alike) - 1} more like it" if len(alike) > 1 else ""
    found = f"{_sentence(first.title)} {place}{more}. {first.meaning}"
    remedy = f"{first.remedy} {_ALL_FINDINGS}" if level != "ok" else ""
    return Diagnosis(f"directory.health.{code}", level, found, remedy)


def _sentence(title: str) -> str:
    return f"{title.rstrip('.:')}:"
