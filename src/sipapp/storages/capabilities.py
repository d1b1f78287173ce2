"""What not every storage can do: small protocols, found by the methods that a storage has."""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, runtime_checkable

from sipapp.model.diagnosis import Diagnosis
from sipapp.model.errors import ReadOnlyExtension
from sipapp.model.extension import Extension
from sipapp.model.findings import Examination, Finding
from sipapp.storages.examination_view import ExaminationView


@runtime_checkable
class Disables(Protocol):
    """Can hide an extension from the switch and keep it."""

    def set_enabled(
        self, extension_id: str, *, enabled: bool, version: str | None = None
    ) -> Extension:
        """Hide the extension from the switch, or show it again unchanged.

        Returns it as stored, with a new version.  Raises as ``ExtensionStorage.update`` does.
        """


@runtime_checkable
class Renames(Protocol):
    """Can give an extension another id."""

    def rename(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        """Give an extension another id of the same domain and change fields, in one step.

        Everything else stays, also what only this storage knows of it.  Returns it as
        stored.  Raises as ``ExtensionStorage.update`` and ``create`` do, and
        ``InvalidExtension`` for ``id`` if that is in another domain, and for ``password`` if
        the old one would not fit the new id (a hash that is made of both).
        """


@runtime_checkable
class RenamesOtherValues(Protocol):
    """Keeps values of an extension that are no fields, and can change them with its id."""

    def other_values(self, extension_id: str) -> Mapping[str, str]:
        """Return these values by name, such as ``number-alias``; people see the names.

        Without secrets, and without those that a rename could not change.  Raises
        ``ExtensionNotFound``.
        """

    def rename_with(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        others: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        """As ``Renames.rename``, and change ``others`` of the values above in the same step.

        Raises ``VersionConflict``, too, for a value that is not there any more.
        """


@runtime_checkable
class Examines(Protocol):
    """Can find what the switch would drop, misread or let in."""

    def examine(self) -> Examination | ExaminationView:
        """Return all findings, or for very many of them a view that gives them by page.

        Called for each page of the list: cache all findings until a change, and return the same
        object again.
        """


@runtime_checkable
class Mends(Protocol):
    """Can mend findings of its own."""

    def mend(self, finding: Finding) -> None:
        """Mend a finding of the last examination, in the storage's own way.

        Called for a ``finding.mending`` of the storage's own.  Raises
        ``VersionConflict`` if the stored data has changed since.
        """


@runtime_checkable
class BlocksReloads(Protocol):
    """Can hold data that makes a switch refuse every reload, and finds its place."""

    def find_fault(self, *, thorough: bool = False) -> str:
        """Return the place that would make every reload fail; empty if none is known.

        A file and line, such as ``/etc/freeswitch/directory/default/zz.xml, line 4``.
        Called before each change, so it has to be quick; ``thorough`` after a refusal,
        when it may look at the rest of the switch's configuration too.
        """


@runtime_checkable
class Diagnoses(Protocol):
    """Can tell the doctor about the place where it stores."""

    def diagnose(self) -> Iterable[Diagnosis]:
        """Yield what the doctor should say, such as where the data is and who can read it."""


CAPABILITIES: Final[Mapping[str, type]] = {
    "disables": Disables,
    "renames": Renames,
    "renames other values": RenamesOtherValues,
    "examines": Examines,
    "mends": Mends,
    "blocks reloads": BlocksReloads,
    "diagnoses": Diagnoses,
}
"""All capabilities, by the words that ``sipapp plugins`` shows."""


def blocking_fault(storage: object, *, thorough: bool = False) -> str:
    """The place that would make every reload fail; empty if the storage knows none."""
    return storage.find_fault(thorough=thorough) if isinstance(storage, BlocksReloads) else ""


def disabling(storage: object, extension_id: str) -> Disables:
    """The storage, which must be able to disable.  Raises ``ReadOnlyExtension``."""
    if isinstance(storage, Disables):
        return storage
    raise ReadOnlyExtension(extension_id, "this storage keeps no disabled extensions.")


def mending(storage: object) -> Mends:
    """The storage, which must have ``mend``.  Raises ``TypeError``: its finding says so."""
    if isinstance(storage, Mends):
        return storage
    raise TypeError("A finding has a mending of the storage's own, and the storage has no mend().")


def renaming(storage: object, extension_id: str) -> Renames:
    """The storage, which must be able to rename.  Raises ``ReadOnlyExtension``."""
    if isinstance(storage, Renames):
        return storage
    raise ReadOnlyExtension(extension_id, "this storage gives no extension another id.")
