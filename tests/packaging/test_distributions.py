"""What people install: each wheel is complete, and somebody else's storage works beside ours.

In one file, so that one process runs all of it, and each wheel is built once.
"""

import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "third_party" / "sipapp-jsonfile"
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
        "sipapp/web/openapi/manager.yaml",
        "sipapp/web/templates/phone.pt",
        "sipapp/static/.vite/manifest.json",
    ):
        assert name in packed


def test_a_third_party_storage_works_in_an_environment_of_its_own(build, environment, tmp_path):
    environment.install(build(ROOT), f"{build(PLUGIN)}[testing]")
    ini = tmp_path / "my.ini"
    ini.write_text(
        "[app:main]\nuse = egg:sipapp\nsipapp.storage = jsonfile\n"
        "sipapp.storage.jsonfile.file = %(here)s/extensions.json\n",
        encoding="utf-8",
    )

    listed = environment.run("sipapp", "plugins", ini, cwd=tmp_path)

    assert "jsonfile: sipapp_storage_backends" in listed
    assert "storage jsonfile (active)" in listed
    # Its own tests, admin pages and the contract suite among them, run there. They are
    # copied, so that nothing of this source tree is in reach.
    shutil.copytree(PLUGIN / "tests", tmp_path / "tests")
    shutil.copy(PLUGIN / "pyproject.toml", tmp_path)
    said = environment.run("python", "-m", "pytest", "-q", cwd=tmp_path)
    assert " passed" in said
    assert "failed" not in said
