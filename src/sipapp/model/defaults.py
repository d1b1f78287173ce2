"""The values of a new extension, and which of them follow its id."""

from collections.abc import Mapping

from sipapp.model.extension import FIELD_NAMES, Extension


def following(extension: Extension, new_id: str) -> Mapping[str, str]:
    """The fields that are as :func:`default_extension` makes them of the id, for a new id."""
    before, after = default_extension(extension.id), default_extension(new_id)
    values = {name: (getattr(before, name), getattr(after, name)) for name in FIELD_NAMES}
    return {
        name: new
        for name, (old, new) in values.items()
        if old != new and getattr(extension, name) == old
    }


def default_extension(extension_id: str) -> Extension:
    """An extension with the values that FreeSWITCH's own examples have, without secrets."""
    return Extension(
        extension_id,
        caller_id_name=f"Extension {extension_id}",
        caller_id_number=extension_id,
        user_context="default",
        toll_allow="domestic,international,local",
        accountcode=extension_id,
    )
