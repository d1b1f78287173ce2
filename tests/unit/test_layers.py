"""Imports go downwards only: a package imports from those in lower layers."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "document_architecture.py"
DRAWN = runpy.run_path(str(SCRIPT))
SOURCE, LEVEL = DRAWN["SOURCE"], DRAWN["LEVEL"]


@pytest.mark.parametrize(
    "file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE))
)
def test_a_module_imports_from_its_own_package_and_lower_layers(file):
    own = DRAWN["package_of"](file)
    for package, line in DRAWN["imports"](file):
        allowed = package == own or LEVEL[package] > LEVEL[own]
        assert allowed, f"{file}:{line}: {own} must not import {package}"


def test_the_drawing_is_as_the_imports_are():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
