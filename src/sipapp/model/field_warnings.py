"""Warnings about stored values: they refuse no change, and are shown at their fields."""

from collections.abc import Iterator
from typing import Final

from sipapp.model.errors import FieldError
from sipapp.model.extension import FIELDS, Extension, check_fields

_OPEN: Final = (
    "No password: anyone who reaches FreeSWITCH can register and call as this extension. Set one."
)


def field_warnings(extension: Extension) -> Iterator[FieldError]:
    """Yield what is wrong with stored values, each at its field.

    A value that no change could set any more, such as one with an invisible character, stays as
    it is until it is changed itself.
    """
    if extension.authentication == "none":
        yield FieldError("password", _OPEN)
    weak = extension.without_secrets().weak_secrets
    yield from (FieldError(name, weakness) for name, weakness in weak.items())
    shown = (each.name for each in FIELDS if not each.secret)
    yield from check_fields({name: getattr(extension, name) for name in shown})
