"""Distributions as people build and install them."""

import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest
from build import ProjectBuilder
from pyproject_hooks import quiet_subprocess_runner

ROOT = Path(__file__).parents[2]
WHEELHOUSE = ROOT / "var" / "wheelhouse"


class Environment:
    """A virtual environment of its own, with nothing of this one in it."""

    def __init__(self, folder):
        venv.create(folder)
        self.folder = folder
        self.python = folder / "bin" / "python"

    def run(self, program, *arguments, **options):
        return run(self.folder / "bin" / program, *arguments, **options)

    def install(self, *what):
        run(sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet", *what)


def run(*command, **options):
    """Run a program and return what it printed; when it fails, the test says why."""
    # `make test` fills a folder with all wheels that are needed: no network, and quick.
    # Without that folder pip asks its usual index.
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELHOUSE)} if WHEELHOUSE.exists() else {}
    # Nor is anything of this source tree in reach.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environ | local, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Build a folder's source archive, and from that its wheel; returns the wheel.

    All are built in one environment that has what the core declares to need for it, and no more.
    """
    builder = Environment(tmp_path_factory.mktemp("builder"))
    builder.install(*ProjectBuilder(ROOT).build_system_requires)
    built = {}

    def build_once(folder):
        if folder not in built:
            out = tmp_path_factory.mktemp("dist")
            archive = Path(build_one(builder, folder, "sdist", out))
            with tarfile.open(archive) as packed:
                packed.extractall(out, filter="data")
            unpacked = out / archive.name.removesuffix(".tar.gz")
            built[folder] = Path(build_one(builder, unpacked, "wheel", out))
        return built[folder]

    return build_once


def build_one(builder, folder, distribution, out):
    project = ProjectBuilder(
        folder, python_executable=str(builder.python), runner=quiet_subprocess_runner
    )
    missing = project.build_system_requires - ProjectBuilder(ROOT).build_system_requires
    # The latter is what goes for a folder without a pyproject.toml.
    assert missing <= {"setuptools >= 40.8.0"}, f"{folder.name} needs more to be built"
    return project.build(distribution, out)


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("environment"))
