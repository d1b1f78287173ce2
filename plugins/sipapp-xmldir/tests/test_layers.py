"""The folders of the package import each other in one direction only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import sipapp_xmldir

LAYERS = ["files", "emulation", "parse", "directory", "write", "health", "(top)"]
"""Each may import those before it and itself."""

PACKAGE = Path(sipapp_xmldir.__file__).parent


def imports() -> Iterator[tuple[str, str]]:
    """Each module of the package, and the modules of the package that it imports."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} has a relative import"
                names = [f"{node.module}.{each.name}" for each in node.names]
            for name in names:
                if name.startswith("sipapp_xmldir"):
                    yield f"sipapp_xmldir.{path.relative_to(PACKAGE).as_posix()}", name


def layer(name: str) -> int:
    folder = name.replace("/", ".").split(".")[1]
    return LAYERS.index(folder if (PACKAGE / folder).is_dir() else "(top)")


def test_no_module_imports_from_a_layer_above_its_own():
    upwards = [(module, name) for module, name in imports() if layer(name) > layer(module)]
    assert upwards == []


def test_every_folder_has_its_layer():
    folders = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert folders == set(LAYERS) - {"(top)"}
