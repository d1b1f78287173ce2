"""The project's folder of a plugin: pyproject.toml, README, tests and exemptions."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any, Final

from sipapp.model.errors import SettingsError
from sipapp.plugin_check.module import Module, read_modules

_PROJECT_FILES: Final = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True)
class Project:
    """The folder that an editable install leads to."""

    folder: Path

    def table(self, *keys: str) -> Mapping[str, Any]:
        """A table of pyproject.toml; empty if it is not there.

        Raises ``SettingsError`` if the file is not TOML, or has something else there.
        """
        found = self._pyproject
        for number, key in enumerate(keys, start=1):
            found = found.get(key, {})
            if not isinstance(found, dict):
                name = ".".join(keys[:number])
                raise SettingsError(f"{name} of {self._pyproject_file} must be a table, [{name}].")
        return found

    @cached_property
    def tests(self) -> tuple[Module, ...]:
        """All modules of the folder ``tests``."""
        return read_modules((self.folder / "tests").rglob("*.py"), self.folder)

    @cached_property
    def readme(self) -> str:
        """The text of the README; empty if there is none."""
        files = sorted(self.folder.glob("README*"))
        return files[0].read_text(encoding="utf-8", errors="replace") if files else ""

    def exemptions(self, rules: frozenset[str]) -> Mapping[str, str]:
        """The rules that the plugin is exempt from, with the reasons.

        Raises ``SettingsError`` for a rule that does not exist and for an empty reason.
        """
        exempt = self.table("tool", "sipapp", "exempt")
        where = f"[tool.sipapp.exempt] of {self._pyproject_file}"
        for rule, reason in exempt.items():
            if rule not in rules:
                raise SettingsError(f"{where} names {rule!r}, which is no rule.")
            if not (isinstance(reason, str) and reason.strip()):
                raise SettingsError(f"{where} has no reason for {rule}: give one, as a text.")
        return exempt

    @property
    def _pyproject_file(self) -> Path:
        return self.folder / "pyproject.toml"

    @cached_property
    def _pyproject(self) -> dict[str, Any]:
        file = self._pyproject_file
        try:
            return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file} is not TOML: {error}.") from error


def find_project(module: Path, distribution: Distribution) -> Project | None:
    """The project that a module was installed from, if its folder is still in use.

    ``None`` for an installed wheel: its record lists the module.
    """
    recorded = (file for file in distribution.files or () if file.name == module.name)
    if any(Path(str(file.locate())).resolve() == module.resolve() for file in recorded):
        return None
    folders = (
        folder
        for folder in module.parents
        if any((folder / name).exists() for name in _PROJECT_FILES)
    )
    return next(map(Project, folders), None)
