"""What a finding that the storage mends in its own way changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sipapp.changes.committer import Saved
from sipapp.changes.pipeline import Edit
from sipapp.changes.reader import ExtensionReader
from sipapp.model.apply import Apply
from sipapp.model.errors import ExtensionNotFound, VersionConflict
from sipapp.model.extension import Extension
from sipapp.model.findings import Finding
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import mending


@dataclass(frozen=True)
class Mended:
    """A finding that was mended, and what the switches answered; ``saved`` if it was recorded."""

    finding: Finding
    apply: Apply
    saved: Saved | None = None


def concerned(reader: ExtensionReader, finding: Finding) -> Extension | None:
    """The stored extension that a finding is about, if it is about one."""
    try:
        found = reader.stored(finding.extension) if finding.extension else None
    except ExtensionNotFound:
        return None
    # Two places may hold the same id, and the other one cannot be asked for.
    return found if found and found.source == finding.source else None


def mending_edit(storage: ExtensionStorage, finding: Finding, old: Extension) -> Edit:
    """The change that mends a finding about an extension.  Raises ``VersionConflict``."""
    if finding.version and finding.version != old.version:
        raise VersionConflict(old.id)

    def store(_seen: str | None) -> Sequence[Extension]:
        mending(storage).mend(finding)
        try:
            return [storage.get(old.id)]
        except ExtensionNotFound:
            return []

    return Edit(store, old, old.version, forget_if_secret_changes=True)
