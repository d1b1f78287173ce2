"""The examples of writing-plugins.md and testing-plugins.md are run, as a plugin has them."""

import importlib
import os
import re
import subprocess
import sys
import tomllib

from tests.documented.examples import DOCS, example_source

ROOT = DOCS.parent
JSONFILE = ROOT / "tests" / "third_party" / "sipapp-jsonfile"


def blocks(document, language="python"):
    text = (DOCS / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def install(folder):
    """Install the plugin of docs/hooks.md's first example, whose storage is that of jsonfile."""
    package = folder / "my_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(example_source("sipapp_storage_backends"))
    source = (JSONFILE / "src" / "sipapp_jsonfile" / "storage.py").read_text(encoding="utf-8")
    (package / "storage.py").write_text(source.replace("JsonFileStorage", "MyStorage"))
    info = folder / "my_package-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[sipapp]\nmine = my_package.plugin\n")


def test_the_tests_of_the_guide_pass_for_a_plugin(tmp_path):
    install(tmp_path)
    (options,) = blocks("writing-plugins.md", "toml")
    (tmp_path / "pyproject.toml").write_text(options)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_guide.py").write_text("\n\n".join(blocks("testing-plugins.md")))
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-v",
            "-k",
            "update or neighbours or switch_that_is_down or takes_over or TestHooks",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for test in ("TestMyStorage", "TestFolderReload", "TestHooks", "a_switch_that_is_down"):
        assert test in done.stdout


def test_a_page_of_a_plugin_has_the_look_of_the_managers(tmp_path, monkeypatch, make_app, memory):
    package = tmp_path / "my_package"
    package.mkdir()
    (source,) = (each for each in blocks("writing-plugins.md") if "manager_page" in each)
    (link,) = (each for each in blocks("writing-plugins.md") if "AdminLink" in each)
    view, _, routes = source.partition("config.add_route")
    hook = f"@hookimpl\ndef sipapp_configure(config):\n    config.add_route{routes}"
    (package / "__init__.py").write_text(
        "from sipapp.api import AdminLink, hookimpl\n\n"
        + view
        + hook.replace("\nconfig", "\n    config")
        + link
    )
    (template,) = blocks("writing-plugins.md", "html")
    (package / "greeting.pt").write_text(template)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_package", raising=False)
    plugin = importlib.import_module("my_package")
    app = make_app({"sipapp.storage": "memory"}, [memory, plugin], SIP_ADMIN_PASS="s3cret-1")

    app.get("/sip/ext/mine/greeting", status=401)
    app.authorization = ("Basic", ("admin", "s3cret-1"))
    page = app.get("/sip/admin").click("^Greeting$")

    assert "Hello Ada" in page.html.find("main").text
    assert page.html.select_one(".bar-title").text == "Extensions"
    monkeypatch.delitem(sys.modules, "my_package")


def test_the_guide_shows_the_plugin_that_is_tested():
    setup, hook = blocks("writing-plugins.md")[:2]
    (pyproject,) = blocks("writing-plugins.md", "toml")
    assert hook in (JSONFILE / "src/sipapp_jsonfile/plugin.py").read_text(encoding="utf-8")
    assert setup == (JSONFILE / "setup.py").read_text(encoding="utf-8")
    assert pyproject == (JSONFILE / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(pyproject)["tool"]["pytest"]["ini_options"] == {
        "addopts": ["-p", "sipapp.testing.plugin"],
        "testpaths": ["tests"],
    }
