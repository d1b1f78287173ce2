"""Each wheel is complete: what its package has in the source tree, and nothing else."""

from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = [ROOT, *sorted((ROOT / "plugins").glob("sipapp-*"))]


def source_files(folder):
    (package,) = (each.parent for each in folder.glob("src/*/__init__.py"))
    return {
        str(file.relative_to(folder / "src"))
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_the_wheel_has_all_files_of_its_package(build, folder):
    with ZipFile(build(folder)) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == source_files(folder)
    assert any(name.endswith("/py.typed") for name in packed)


def test_the_wheel_of_the_core_brings_pages_api_and_front_end(build):
    with ZipFile(build(ROOT)) as wheel:
        packed = wheel.namelist()
    for name in (
        "sipapp/openapi.yaml",
        "sipapp/templates/phone.pt",
        "sipapp/static/.vite/manifest.json",
    ):
        assert name in packed
