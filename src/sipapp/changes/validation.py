"""Whether changes may be made: the rules of the fields, and the vetoes of plugins."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import cast

from sipapp.hooks.backends import ProposedChange
from sipapp.hooks.manager import Plugins
from sipapp.model.errors import FieldError, InvalidExtension

_ONE = "sipapp_validate_extension"
_MANY = "sipapp_validate_extensions"


class Vetoes:
    """Asks plugins whether changes may be made."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    def of_each(self, changes: Sequence[ProposedChange]) -> Sequence[list[FieldError]]:
        """The objections to each change, in the order of the changes.

        A plugin with the hook for many is called once.  Raises ``CheckFailed`` if a plugin
        fails: a change that could not be checked is not made.
        """
        if not changes:
            return []
        found: list[list[FieldError]] = [[] for _ in changes]
        as_lists = partial(_lists, len(changes))
        for _, lists in self._plugins.require_each(_MANY, as_lists, changes=changes):
            for errors, more in zip(found, lists, strict=True):
                errors.extend(more)
        asked = set(self._plugins.implementers(_MANY))
        for errors, each in zip(found, changes, strict=True):
            for _, more in self._plugins.require_each(
                _ONE, _field_errors, skip=asked, new=each.new, old=each.old
            ):
                errors.extend(more)
        return found

    def check(self, change: ProposedChange) -> None:
        """Raises ``InvalidExtension`` if a plugin objects, and as :meth:`of_each`."""
        (errors,) = self.of_each([change])
        refuse(errors)


def refuse(errors: Iterable[FieldError | None]) -> None:
    """Raise ``InvalidExtension`` if there are errors; ``None`` is none."""
    found = [each for each in errors if each]
    if found:
        raise InvalidExtension(found)


def _lists(count: int, result: Iterable[Iterable[object]]) -> list[list[FieldError]]:
    lists = [_field_errors(each) for each in result]
    if len(lists) != count:
        raise ValueError(f"{_MANY} gave {len(lists)} lists of errors for {count} changes")
    return lists


def _field_errors(result: Iterable[object]) -> list[FieldError]:
    errors = list(result)
    for error in errors:
        if not isinstance(error, FieldError):
            raise TypeError(f"a validator gave {type(error).__name__}, not a FieldError")
    return cast("list[FieldError]", errors)
