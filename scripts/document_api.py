"""Write what plugins may import: docs/api/*.api.txt to be reviewed, docs/api.md to be read.

``python scripts/document_api.py`` writes them; with ``--check`` it only says, by its exit
status, whether they are as the code is.
"""

import ast
import dataclasses
import enum
import importlib
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, Final, get_args

DOCS: Final = Path(__file__).parents[1] / "docs"
MODULES: Final = ("sipapp.api", "sipapp.freeswitch.api")
NOTES: Final[dict[str, str]] = {}
"""What is said below constants, by their names."""
_QUALIFIED: Final = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Z])")
_QUOTED: Final = re.compile(r"""((?:: |-> ))'([^']*)'""")
"""An annotation that is a text."""
_ROLE: Final = re.compile(r":[a-z]+:`~?([^`]+)`")


def main(arguments: list[str]) -> int:
    """Write the documents, or compare them."""
    wanted = {DOCS / "api.md": page()}
    for name in MODULES:
        wanted[DOCS / "api" / f"{name}.txt"] = listing(importlib.import_module(name))
    if arguments != ["--check"]:
        for file, text in wanted.items():
            file.write_text(text, encoding="utf-8")
        return 0
    stale = [file for file, text in wanted.items() if not is_current(file, text)]
    for file in stale:
        print(f"{file} is not as the code is: run python scripts/document_api.py")
    return int(bool(stale))


def is_current(file: Path, text: str) -> bool:
    """Whether a file has this text."""
    return file.exists() and file.read_text(encoding="utf-8") == text


def listing(module: ModuleType) -> str:
    """All names of a module, a line each, and below a class its members."""
    lines = [f"{module.__name__}: {summary(module)}", ""]
    for name in public(module):
        lines.extend(entry(name, getattr(module, name)))
    return "\n".join([*lines, ""])


def page() -> str:
    """The same as Markdown, grouped by where it is from, with whole docstrings."""
    lines = ["# The API for plugins", "", "Written by `scripts/document_api.py`.", ""]
    for module in map(importlib.import_module, MODULES):
        lines += [f"Everything here is imported from `{module.__name__}`.", ""]
        for origin, names in by_origin(module).items():
            lines += [f"## {origin.rstrip('.')}", ""]
            for name in names:
                lines.extend(section(name, getattr(module, name)))
    return "\n".join(lines)


def public(module: ModuleType) -> Iterable[str]:
    """What a module exports, in the order of the alphabet."""
    return sorted(module.__all__, key=str.casefold)


def by_origin(module: ModuleType) -> dict[str, list[str]]:
    """The names by the summary of the module that defines them."""
    imported = {
        alias.name: node.module
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    found: dict[str, list[str]] = {}
    for name in public(module):
        origin = sys.modules[imported.get(name, module.__name__)]
        found.setdefault(summary(origin), []).append(name)
        if name in imported:
            NOTES.setdefault(name, notes(origin).get(name, ""))
    return dict(sorted(found.items()))


def notes(module: ModuleType) -> dict[str, str]:
    """What stands below each constant of a module."""
    body = ast.parse(inspect.getsource(module)).body
    return {
        target.id: inspect.cleandoc(below.value.value)
        for node, below in pairwise(body)
        for target in (
            node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", 0)]
        )
        if isinstance(target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def entry(name: str, value: Any) -> Iterator[str]:
    """The lines of one name in the listing."""
    if inspect.isclass(value):
        yield described(f"class {name}{bases(value)}", value)
        for member, text in members(value):
            yield f"    {described(text, member)}"
    elif inspect.isroutine(value):
        yield described(f"def {name}{signature(value)}", value)
    else:
        yield f"{name} = {shown(value)}"


def section(name: str, value: Any) -> Iterator[str]:
    """The paragraphs of one name in the page."""
    yield f"### `{name}`"
    yield ""
    lines = [line.split("  # ")[0] for line in entry(name, value)]
    yield from ("```python", *lines, "```", "")
    if inspect.isclass(value) or inspect.isroutine(value):
        yield from (*prose(value), "")
    elif NOTES.get(name):
        yield from (*markdown(NOTES[name]), "")
    if inspect.isclass(value):
        for member, text in members(value):
            found = prose(member)
            if found:
                yield from (f"**`{re.split('[(:]', text)[0].removeprefix('def ')}`**: {found[0]}",)
                yield from (*found[1:], "")


def members(value: type) -> Iterator[tuple[Any, str]]:
    """The public members of a class, each with its text."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield None, f"{field.name}: {annotation(field.type)}{default(field)}"
    if issubclass(value, enum.Enum):
        for member in value:
            yield None, f"{member.name} = {member.value!r}"
    for name, member in vars(value).items():
        is_made = name == "__init__" and not (
            dataclasses.is_dataclass(value) or getattr(value, "_is_protocol", False)
        )
        if name.startswith("_") and not is_made:
            continue
        if isinstance(member, property):
            yield member, f"{name}: {annotation(inspect.signature(member.fget).return_annotation)}"  # type: ignore[arg-type]
        elif isinstance(member, classmethod | staticmethod):
            yield member, f"def {name}{signature(getattr(value, name))}"
        elif inspect.isfunction(member):
            yield member, f"def {name}{signature(member)}"


def bases(value: type) -> str:
    """The base classes that say something."""
    names = [base.__name__ for base in value.__bases__ if base not in {object, enum.StrEnum}]
    return f"({', '.join(names)})" if names else ""


def default(field: "dataclasses.Field[Any]") -> str:
    """The default of a field, as one would write it."""
    if field.default is not dataclasses.MISSING:
        return f" = {shown(field.default)}"
    if field.default_factory is not dataclasses.MISSING:
        return f" = {field.default_factory()!r}"
    return ""


def signature(value: Any) -> str:
    """A signature without the modules that the types are from."""
    text = _QUOTED.sub(r"\1\2", str(inspect.signature(value)))
    return _QUALIFIED.sub("", text)


def annotation(value: Any) -> str:
    """A type, as one would write it."""
    text = value if isinstance(value, str) else inspect.formatannotation(value)
    return _QUALIFIED.sub("", text.strip("'\""))


def shown(value: Any) -> str:
    """A constant: its value if it is short, else its type; the choices of a literal."""
    if get_args(value):
        return annotation(value)
    text = repr(value)
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return text
    return text if len(text) <= 60 and " at 0x" not in text else f"<{type(value).__name__}>"


def described(text: str, value: Any) -> str:
    """With the first sentence of what is said about it."""
    said = summary(value)
    return f"{text}  # {said}" if said else text


def summary(value: Any) -> str:
    """The first line of a docstring."""
    return prose(value)[0] if prose(value) else ""


def prose(value: Any) -> list[str]:
    """A docstring of its own, as lines of Markdown."""
    doc = getattr(value, "__doc__", None)
    if not doc or (dataclasses.is_dataclass(value) and doc.startswith(f"{value.__name__}(")):  # type: ignore[union-attr]
        return []
    return markdown(inspect.cleandoc(doc))


def markdown(text: str) -> list[str]:
    """The lines of a docstring, with Markdown's quotes around code."""
    return [_ROLE.sub(r"`\1`", line).replace("``", "`") for line in text.splitlines()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
