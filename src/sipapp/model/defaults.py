"""The values of a new extension, and which of them follow its id."""

from collections.abc import Mapping, Sequence
from typing import Final

from sipapp.model.extension import Extension, split_id

USER: Final = "{user}"
"""Stands for the extension's user, which is its id without the domain, in a default."""

DEFAULTS: Final[Mapping[str, str]] = {
    "caller_id_name": f"Extension {USER}",
    "caller_id_number": USER,
    "user_context": "default",
    "toll_allow": "domestic,international,local",
    "accountcode": USER,
}
"""The values that FreeSWITCH's own examples have, by field; other fields are empty."""


def default_extension(extension_id: str) -> Extension:
    """An extension with the default values, without secrets."""
    user, _ = split_id(extension_id)
    values = {name: _filled(default, user) for name, default in DEFAULTS.items()}
    return Extension(extension_id, **values)  # type: ignore[arg-type]


def fields_of_id(extension: Extension) -> Sequence[str]:
    """The fields whose value is still the default that its id makes."""
    return [
        name
        for name, default in DEFAULTS.items()
        if USER in default and getattr(extension, name) == _filled(default, extension.user)
    ]


def following(extension: Extension, new_id: str) -> Mapping[str, str]:
    """The values, for a new id, of the fields that its id makes."""
    user, _ = split_id(new_id)
    return {name: _filled(DEFAULTS[name], user) for name in fields_of_id(extension)}


def _filled(default: str, user: str) -> str:
    return default.replace(USER, user)
