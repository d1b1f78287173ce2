"""What a new id changes of an extension, beside the id."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sipapp.model.defaults import following
from sipapp.model.errors import FieldError, InvalidExtension
from sipapp.model.extension import FIELD_NAMES, Extension
from sipapp.model.mentions import Mention, find_mentions
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import RenamesOtherValues, renaming


@dataclass(frozen=True)
class Renaming:
    """The new values of fields, and of what else the storage keeps, by name."""

    fields: Mapping[str, str] = field(repr=False)
    others: Mapping[str, str] = field(repr=False)

    def store(
        self, storage: ExtensionStorage, old: Extension, new_id: str, version: str | None
    ) -> Extension:
        """Rename the extension in the storage, and change these values in the same step."""
        if self.others and isinstance(storage, RenamesOtherValues):
            return storage.rename_with(old.id, new_id, self.fields, self.others, version=version)
        return renaming(storage, old.id).rename(old.id, new_id, self.fields, version=version)


def mentions(storage: ExtensionStorage, old: Extension, new_id: str) -> Sequence[Mention]:
    """The values that hold the number of an extension, and what they are with the new one."""
    others: Mapping[str, str] = {}
    if isinstance(storage, RenamesOtherValues) and not old.read_only:
        others = storage.other_values(old.id)
    return find_mentions(old, new_id, others)


def plan_renaming(
    storage: ExtensionStorage,
    old: Extension,
    new_id: str,
    names: Collection[str] | None,
    given: Mapping[str, str],
) -> Renaming:
    """Change the values of these names, by default those that are made of the id alone.

    ``given`` are fields that get a value of their own.  Raises ``InvalidExtension`` for a name
    of a value that does not hold the number.
    """
    if names is None:
        return Renaming({**following(old, new_id), **given}, {})
    found = {each.name: each.new for each in mentions(storage, old, new_id)}
    errors = [
        FieldError("changes", f"{name!r} is no value that holds the number of {old.id}.")
        for name in names
        if name not in found
    ]
    if errors:
        raise InvalidExtension(errors)
    return Renaming(
        {**{each: found[each] for each in names if each in FIELD_NAMES}, **given},
        {each: found[each] for each in names if each not in FIELD_NAMES},
    )
