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

    @cached_property
    def pyproject(self) -> Mapping[str, Any]:
        """What pyproject.toml says; empty if there is none.  Raises ``SettingsError``."""
        file = self.folder / "pyproject.toml"
        try:
            return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file} is not TOML: {error}") from error

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
        tool = self.pyproject.get("tool", {})
        exempt = tool.get("sipapp", {}).get("exempt", {})
        where = f"[tool.sipapp.exempt] of {self.folder / 'pyproject.toml'}"
        for rule, reason in exempt.items():
            if rule not in rules:
                raise SettingsError(f"{where} names {rule!r}, which is no rule.")
            if not (isinstance(reason, str) and reason.strip()):
                raise SettingsError(f"{where} has no reason for {rule}: give one, as a text.")
        return dict(exempt)


def find_project(module: Path, distribution: Distribution) -> Project | None:
    """The project that a module was installed from, if its folder is still in use.

    ``None`` for an installed wheel: its record lists the module.
    """
    if any(Path(str(file.locate())) == module for file in distribution.files or ()):
        return None
    folders = (
        folder
        for folder in module.parents
        if any((folder / name).exists() for name in _PROJECT_FILES)
    )
    return next(map(Project, folders), None)
