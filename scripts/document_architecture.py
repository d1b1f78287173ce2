"""Draw the layers of docs/architecture.md from the imports.

``python scripts/document_architecture.py`` draws them anew; with ``--check`` it only says, by
its exit status, whether they are as the imports are.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SOURCE: Final = ROOT / "src" / "sipapp"
DOCUMENT: Final = ROOT / "docs" / "architecture.md"
BEGIN: Final = "<!-- drawn by scripts/document_architecture.py -->\n"
END: Final = "<!-- end of the drawing -->\n"

LAYERS: Final = (
    ("testing",),
    ("__init__", "api", "cli"),
    ("plugin_check",),
    ("app",),
    ("web",),
    ("doctor",),
    ("phone",),
    ("accounts",),
    ("changes",),
    ("freeswitch", "hooks", "history"),
    ("switches",),
    ("settings", "concurrency", "files", "state", "storages"),
    ("model",),
)
"""From top to bottom: a package imports from those in lower layers only."""
LEVEL: Final[Mapping[str, int]] = {
    package: level for level, layer in enumerate(LAYERS) for package in layer
}


def main(arguments: list[str]) -> int:
    """Draw, or compare."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = before + BEGIN + drawing() + END + after
    if arguments == ["--check"]:
        if text != wanted:
            print("docs/architecture.md: run python scripts/document_architecture.py")
        return int(text != wanted)
    DOCUMENT.write_text(wanted, encoding="utf-8")
    return 0


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """The packages of sipapp that a module imports from, each with the line."""
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


def package_of(file: Path) -> str:
    """The package or top-level module that a file belongs to."""
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def drawing() -> str:
    """The layers in Mermaid's language; an arrow that follows from others is left out."""
    used: dict[str, set[str]] = {package: set() for package in LEVEL}
    for file in SOURCE.rglob("*.py"):
        used[package_of(file)] |= {package for package, _ in imports(file)} - {package_of(file)}
    lines = ["```mermaid", "flowchart TD"]
    for number, layer in enumerate(LAYERS):
        names = " ~~~ ".join(f"{package}[{label(package)}]" for package in layer)
        lines += [f"  subgraph layer{number}[ ]", f"    {names}", "  end"]
    for package in LEVEL:
        direct = used[package] - {
            below for other in used[package] for below in reached(other, used)
        }
        lines += [
            f"  {package} --> {below}"
            for below in sorted(direct, key=lambda name: (LEVEL[name], name))
        ]
    return "\n".join([*lines, "```", ""])


def reached(package: str, used: Mapping[str, set[str]]) -> set[str]:
    """All that a package imports from, directly or by way of others."""
    return used[package].union(*(reached(below, used) for below in used[package]))


def label(package: str) -> str:
    """What the drawing calls a package, with the number of its modules."""
    folder = SOURCE / package
    if not folder.is_dir():
        return "sipapp" if package == "__init__" else f"{package}.py"
    return f"{package}/"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
