"""A folder with a file for each report of a phone, which several processes can use."""

import json
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sipapp.files.atomic_write import replace_file
from sipapp.files.write_access import explain, try_to_write
from sipapp.model.errors import SettingsError, StorageUnavailable
from sipapp.phone.reports import (
    IncreasingClock,
    MemoryReports,
    PhoneReport,
    ReportPage,
    ReportStore,
    excess,
    is_report_id,
    page_of,
)

log = logging.getLogger(__name__)

_SUFFIX: Final = ".json"
_MAX_BYTES: Final = 64 * 1024


def report_store(directory: Path | None, clock: Callable[[], float] = time.time) -> ReportStore:
    """The store of a folder, or one in memory.  Raises ``SettingsError``."""
    return MemoryReports(clock) if directory is None else ReportFolder(directory, clock)


class ReportFolder(ReportStore):
    """Keeps each report as a file, written atomically.

    What cannot be written is kept in memory, until the process ends.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        """Make the folder.  Raises ``SettingsError`` if it cannot be used."""
        self._directory = directory
        self._clock = IncreasingClock(clock)
        self._unwritten = MemoryReports(clock)
        self._logged: set[str] = set()
        """The files that are no reports, of which each is logged once."""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.check()
        except OSError as error:
            raise SettingsError(self._unusable(error)) from error
        except StorageUnavailable as error:
            raise SettingsError(str(error)) from error

    def check(self) -> None:
        try:
            try_to_write(self._directory)
        except OSError as error:
            raise StorageUnavailable(self._unusable(error)) from error

    def add(self, extension: str, content: Mapping[str, Any]) -> PhoneReport:
        report = PhoneReport.make(extension, content, self._clock())
        try:
            replace_file(self._file(report.id), json.dumps(asdict(report)).encode())
        except OSError as error:
            why = explain(self._directory, error)
            log.error("A phone's report cannot be written. %s", why)  # noqa: TRY400  (the reason says it all)
            self._unwritten.put(report)
        self._prune()
        return report

    def find(self, *, before: str = "", limit: int) -> ReportPage:
        ids = {*self._written(), *self._unwritten.ids()}
        return page_of(ids, self.get, before=before, limit=limit)

    def get(self, report_id: str) -> PhoneReport | None:
        if not is_report_id(report_id):
            return None
        return self._unwritten.get(report_id) or self._read(report_id)

    def delete(self, report_id: str) -> bool:
        if self._unwritten.delete(report_id):
            return True
        # A file that is no report is left alone.
        if self.get(report_id) is None:
            return False
        try:
            self._file(report_id).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageUnavailable(
                f"The report was not deleted. {explain(self._directory, error)}"
            ) from error
        return True

    def _prune(self) -> None:
        try:
            for each in excess(self._written()):
                self.delete(each)
        except StorageUnavailable as error:
            log.warning("%s", error)

    def _written(self) -> Collection[str]:
        """The ids of the files, also of other processes; none if the folder cannot be read."""
        try:
            names = [each.name for each in self._directory.iterdir()]
        except OSError:
            # Which check() tells.
            return ()
        ids = (name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))
        return [each for each in ids if is_report_id(each)]

    def _read(self, report_id: str) -> PhoneReport | None:
        file = self._file(report_id)
        try:
            with file.open("rb") as opened:
                stored = json.loads(opened.read(_MAX_BYTES))
            content = dict(stored["content"].items())
            return PhoneReport(report_id, float(stored["at"]), str(stored["extension"]), content)
        except FileNotFoundError:
            # Never there, or another process has removed it.
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            if file.name not in self._logged:
                self._logged.add(file.name)
                log.warning("%s is no report, and is left alone: %s", file, type(error).__name__)
            return None

    def _file(self, report_id: str) -> Path:
        return self._directory / f"{report_id}{_SUFFIX}"

    def _unusable(self, error: OSError) -> str:
        return "Reports of phones (sipapp.phone.reports_directory) cannot be kept. " + explain(
            self._directory, error
        )
