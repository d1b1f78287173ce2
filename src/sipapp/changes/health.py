"""Directory health: what an examination of the storage finds."""

import logging
from typing import Final

from sipapp.changes.outages import logged
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.model.errors import SipappError, StorageError, StorageUnavailable
from sipapp.model.findings import Examination, Finding
from sipapp.model.type_checks import checked_result
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import Examines

log = logging.getLogger(__name__)

_MAX_EXAMINATIONS: Final = 3
"""Requests that have the storage examined at the same time: while it hangs, others are answered."""
_EXAMINATION_WAIT_S: Final = 5.0
"""Seconds that a request waits until it may have the storage examined."""


class FindingGone(SipappError):
    """The finding that should be mended does not exist any more, or cannot be mended."""


class DirectoryHealth:
    """The findings of the storage; ``ExtensionService.mend`` mends them."""

    def __init__(self, storage: ExtensionStorage) -> None:
        self._storage = storage
        self._examining = ConcurrencyLimit(
            _MAX_EXAMINATIONS, _no_answer, timeout=_EXAMINATION_WAIT_S
        )

    def examine(self) -> Examination:
        """Examine what is stored now.  Raises ``StorageUnavailable``, for its faults too."""
        if not isinstance(self._storage, Examines):
            return Examination()
        try:
            with logged("The directory was not examined"), self._examining.slot():
                return checked_result(
                    self._storage.examine(), Examination, self._storage, "examine()"
                )
        except StorageError:
            raise
        except Exception as error:
            # Its text may hold anything, so it goes to the log alone.
            log.exception("Examining the directory failed.")
            raise StorageUnavailable(
                "The storage's plugin failed as it examined; the server's log has the details."
            ) from error

    def marks(self) -> tuple[Examination, str]:
        """The findings as marks on another page, and the fault if there could be no examination."""
        try:
            return self.examine(), ""
        except StorageError as error:
            return Examination(), str(error)

    def find(self, key: str) -> Finding:
        """The finding of that key that can be mended, as it is found now.

        Raises ``FindingGone`` and ``StorageUnavailable``.
        """
        finding = next((each for each in self.examine().findings if each.key == key), None)
        if finding is None or finding.mending is None:
            raise FindingGone("This is not found any more: look at what is found now.")
        return finding


def _no_answer() -> StorageUnavailable:
    return StorageUnavailable(
        f"The storage has been examined for more than {_EXAMINATION_WAIT_S:.0f} seconds."
    )
