"""The ini's options of ``esl``."""

import pytest

from sipapp.api import SettingsError
from sipapp.testing.fake_freeswitch import FakeEventSocket
from sipapp.testing.memory import MemoryPlugin


@pytest.fixture
def plugin():
    return MemoryPlugin()


@pytest.fixture
def start(make_app, plugin):
    """Start the application with one switch ``fs`` of kind ``esl``."""

    def start(**options):
        ini = {
            "sipapp.storage": "memory",
            "sipapp.reloaders": "fs",
            "sipapp.reloader.fs.use": "esl",
        }
        ini |= {f"sipapp.reloader.fs.{name}": value for name, value in options.items()}
        return make_app(ini, plugins=[plugin])

    return start


def test_an_application_reloads_by_it(start, plugin, tmp_path):
    file = tmp_path / "password"
    file.write_text("from a file\n")
    with FakeEventSocket(password="from a file") as switch:
        switch.extensions = plugin.storage.list
        app = start(port=str(switch.port), password_file=str(file))
        answer = app.post_json("/sip/api/v1/extensions", {"id": "1020"}, status=201)
    assert answer.json["apply"]["state"] == "applied"
    assert answer.json["apply"]["switches"][0]["detail"] == "+OK [Success]"
    assert "api reloadxml" in switch.commands


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs its password"),
        ({"password": "a", "password_file": "{file}"}, "needs its password, once"),
        ({"password": ""}, "must be one line and not empty"),
        ({"password": "a\nb"}, "must be one line and not empty"),
        ({"password_file": "/nonexistent"}, "cannot read /nonexistent"),
        ({"password": "a", "user": "sipapp"}, "name@domain"),
        ({"password": "a", "user": "sipapp@[::1]"}, "name@domain"),
        ({"password": "a", "user": "a b@phone.test"}, "name@domain"),
        ({"password": "a", "host": "two words"}, "neither a host name nor an address"),
        ({"password": "a", "host": ""}, "neither a host name nor an address"),
        ({"password": "a", "host": "a..b"}, "neither a host name nor an address"),
        ({"password": "a", "port": "0"}, "not a port"),
        ({"password": "a", "timeout": "0"}, "number of seconds"),
        ({"password": "a", "command": "fs_cli"}, "Unknown setting sipapp.reloader.fs.command"),
    ],
)
def test_options_that_do_not_fit_stop_the_start(start, tmp_path, options, message):
    file = tmp_path / "password"
    file.write_text("b\n")
    with pytest.raises(SettingsError, match=message):
        start(**{name: value.format(file=file) for name, value in options.items()})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "fs.example.org.", "fs_1"])
def test_hosts_that_fit(start, host):
    start(password="a", host=host)
