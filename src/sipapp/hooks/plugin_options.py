"""Options of plugins themselves, ``sipapp.plugin.NAME.OPTION`` in the ini."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sipapp.model.errors import SettingsError
from sipapp.settings.options import Option, parse_options

PREFIX: Final = "sipapp.plugin."


def parse_plugin_options(
    declared: Mapping[str, Sequence[Option]], given: Mapping[str, str]
) -> Mapping[str, Mapping[str, Any]]:
    """Parse the ini's texts, by ``NAME.OPTION``; returns the values of each plugin by its name.

    Raises ``SettingsError`` for unknown, missing and malformed keys.
    """
    rest = dict(given)
    values = {}
    # The longest name first: a name may hold a dot.
    for name in sorted(declared, key=len, reverse=True):
        own = {key: rest.pop(key) for key in list(rest) if key.startswith(f"{name}.")}
        texts = {key.removeprefix(f"{name}."): text for key, text in own.items()}
        values[name] = parse_options(declared[name], texts, f"{PREFIX}{name}.")
    if rest:
        known = ", ".join(sorted(declared)) or "none"
        raise SettingsError(
            f"Setting {PREFIX}{min(rest)} is for no installed plugin that has options. "
            f"Plugins with options: {known}."
        )
    return values
