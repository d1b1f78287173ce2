"""The values of a new extension, and which of them follow its id."""

from collections.abc import Mapping, Sequence
from typing import Final

from sipapp.model.extension import Extension

ID: Final = "{id}"
"""Stands for the extension's id in a default."""

DEFAULTS: Final[Mapping[str, str]] = {
    "caller_id_name": f"Extension {ID}",
    "caller_id_number": ID,
    "user_context": "default",
    "toll_allow": "domestic,international,local",
    "accountcode": ID,
}
"""The values that FreeSWITCH's own examples have, by field; other fields are empty."""


def default_extension(extension_id: str) -> Extension:
    """An extension with the default values, without secrets."""
    values = {name: _filled(default, extension_id) for name, default in DEFAULTS.items()}
    return Extension(extension_id, **values)  # type: ignore[arg-type]


def fields_of_id(extension: Extension) -> Sequence[str]:
    """The fields whose value is still the default that its id makes."""
    return [
        name
        for name, default in DEFAULTS.items()
        if ID in default and getattr(extension, name) == _filled(default, extension.id)
    ]


def following(extension: Extension, new_id: str) -> Mapping[str, str]:
    """The values, for a new id, of the fields that its id makes."""
    return {name: _filled(DEFAULTS[name], new_id) for name in fields_of_id(extension)}


def _filled(default: str, extension_id: str) -> str:
    return default.replace(ID, extension_id)
