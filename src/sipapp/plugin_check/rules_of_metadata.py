"""Rules on how a plugin is packaged."""

import re
from collections.abc import Iterator
from typing import Final

from sipapp.hooks.manager import ENTRY_POINT_GROUP
from sipapp.plugin_check.plugin import Plugin

_REQUIREMENT: Final = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?(?P<versions>[^;)]*)\)?\s*(?P<marker>;.*)?"
)
_LOWER: Final = re.compile(r">=?|~=|==[^,]*\*")
_UPPER: Final = re.compile(r"<=?|~=|==[^,]*\*")


def entry_point(plugin: Plugin) -> Iterator[str]:
    """Its distribution has one entry point in the group sipapp."""
    names = [
        each.name for each in plugin.distribution.entry_points if each.group == ENTRY_POINT_GROUP
    ]
    if len(names) > 1:
        yield f"It has {', '.join(names)}. Offer everything from one module."


def build_system(plugin: Plugin) -> Iterator[str]:
    """Its pyproject.toml declares the build system."""
    declared = plugin.project.table("build-system")
    for key in ("requires", "build-backend"):
        if not declared.get(key):
            yield f"[build-system] has no {key}: give it in pyproject.toml."


def requires_python(plugin: Plugin) -> Iterator[str]:
    """Its metadata says which versions of Python it needs."""
    if ">" not in str(plugin.metadata.get("requires_python", "")):
        yield "Give requires-python the oldest version, such as >=3.11."


def requires_sipapp(plugin: Plugin) -> Iterator[str]:
    """It depends on sipapp, from one version up to another."""
    versions = dict(_requirements(plugin)).get("sipapp")
    if versions is None:
        yield "sipapp is not among its dependencies: add sipapp>=0.1,<1."
    elif not _is_range(versions):
        yield f"It depends on sipapp{versions}: give both bounds, such as >=0.1,<1."


def dependency_ranges(plugin: Plugin) -> Iterator[str]:
    """Each of its other dependencies has a range of versions."""
    for name, versions in _requirements(plugin):
        if name != "sipapp" and not _is_range(versions):
            yield f"It depends on {name}{versions}: give both bounds, such as >=2.1,<3."


def licence(plugin: Plugin) -> Iterator[str]:
    """Its metadata states the licence."""
    classifiers = plugin.metadata.get("classifier", ())
    if not (
        plugin.metadata.get("license_expression")
        or plugin.metadata.get("license")
        or any(each.startswith("License ::") for each in classifiers)
    ):
        yield "Give license, such as MIT, in pyproject.toml or setup.py."


def readme(plugin: Plugin) -> Iterator[str]:
    """Its long description is its README."""
    if not plugin.readme.strip():
        yield "It has no README: write README.md."
    if not str(plugin.metadata.get("description", "")).strip():
        yield "Give readme in pyproject.toml, or long_description in setup.py."
    elif not plugin.metadata.get("description_content_type"):
        yield "Give long_description_content_type in setup.py, such as text/markdown."


def typed(plugin: Plugin) -> Iterator[str]:
    """Its package ships py.typed."""
    if not (plugin.package / "py.typed").is_file():
        yield (
            f"Put an empty file py.typed into the package {plugin.package.stem}, and name it in "
            "package_data."
        )


def _requirements(plugin: Plugin) -> Iterator[tuple[str, str]]:
    """Names and versions of what it needs; without its extras."""
    for text in plugin.distribution.requires or ():
        found = _REQUIREMENT.match(text)
        if found and "extra ==" not in (found["marker"] or ""):
            yield re.sub(r"[-_.]+", "-", found["name"]).lower(), found["versions"].strip()


def _is_range(versions: str) -> bool:
    return bool(_LOWER.search(versions) and _UPPER.search(versions))
