"""``sipapp plugins check``, as the author of a plugin sees it; our own plugins pass it."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from tests.unit.made_up_plugin import NAME, MadeUpPlugin

from sipapp.cli.main import main
from sipapp.plugin_check import audit
from sipapp.plugin_check.check import RULES

ROOT = Path(__file__).parents[2]
OURS = {
    entry_point.name
    for entry_point in entry_points(group="sipapp")
    if entry_point.dist.name in {folder.name for folder in (ROOT / "plugins").iterdir()}
}


@pytest.fixture
def acme(tmp_path):
    made = MadeUpPlugin(tmp_path)
    yield made
    made.forget()


@pytest.fixture
def jsonfile(tmp_path, monkeypatch):
    """The example of a third party, installed from a copy of its folder by its own setup.py."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "tests" / "third_party" / "sipapp-jsonfile", project)
    command = [sys.executable, "setup.py", "--quiet", "egg_info"]
    subprocess.run(command, cwd=project, check=True, capture_output=True, timeout=60)
    monkeypatch.syspath_prepend(str(project / "src"))
    yield
    for module in [each for each in sys.modules if each.split(".")[0] == "sipapp_jsonfile"]:
        del sys.modules[module]


def test_all_of_our_plugins_are_checked():
    assert len(OURS) == len(list((ROOT / "plugins").glob("sipapp-*")))


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_plugins_keep_the_rules(name, capsys):
    status = main(["plugins", "check", name])
    said = capsys.readouterr().out
    assert status == 0, said
    assert "needless" not in said


def test_the_example_of_a_third_party_keeps_the_rules(jsonfile, capsys):
    status = main(["plugins", "check", "jsonfile"])
    said = capsys.readouterr().out
    assert status == 0, said
    assert said.endswith(f"{len(RULES)} done, 0 exempt, 0 missing.\n")


def test_each_rule_has_a_line_with_what_to_do(acme, monkeypatch, capsys):
    acme.append("pyproject.toml", '[tool.sipapp.exempt]\nno-print = "Acme reads it."\n')
    acme.edit("plugin.py", "log.warning(", "print(")
    acme.delete("py.typed")
    acme.install(monkeypatch)

    assert main(["plugins", "check", NAME]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert "done    hooks: " in "\n".join(lines)
    assert lines[lines.index("exempt  no-print: It does not print.") + 1].strip() == (
        "Acme reads it."
    )
    after = lines[lines.index("missing typed: Its package ships py.typed.") + 1]
    assert after.strip().startswith("Put an empty file py.typed into the package sipapp_acme")
    assert lines[-1] == f"{len(RULES) - 2} done, 1 exempt, 1 missing."


def test_programs_get_json(acme, monkeypatch, capsys):
    acme.delete("py.typed")
    acme.install(monkeypatch)

    assert main(["plugins", "check", "--json", NAME]) == 1

    told = json.loads(capsys.readouterr().out)
    assert told["plugin"] == NAME
    assert [each["rule"] for each in told["rules"]] == list(RULES)
    (missing,) = (each for each in told["rules"] if each["answer"] == "missing")
    assert missing["rule"] == "typed"
    assert missing["asks"] == "Its package ships py.typed."
    assert missing["details"]


def test_a_plugin_that_is_not_there_is_one_line(capsys):
    assert main(["plugins", "check", "nosuch"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sipapp: There is no plugin named 'nosuch'. Installed: ")
    assert all(name in line for name in OURS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import not_there\n", "Plugin 'acme' of sipapp-acme cannot be loaded: ModuleNotFound"),
        (
            "@hookimpl\ndef sipapp_health_checks(request: object) -> None: ...\n",
            "Plugin 'acme' does not fit: ",
        ),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_one_line(acme, monkeypatch, capsys, text, words):
    acme.append("plugin.py", text)
    acme.install(monkeypatch)

    assert main(["plugins", "check", NAME]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"sipapp: {words}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time.sleep(600)", "was not imported within 0.1 s."),
        ("raise RuntimeError('twice')", "cannot be imported in a new process: Plugin 'acme' of "),
        ("os._exit(3)", "cannot be imported in a new process: status 3"),
    ],
)
def test_a_plugin_that_can_be_imported_here_only_is_one_line(
    acme, monkeypatch, capsys, text, words
):
    acme.append(
        "plugin.py",
        f"import os\nimport time\n\nif os.getpid() != int(os.environ['HERE']):\n    {text}\n",
    )
    acme.install(monkeypatch)
    monkeypatch.setenv("HERE", str(os.getpid()))
    if "sleep" in text:
        monkeypatch.setattr(audit, "TIME_LIMIT_SECONDS", 0.1)

    assert main(["plugins", "check", NAME]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_two_plugins_of_one_name_are_one_line(acme, monkeypatch, capsys):
    for path in ("METADATA", "entry_points.txt", "RECORD"):
        old = f"site/sipapp_acme-1.dist-info/{path}"
        acme.files[f"site/sipapp_other-1.dist-info/{path}"] = acme.files[old].replace(
            "Name: sipapp-acme", "Name: sipapp-other"
        )
    acme.install(monkeypatch)

    assert main(["plugins", "check", NAME]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert "Two installed distributions bring a plugin named 'acme'" in line


def test_the_list_of_plugins_names_the_check(capsys):
    with pytest.raises(SystemExit):
        main(["plugins", "--help"])
    assert "sipapp plugins check NAME" in capsys.readouterr().out
