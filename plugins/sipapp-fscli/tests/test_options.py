"""The ini's options of ``fs_cli``."""

from pathlib import Path

import pytest

from sipapp.api import SettingsError
from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli
from sipapp.testing.memory import MemoryPlugin


@pytest.fixture
def plugin():
    return MemoryPlugin()


@pytest.fixture
def start(make_app, plugin):
    """Start the application with one switch ``fs`` of kind ``fs_cli``."""

    def start(**options):
        ini = {
            "sipapp.storage": "memory",
            "sipapp.reloaders": "fs",
            "sipapp.reloader.fs.use": "fs_cli",
        }
        ini |= {f"sipapp.reloader.fs.{name}": value for name, value in options.items()}
        return make_app(ini, plugins=[plugin])

    return start


def test_an_application_reloads_by_it(start, plugin, tmp_path):
    file = tmp_path / "password"
    file.write_text("from a file\n")
    fs_cli = FakeFsCli(tmp_path)
    with FakeEventSocket(password="from a file") as switch:
        switch.extensions = plugin.storage.list
        app = start(command=str(fs_cli.command), port=str(switch.port), password_file=str(file))
        answer = app.post_json("/sip/api/v1/extensions", {"id": "1020"}, status=201)
    assert answer.json["apply"]["state"] == "applied"
    assert answer.json["apply"]["switches"][0]["detail"] == "+OK [Success]"


def test_a_missing_fs_cli_stops_neither_the_start_nor_a_change(start):
    app = start(command="/nonexistent/fs_cli")
    answer = app.post_json("/sip/api/v1/extensions", {"id": "1020"}, status=201)
    assert answer.json["apply"]["state"] == "pending"
    assert "/nonexistent/fs_cli cannot be run" in answer.json["apply"]["switches"][0]["detail"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"command": ""}, "a program's name or path is needed"),
        ({"host": "two words"}, "neither a host name nor an address"),
        ({"host": "-x"}, "neither a host name nor an address"),
        ({"port": "65536"}, "not a port"),
        ({"timeout": "never"}, "number of seconds"),
        ({"password_file": "/nonexistent"}, "cannot read /nonexistent"),
        ({"password": "a"}, "Unknown setting sipapp.reloader.fs.password. Known here"),
    ],
)
def test_options_that_do_not_fit_stop_the_start(start, options, message):
    with pytest.raises(SettingsError, match=message):
        start(**options)


@pytest.mark.parametrize(
    "password", [" s3cret", "\ts3cret", "s3;;cret", "s3" * 64, "é" * 64, "s3\0cret"], ids=ascii
)
def test_a_password_that_fs_cli_cannot_read_from_a_file_stops_the_start(start, tmp_path, password):
    file = tmp_path / "password"
    file.write_bytes(password.encode())
    with pytest.raises(SettingsError, match="fs_cli cannot take this password") as caught:
        start(password_file=str(file))
    assert password not in str(caught.value)


def test_a_path_may_begin_at_home(start, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    FakeFsCli(tmp_path)
    app = start(command="~/fs_cli", port="1")
    detail = app.post_json("/sip/api/v1/reload").json["apply"]["switches"][0]["detail"]
    assert "could not connect" in detail
    assert Path(tmp_path, "fs_cli.runs").exists()
