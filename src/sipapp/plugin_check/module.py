"""A Python module as text: its syntax tree, its imports, and what its names stand for."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sipapp.model.errors import SettingsError


@dataclass(frozen=True)
class Module:
    """A module that was parsed and not run; ``shown`` is its path for messages."""

    shown: str
    tree: ast.Module
    origins: Mapping[str, str] = field(init=False)
    """What imported names stand for: ``{"run": "subprocess.run"}``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "origins", dict(self._origins()))

    def nodes(self) -> Iterator[ast.AST]:
        """Each node of the tree."""
        return ast.walk(self.tree)

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Each call, with the full name of what is called."""
        for node in self.nodes():
            if isinstance(node, ast.Call):
                yield self.full_name(node.func), node

    def imports(self) -> Iterator[tuple[str, ast.stmt]]:
        """The full name of everything that is imported; not from its own package by dots."""
        for node in self.nodes():
            if isinstance(node, ast.Import):
                yield from ((alias.name, node) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)

    def classes(self) -> Iterator[ast.ClassDef]:
        """Each class, also one within a function."""
        return (node for node in self.nodes() if isinstance(node, ast.ClassDef))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Each function and method, also one within a function."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return (node for node in self.nodes() if isinstance(node, kinds))

    def full_name(self, node: ast.AST) -> str:
        """``subprocess.run`` for what was imported as that; empty for what has no name."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.full_name(node.value)}.{node.attr}"
        return ""

    def at(self, node: ast.stmt | ast.expr) -> str:
        """File and line of a node, for messages."""
        return f"{self.shown}:{node.lineno}"

    def _origins(self) -> Iterator[tuple[str, str]]:
        for node in self.nodes():
            if isinstance(node, ast.Import):
                yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
            elif isinstance(node, ast.ImportFrom):
                source = "." * node.level + (node.module or "")
                for alias in node.names:
                    yield alias.asname or alias.name, f"{source}.{alias.name}"


def read_modules(files: Iterable[Path], folder: Path) -> tuple[Module, ...]:
    """Parse files of a folder.  Raises ``SettingsError`` for one that is not Python."""
    return tuple(_read_module(file, str(file.relative_to(folder))) for file in sorted(files))


def _read_module(file: Path, shown: str) -> Module:
    try:
        return Module(shown, ast.parse(file.read_bytes()))
    except (SyntaxError, ValueError) as error:
        raise SettingsError(f"{shown} of the plugin is not Python: {error}.") from error
