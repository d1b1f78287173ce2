"""Examining what is stored, and mending what can be mended without guessing."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sipapp.changes.service import ExtensionService, Saved
from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.freeswitch.vanilla import CONTEXT
from sipapp.model.apply import Apply
from sipapp.model.errors import SipappError, StorageError, StorageUnavailable
from sipapp.model.findings import DEFAULT_CONTEXT, NEW_PASSWORD, Examination, Finding
from sipapp.model.type_checks import checked_result
from sipapp.storages.base import ExtensionStorage

log = logging.getLogger(__name__)

_EXAMINING: Final = 3
"""Requests that have the storage examined at the same time: while it hangs, others are answered."""
_PATIENCE: Final = 5.0


class FindingGone(SipappError):
    """What should be mended is not found any more, or not in that form."""


@dataclass(frozen=True)
class Mended:
    """What was mended, and what the switches made of it; ``saved`` if an extension changed."""

    finding: Finding
    apply: Apply
    saved: Saved | None = None


class DirectoryHealth:
    """The findings of the storage, and the changes that mend them."""

    def __init__(self, storage: ExtensionStorage) -> None:
        self._storage = storage
        self._examining = ConcurrencyLimit(_EXAMINING, _no_answer, timeout=_PATIENCE)

    def examine(self) -> Examination:
        """Examine what is stored now.  Raises ``StorageUnavailable``, for its faults too."""
        try:
            with self._examining.slot():
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
        """The findings for a page that is about something else, and why there are none."""
        try:
            return self.examine(), ""
        except StorageError as error:
            log.warning("The directory was not examined: %s", error)
            return Examination(), str(error)

    def mend(self, key: str, extensions: ExtensionService) -> Mended:
        """Mend the finding of that key, and make the switches take it over.

        ``extensions`` is the service as whoever asks has it.

        Raises ``FindingGone``, ``VersionConflict``, ``ReadOnlyExtension`` and
        ``StorageUnavailable``.
        """
        finding = next((each for each in self.examine().findings if each.key == key), None)
        if finding is None or finding.mending is None:
            raise FindingGone("This is not found any more: look at what is found now.")
        change = _CHANGES.get(finding.mending.name)
        if change:
            saved = change(extensions, finding)
            return Mended(finding, saved.apply, saved)
        self._storage.mend(finding)
        log.info("Mended %s of %r: %s.", finding.code, finding.source, finding.mending.name)
        return Mended(finding, extensions.reload())


def _no_answer() -> StorageUnavailable:
    return StorageUnavailable(
        f"The storage has been examined for more than {_PATIENCE:.0f} seconds."
    )


def _new_password(extensions: ExtensionService, finding: Finding) -> Saved:
    return extensions.set_password(finding.extension, version=finding.version or None)


def _default_context(extensions: ExtensionService, finding: Finding) -> Saved:
    values = {"user_context": CONTEXT}
    return extensions.update(finding.extension, values, version=finding.version or None)


_CHANGES: Final[Mapping[str, Callable[[ExtensionService, Finding], Saved]]] = {
    NEW_PASSWORD.name: _new_password,
    DEFAULT_CONTEXT.name: _default_context,
}
