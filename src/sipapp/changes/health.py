"""Directory health: what an examination of the storage finds."""

import logging
from collections.abc import Callable, Collection
from typing import Final, NamedTuple, TypeVar

from sipapp.changes.outages import logged
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.model.errors import SipappError, StorageError, StorageUnavailable
from sipapp.model.extension import Extension
from sipapp.model.findings import Examination, Finding
from sipapp.model.type_checks import checked_result
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import Examines
from sipapp.storages.examination_view import (
    FINDINGS_PAGE,
    ExaminationSummary,
    ExaminationView,
    ListedExamination,
)
from sipapp.storages.query import Page

log = logging.getLogger(__name__)

T = TypeVar("T")

_MAX_EXAMINATIONS: Final = 3
"""Requests that have the storage examined at the same time: while it hangs, others are answered."""
_EXAMINATION_WAIT_S: Final = 5.0
"""Seconds that a request waits until it may have the storage examined."""


class FindingGone(SipappError):
    """The finding that should be mended does not exist any more, or cannot be mended."""


class FindingsPage(NamedTuple):
    """A page of findings, and the counts of all."""

    summary: ExaminationSummary
    findings: Page[Finding]


class Marks(NamedTuple):
    """The findings of some extensions, as marks on another page.

    ``critical`` is how many critical findings there are of all extensions; ``fault`` says why
    there could be no examination.
    """

    critical: int = 0
    found: Examination = Examination()
    fault: str = ""


class DirectoryHealth:
    """The findings of the storage; ``ExtensionService.mend`` mends them."""

    def __init__(self, storage: ExtensionStorage) -> None:
        self._storage = storage
        self._listed = ListedExamination(Examination())
        self._examining = ConcurrencyLimit(
            _MAX_EXAMINATIONS, _no_answer, timeout=_EXAMINATION_WAIT_S
        )

    def page(self, *, after: str = "", limit: int = FINDINGS_PAGE) -> FindingsPage:
        """A page of what is found now, from the worst on.

        Raises ``InvalidCursor``, and ``StorageUnavailable``, for the storage's faults too.
        """

        def read(view: ExaminationView) -> FindingsPage:
            return FindingsPage(
                self._summary(view),
                self._checked(view.findings(after=after, limit=limit), Page, "findings()"),
            )

        return self._ask(read)

    def marks(self, extensions: Collection[Extension]) -> Marks:
        """The findings of these extensions, and of their sources."""

        def read(view: ExaminationView) -> Marks:
            found = Examination(tuple(view.findings_of(extensions)))
            return Marks(self._summary(view).critical, found)

        try:
            return self._ask(read)
        except StorageError as error:
            return Marks(fault=str(error))

    def find(self, key: str, *, after: str = "") -> Finding:
        """The finding of that key that can be mended, of the page behind the cursor.

        Raises ``FindingGone``, ``InvalidCursor`` and ``StorageUnavailable``.
        """
        found = self.page(after=after).findings.items
        finding = next((each for each in found if each.key == key), None)
        if finding is None or finding.mending is None:
            raise FindingGone("This is not found any more: look at what is found now.")
        return finding

    def _ask(self, read: Callable[[ExaminationView], T]) -> T:
        try:
            with logged("The directory was not examined"), self._examining.slot():
                return read(self._view())
        except StorageError:
            raise
        except Exception as error:
            # Its text may hold anything, so it goes to the log alone.
            log.exception("Examining the directory failed.")
            raise StorageUnavailable(
                "The storage's plugin failed as it examined; the server's log has the details."
            ) from error

    def _view(self) -> ExaminationView:
        """What is found now, sorted once as long as the storage returns the same examination."""
        found = self._storage.examine() if isinstance(self._storage, Examines) else Examination()
        if isinstance(found, ExaminationView):
            return found
        listed = self._listed
        if listed.examination is not self._checked(found, Examination, "examine()"):
            self._listed = listed = ListedExamination(found)
        return listed

    def _summary(self, view: ExaminationView) -> ExaminationSummary:
        return self._checked(view.summary(), ExaminationSummary, "summary()")

    def _checked(self, found: object, wanted: type[T], what: str) -> T:
        return checked_result(found, wanted, self._storage, what)


def _no_answer() -> StorageUnavailable:
    return StorageUnavailable(
        f"The storage has been examined for more than {_EXAMINATION_WAIT_S:.0f} seconds."
    )
