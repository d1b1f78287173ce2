"""The commands, as a person at a terminal sees them."""

import subprocess
import sys
from pathlib import Path

import pytest

from sipapp.api import Backend, Option, hookimpl, path
from sipapp.cli import main
from sipapp.hooks.manager import Plugins
from sipapp.testing.memory import MemoryPlugin, MemoryStorage

INI = """
[app:main]
use = egg:sipapp
sipapp.storage = memory
sipapp.reloaders = one
sipapp.reloader.one.use = scripted
"""


@pytest.fixture
def memory(monkeypatch):
    """A storage in memory, as if its plugin were installed."""
    plugin = MemoryPlugin()
    load = Plugins.load
    monkeypatch.setattr(Plugins, "load", lambda extra=(): load([*extra, plugin]))
    for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS", "SIP_ADMIN_PASS_FILE"):
        monkeypatch.delenv(name, raising=False)
    return plugin


@pytest.fixture
def ini(tmp_path):
    def write(text):
        (tmp_path / "test.ini").write_text(text)
        return str(tmp_path / "test.ini")

    return write


def test_plugins_lists_what_is_installed(memory, capsys):
    assert main.main(["plugins"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(
        line.endswith(": sipapp_reload_strategies, sipapp_storage_backends") for line in lines
    )
    assert "storage memory: forgets everything at the end" in lines
    assert "reload strategy scripted: does as the test says" in lines


def test_plugins_marks_what_an_ini_makes_active(memory, capsys, ini):
    assert main.main(["plugins", ini(INI)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "storage memory (active): forgets everything at the end" in lines
    assert "reload strategy scripted (active): does as the test says" in lines
    assert sum("(active)" in line for line in lines) == 2
    assert "    can: disables, renames, examines, mends, diagnoses, keeps passwords" in lines


class Choosy:
    """Offers a storage with options, one of them needed."""

    closed = False

    @hookimpl
    def sipapp_storage_backends(self):
        options = [Option("file", "path of the file", path), Option("lines", "how many", int, 5)]
        return [Backend("choosy", self.make, "one file", options)]

    def make(self, file, lines):
        if not file.exists():
            raise OSError("no such file")
        storage = MemoryStorage()
        storage.close = lambda: setattr(self, "closed", True)
        return storage


def test_plugins_shows_options_and_whether_the_server_would_start(
    memory, monkeypatch, capsys, ini, tmp_path
):
    choosy = Choosy()
    load = Plugins.load
    monkeypatch.setattr(Plugins, "load", lambda extra=(): load([*extra, choosy]))
    assert main.main(["plugins"]) == 0
    told = capsys.readouterr().out
    assert "storage choosy: one file\n    file (required): path of the file\n    lines: how" in told

    text = INI.replace("memory", "choosy")
    for more, words in (
        ("", "Setting sipapp.storage.choosy.file is missing"),
        ("sipapp.storage.choosy.file = /nowhere/x\n", "Storage 'choosy' of plugin"),
        (f"sipapp.storage.choosy.file = {tmp_path}\nsipapp.reloader.one.x = 1\n", "one.x"),
    ):
        assert main.main(["plugins", ini(text + more)]) == 2
        captured = capsys.readouterr()
        assert words in captured.err
        # What is installed is listed, because it may say what to do.
        assert "storage choosy: one file" in captured.out
        assert "(active)" not in captured.out
    assert main.main(["plugins", ini(text + f"sipapp.storage.choosy.file = {tmp_path}\n")]) == 0
    assert "storage choosy (active): one file" in capsys.readouterr().out
    assert choosy.closed


def test_plugins_of_an_ini_with_a_misspelt_storage(memory, capsys, ini):
    text = INI.replace("memory", "memroy") + "sipapp.storage.memory.file = x\n"
    assert main.main(["plugins", ini(text)]) == 2
    assert "There is no storage named 'memroy'. Installed: memory, " in capsys.readouterr().err


def test_demo_makes_two_extensions_once_and_prints_who_they_are(memory, capsys, ini):
    file = ini(INI + "sipapp.demo = true\n")
    assert main.main(["demo", file]) == 0
    made = {each.id: each.password for each in memory.storage.list()}
    assert list(made) == ["1000", "1001"]
    assert made["1000"] != made["1001"]
    first = capsys.readouterr().out
    for extension_id, password in made.items():
        assert f"extension {extension_id}   password {password}" in first
    assert main.main(["demo", file]) == 0
    assert capsys.readouterr().out == first


def test_demo_needs_an_ini_that_says_so(memory, capsys, ini):
    file = ini(INI)
    assert main.main(["demo", file]) == 2
    assert f"{file} does not say sipapp.demo = true." in capsys.readouterr().err
    assert memory.storage.list() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (INI + "sipapp.typo = 1\n", "Unknown setting sipapp.typo"),
        ("sipapp.reloader.a.password = s3cret\n", "is no ini file with a section [app:main]"),
        ("[app:other]\nuse = egg:sipapp\n", "is no ini file with a section [app:main]"),
        ("[app:main]\nuse = egg:sipapp\nx = %(s3cret\n", "is no ini file with a section"),
    ],
)
def test_a_wrong_ini_is_one_line(memory, capsys, ini, text, words):
    assert main.main(["plugins", ini(text)]) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert words in line
    assert "s3cret" not in line


def test_a_missing_ini_is_one_line(memory, capsys, tmp_path):
    assert main.main(["plugins", str(tmp_path / "x.ini")]) == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["typo"]])
def test_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main.main(arguments)
    assert caught.value.code == 2
    assert "plugins" in capsys.readouterr().err


def test_pserve_reports_a_wrong_setting_in_one_line(ini, tmp_path):
    file = ini(
        "[app:main]\nuse = egg:sipapp\nsipapp.typo = 1\n"
        "[server:main]\nuse = egg:waitress#main\nlisten = 127.0.0.1:0\n"
    )
    pserve = Path(sys.executable).with_name("pserve")
    done = subprocess.run(
        [pserve, file], capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path
    )
    assert done.returncode == 1
    (line,) = [each for each in done.stderr.splitlines() if "WARN" not in each]
    assert line.startswith("sipapp: Unknown setting sipapp.typo. Known here: ")


class Greeter:
    @hookimpl
    def sipapp_commands(self, subparsers):
        command = subparsers.add_parser("greet", help="say hello")
        command.add_argument("status", type=int)
        command.set_defaults(run=self.greet)

    def greet(self, parsed):
        print("Hello")  # noqa: T201  (what a command is there for)
        return parsed.status


class Broken:
    @hookimpl
    def sipapp_commands(self, subparsers):
        raise RuntimeError("broken for the test")


@pytest.mark.parametrize("status", [0, 1])
def test_a_plugin_adds_a_command_and_another_that_fails_does_not_take_it_away(
    status, monkeypatch, capsys, caplog
):
    load = Plugins.load
    monkeypatch.setattr(Plugins, "load", lambda: load([Greeter(), Broken()]))
    assert main.main(["greet", str(status)]) == status
    assert capsys.readouterr().out == "Hello\n"
    assert "failed in sipapp_commands" in caplog.text
    assert main.main(["plugins"]) == 0
