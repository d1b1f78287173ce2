"""The names by which a switch finds extensions, beside their ids."""

import hashlib
from collections.abc import ItemsView, Mapping
from functools import cached_property
from typing import Final

from sipapp.model.extension import fold_id


class Aliases:
    """The aliases that lead a switch to an extension, each with its id.  Immutable.

    An alias may be the id of another extension, which the switch does not find by it then:
    of two users that answer to one name it takes one.
    """

    def __init__(self, ids: Mapping[str, str]) -> None:
        """``ids`` has the id of the extension that is found by each alias."""
        self._by_alias = dict(ids)
        self._ids = {fold_id(alias): extension_id for alias, extension_id in ids.items()}
        self._aliases: dict[str, list[str]] = {}
        for alias, extension_id in ids.items():
            self._aliases.setdefault(fold_id(extension_id), []).append(alias)

    def items(self) -> ItemsView[str, str]:
        """The aliases as they are spelt, each with the id that it leads to."""
        return self._by_alias.items()

    def __bool__(self) -> bool:
        return bool(self._ids)

    def __contains__(self, name: str) -> bool:
        """Whether this is the alias of an extension."""
        return fold_id(name) in self._ids

    def id_of(self, name: str) -> str:
        """The id of the extension that is found by a name; a name that is no alias is an id."""
        return self._ids.get(fold_id(name), name)

    def names_of(self, extension_id: str) -> tuple[str, ...]:
        """All names by which an extension is found: its id, unless that leads to another one."""
        own = () if extension_id in self else (extension_id,)
        return (*own, *self._aliases.get(fold_id(extension_id), ()))

    @cached_property
    def version(self) -> str:
        """A mark of all of them, for ``ETag``."""
        return hashlib.sha256(repr(sorted(self._ids.items())).encode()).hexdigest()[:16]


NO_ALIASES: Final = Aliases({})
"""Where ids are the only names."""
