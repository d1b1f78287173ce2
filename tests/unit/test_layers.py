"""Imports go downwards only: a module of a layer imports from its own and from those below."""

import ast
from pathlib import Path

import pytest

import sipapp

ROOT = Path(sipapp.__file__).parent

# From the bottom to the top, as docs/architecture.md draws them.
LAYERS = [
    ["model"],
    ["settings", "concurrency", "files", "state", "storages"],
    ["switches"],
    ["freeswitch", "hooks", "history"],
    ["changes"],
    ["accounts"],
    ["phone"],
    ["doctor"],
    ["web"],
    ["app"],
    ["cli", "__init__", "api"],
    ["testing"],
]
LEVEL = {package: level for level, layer in enumerate(LAYERS) for package in layer}


def imported(file):
    """The packages of ours that a module imports, with the line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("sipapp."):
                yield name.split(".")[1], node.lineno


def package_of(file):
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize(
    "file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_a_module_imports_from_its_own_layer_and_those_below(file):
    own = package_of(file)
    for package, line in imported(file):
        allowed = package == own or LEVEL[package] < LEVEL[own]
        assert allowed, f"{file}:{line}: {own} must not import {package}"
