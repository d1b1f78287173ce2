"""Somebody else's storage, installed by pip beside an unchanged sipapp."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "third_party" / "sipapp-jsonfile"


def test_a_third_party_storage_works_in_an_environment_of_its_own(build, environment, tmp_path):
    environment.install(f"{build(ROOT)}[testing]", build(PLUGIN))
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
    for test in (PLUGIN / "tests").glob("*.py"):
        (tmp_path / test.name).write_bytes(test.read_bytes())
    said = environment.run(
        "python", "-m", "pytest", "-q", "-p", "sipapp.testing.plugin", ".", cwd=tmp_path
    )
    assert " passed" in said
    assert "failed" not in said
