"""Reports of faults that phones send: the last ones are kept, in memory or in a folder."""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sipapp.files.atomic_write import replace_file
from sipapp.files.write_access import explain, try_to_write
from sipapp.model.errors import SettingsError, StorageUnavailable

log = logging.getLogger(__name__)

MAX_REPORTS: Final = 200
"""Reports that are kept; a new one then takes the place of the oldest."""
_NAME: Final = re.compile(r"([0-9]{13}-[0-9a-f]{8})\.json")
_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class PhoneReport:
    """One report, as the phone of ``extension`` sent it ``at`` seconds since 1970."""

    id: str
    at: float
    extension: str
    content: Mapping[str, Any]


class Reports:
    """Keeps the last reports.  For several threads of one process.

    With a ``directory`` each is a file there too, written atomically, and read again at the
    start.  Raises ``SettingsError`` if that cannot be.
    """

    def __init__(
        self,
        directory: Path | None,
        clock: Callable[[], float] = time.time,
        max_reports: int = MAX_REPORTS,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._max_reports = max_reports
        self._lock = Lock()
        self._reports: dict[str, PhoneReport] = {}
        if directory is not None:
            for report in _load(directory):
                self._reports[report.id] = report
            self._prune()

    def check(self) -> None:
        """Raise ``StorageUnavailable`` if a report could not be written now."""
        if self._directory is not None:
            try:
                try_to_write(self._directory)
            except OSError as error:
                raise _unusable(self._directory, error) from error

    def list(self) -> Sequence[PhoneReport]:
        """All of them, the newest first."""
        with self._lock:
            return list(reversed(self._reports.values()))

    def add(self, extension: str, content: Mapping[str, Any]) -> PhoneReport:
        """Keep a report; if the folder cannot be written, until the server ends."""
        at = self._clock()
        report = PhoneReport(f"{int(at * 1000):013}-{secrets.token_hex(4)}", at, extension, content)
        # Not under the lock: a disk that hangs must not keep others from reading.
        if self._directory is not None:
            try:
                replace_file(_file(self._directory, report.id), json.dumps(asdict(report)).encode())
            except OSError as error:
                why = explain(self._directory, error)
                log.error("A phone's report cannot be written. %s", why)  # noqa: TRY400  (the reason says it all)
        with self._lock:
            self._reports[report.id] = report
        self._prune()
        return report

    def delete(self, report_id: str) -> bool:
        """Forget a report; returns whether there was one."""
        with self._lock:
            known = self._reports.pop(report_id, None) is not None
        # Only what is known here becomes the name of a file.
        if known and self._directory is not None:
            with suppress(OSError):
                _file(self._directory, report_id).unlink()
        return known

    def _prune(self) -> None:
        with self._lock:
            old = list(self._reports)[: max(0, len(self._reports) - self._max_reports)]
        for report_id in old:
            self.delete(report_id)


def _file(directory: Path, report_id: str) -> Path:
    return directory / f"{report_id}.json"


def _unusable(directory: Path, error: OSError) -> StorageUnavailable:
    return StorageUnavailable(
        "Reports of phones (sipapp.phone.reports_directory) cannot be kept. "
        + explain(directory, error)
    )


def _load(directory: Path) -> Sequence[PhoneReport]:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = sorted(directory.iterdir())
        try_to_write(directory)
    except OSError as error:
        raise SettingsError(str(_unusable(directory, error))) from error
    return [report for file in files if (report := _read(file)) is not None]


def _read(file: Path) -> PhoneReport | None:
    found = _NAME.fullmatch(file.name)
    if found is None:
        return None
    try:
        with file.open("rb") as opened:
            stored = json.loads(opened.read(_MAX_BYTES))
        content = dict(stored["content"].items())
        report = PhoneReport(found[1], float(stored["at"]), str(stored["extension"]), content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("%s is no report, and is left alone: %s", file, type(error).__name__)
        return None
    return report
