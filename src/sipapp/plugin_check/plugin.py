"""An installed plugin as the rules see it: loaded, parsed, with its metadata and project."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, Literal, cast

from sipapp.hooks.backends import Backend
from sipapp.hooks.manager import ENTRY_POINT_GROUP, Plugins
from sipapp.plugin_check.module import Module, read_modules
from sipapp.plugin_check.project import Project, find_project

Kind = Literal["storage", "reload strategy", "plugin"]

NO_SOURCES: Final = (
    "Its sources were not found: a folder above the package with a pyproject.toml, of a package "
    "that RECORD does not list. Install it with pip install -e to have this checked."
)


class SourcesMissing(Exception):
    """A rule needs the project's folder, and the plugin was installed without it."""


@dataclass(frozen=True)
class Offer:
    """A back end that the plugin offers, or the plugin itself if it has options of its own."""

    kind: Kind
    backend: Backend[Any]


@dataclass(frozen=True)
class Plugin:
    """What is known of a plugin.  ``project`` raises ``SourcesMissing`` for a wheel."""

    name: str
    loaded: Plugins
    distribution: Distribution
    package: Path
    """The folder of the package, or the file of a plugin that is one module."""
    project_or_none: Project | None

    @property
    def project(self) -> Project:
        """The project's folder."""
        if self.project_or_none is None:
            raise SourcesMissing(NO_SOURCES)
        return self.project_or_none

    @property
    def plugin_object(self) -> object:
        """What the entry point names: a module, as a rule."""
        return self.loaded.manager.get_plugin(self.name)

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """The core metadata of the distribution, with keys such as ``requires_python``."""
        return self.distribution.metadata.json

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """All modules of the package."""
        files = self.package.rglob("*.py") if self.package.is_dir() else [self.package]
        return read_modules(files, self.package.parent)

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        """The back ends that the plugin offers, and the plugin itself if it has options."""
        return tuple(self._offers())

    @cached_property
    def readme(self) -> str:
        """The README, of a wheel its long description."""
        if self.project_or_none:
            return self.project_or_none.readme
        return str(self.metadata.get("description", ""))

    def _offers(self) -> Iterator[Offer]:
        yield from (Offer("storage", each) for each in self.loaded.storages.values())
        yield from (Offer("reload strategy", each) for each in self.loaded.strategies.values())
        for name, options in self.loaded.options.items():
            yield Offer("plugin", Backend(name, dict, "options of the plugin itself", options))


def load_plugin(name: str) -> Plugin:
    """Load one installed plugin.  Raises ``SettingsError`` if it is not there, or broken."""
    loaded = Plugins.load_only(name)
    (entry_point,) = entry_points(group=ENTRY_POINT_GROUP, name=name)
    distribution = cast(Distribution, entry_point.dist)  # it has one: it was found by it
    file = _top_file(entry_point)
    package = file.parent if file.name == "__init__.py" else file
    return Plugin(name, loaded, distribution, package, find_project(file, distribution))


def _top_file(entry_point: EntryPoint) -> Path:
    """The file of the plugin's topmost package that is one, and no mere namespace."""
    parts = entry_point.module.split(".")
    names = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
    files = (getattr(sys.modules.get(name), "__file__", None) for name in names)
    return Path(next(file for file in files if file))
