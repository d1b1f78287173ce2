"""Users of the same domain who stand beside the directory, and are shown only."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sipapp.api import Extension, ExtensionExists, fold_id
from sipapp_xmldir.directory.file_names import IdConflict
from sipapp_xmldir.directory.snapshot import Snapshot
from sipapp_xmldir.health.domain import Domain


class _Found(NamedTuple):
    domain: Domain
    by_name: Mapping[str, Extension]
    """By folded id and alias."""
    extensions: Sequence[Extension]


class _Listed(NamedTuple):
    found: _Found
    inside: Sequence[Extension]
    extensions: Sequence[Extension]


class OutsideUsers:
    """The users of a domain who are not in files of the directory of ``path``.

    ``domain`` gives what the files around the directory say; the same object until they change.
    """

    def __init__(self, path: Path, domain: Callable[[], Domain]) -> None:
        self._path = path
        self._domain = domain
        self._found = self._read(Domain())
        self._listed = _Listed(self._found, (), ())

    def with_others(self, snapshot: Snapshot) -> Sequence[Extension]:
        """All extensions of a snapshot, and these; the same object as long as nothing changes."""
        found, inside = self._now(), snapshot.extensions
        if not found.extensions:
            return inside
        listed = self._listed
        if listed.found is not found or listed.inside is not inside:
            more = [each for each in found.extensions if snapshot.find(each.id) is None]
            listed = self._listed = _Listed(found, inside, (*inside, *more))
        return listed.extensions

    def find(self, extension_id: str) -> Extension | None:
        """The extension of an id."""
        return self.find_many([extension_id]).get(extension_id)

    def find_many(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        """The extensions of those of the ids that are these users', by the ids as given."""
        if not extension_ids:
            return {}
        # Once for all of them: the files around the directory are looked at.
        by_name = self._now().by_name
        found = ((each, by_name.get(fold_id(each))) for each in extension_ids)
        return {
            each: extension
            for each, extension in found
            if extension and fold_id(extension.id) == fold_id(each)
        }

    def refuse_taken(self, user: Extension, old: Sequence[str]) -> None:
        """Refuse an id or alias that is one of these users', unless it is among the ``old`` names.

        Raises ``ExtensionExists``.
        """
        by_name, had = self._now().by_name, {fold_id(each) for each in old}
        for name in user.names:
            other = by_name.get(fold_id(name))
            if other is None or fold_id(name) in had:
                continue
            if fold_id(user.id) == fold_id(other.id):
                raise ExtensionExists(user.id)
            raise IdConflict(user.id, f"{other.source} has a user with {name} as id or alias.")

    def _now(self) -> _Found:
        domain = self._domain()
        if self._found.domain is not domain:
            self._found = self._read(domain)
        return self._found

    def _read(self, domain: Domain) -> _Found:
        extensions = [
            Extension(
                each.id,
                aliases=(each.alias,) if each.alias else (),
                source=each.place.file,
                read_only=f"{Path(each.place.file).name} has this user in line {each.place.line}, "
                f"and not a file of {self._path}. Move it into one by hand.",
            )
            for each in domain.outside
        ]
        by_name: dict[str, Extension] = {}
        for each in extensions:
            for name in each.names:
                by_name.setdefault(fold_id(name), each)
        first = [each for each in extensions if by_name[fold_id(each.id)] is each]
        return _Found(domain, by_name, first)
