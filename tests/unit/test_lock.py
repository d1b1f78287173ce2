"""``requirements.lock``: what a production server installs fits the ranges of ``setup.py``."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
ENTRIES = [
    entry.replace("\\\n", " ")
    for entry in re.findall(
        r"(?m)^[^\s#](?:.*\\\n)*.*$", (ROOT / "requirements.lock").read_text(encoding="utf-8")
    )
]
LOCKED = {
    canonicalize_name(name): version
    for name, version in (re.match(r"([\w.-]+)==(\S+)", entry).groups() for entry in ENTRIES)
}


def required():
    """The dependencies by ``setup.py``, and what builds the server with them."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    (listed,) = (
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.keyword) and each.arg == "install_requires"
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [*ast.literal_eval(listed), *project["build-system"]["requires"]]


@pytest.mark.parametrize("text", required())
def test_the_locked_version_is_in_the_range(text):
    requirement = Requirement(text)
    locked = LOCKED.get(canonicalize_name(requirement.name))
    assert locked, f"{requirement.name} is not locked: run make lock"
    assert locked in requirement.specifier, f"{requirement} is locked at {locked}: run make lock"


@pytest.mark.parametrize("entry", ENTRIES, ids=LOCKED)
def test_each_dependency_has_hashes_and_no_address(entry):
    requirement, *hashes = entry.split(" --hash=")
    assert "://" not in requirement
    assert hashes
    for each in hashes:
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip())
