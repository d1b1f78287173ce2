"""Distributions as people build and install them."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHEELHOUSE = ROOT / "var" / "wheelhouse"


class Environment:
    """A virtual environment of its own, with nothing of this one in it."""

    def __init__(self, folder):
        venv.create(folder, with_pip=True)
        self.folder = folder

    def run(self, program, *arguments, **options):
        return run(self.folder / "bin" / program, *arguments, **options)

    def install(self, *what):
        self.run("python", "-m", "pip", "install", "--quiet", *what)


def run(*command, **options):
    """Run a program and return what it printed; when it fails, the test says why."""
    # `make test` fills a folder with all wheels that are needed: no network, and quick.
    # Without that folder pip asks its usual index.
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELHOUSE)} if WHEELHOUSE.exists() else {}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | local, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Build a folder's source archive, and from that its wheel; returns the wheel."""
    built = {}

    def build_once(folder):
        if folder not in built:
            out = tmp_path_factory.mktemp("dist")
            run(sys.executable, "-m", "build", "--outdir", out, folder)
            (built[folder],) = out.glob("*.whl")
        return built[folder]

    return build_once


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("environment"))
