"""Options of plugins themselves, and their start and stop."""

import pytest

from sipapp.api import Extension, Option, SettingsError, hookimpl, seconds
from sipapp.cli import main
from sipapp.hooks.manager import Plugins

OPTIONS = [Option("url", "where to send"), Option("timeout", "seconds to wait", seconds, 5.0)]


class Watch:
    """Has options, and remembers what it was called with."""

    __name__ = "acme.watch"

    def __init__(self):
        self.started = []
        self.stopped = 0

    @hookimpl
    def sipapp_plugin_options(self):
        return OPTIONS

    @hookimpl
    def sipapp_started(self, options, extensions):
        self.started.append(options)
        self.extensions = extensions

    @hookimpl
    def sipapp_stopped(self):
        self.stopped += 1


class Fails:
    @hookimpl
    def sipapp_started(self):
        raise OSError("no disk")

    @hookimpl
    def sipapp_stopped(self):
        raise OSError("no disk either")


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def start(make_app, memory, watch):
    def started(*plugins, **options):
        ini = {f"sipapp.plugin.{name}": value for name, value in options.items()}
        return make_app({"sipapp.storage": "memory", **ini}, plugins=[memory, watch, *plugins])

    return started


def test_a_plugin_gets_its_options_at_the_start(start, watch):
    start(**{"acme.watch.url": " https://x ", "acme.watch.timeout": "2"})
    assert watch.started == [{"url": "https://x", "timeout": 2.0}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Setting sipapp.plugin.acme.watch.url is missing: where to send"),
        ({"acme.watch.ulr": "x"}, "Unknown setting sipapp.plugin.acme.watch.ulr. Known here: "),
        ({"acme.watch.url": "x", "acme.watch.timeout": "-1"}, "acme.watch.timeout: '-1' is not"),
        (
            {"acme.watch.url": "x", "amce.url": "x"},
            "amce.url is for no installed plugin that has options. Plugins with options: acme",
        ),
    ],
)
def test_wrong_options_stop_the_start(start, watch, options, words):
    with pytest.raises(SettingsError, match=words):
        start(**options)
    assert not watch.started


@pytest.mark.parametrize("answer", [5, ["url"]])
def test_what_is_no_option_stops_the_start(start, answer):
    class Wrong:
        @hookimpl
        def sipapp_plugin_options(self):
            return answer

    with pytest.raises(SettingsError, match="failed in sipapp_plugin_options"):
        start(Wrong())


def test_a_change_that_a_plugin_makes_is_recorded_in_its_name(start, watch):
    app = start(**{"acme.watch.url": "x"})
    watch.extensions.create("1000", {})
    (entry,) = app.get("/sip/api/v1/history").json["entries"]
    assert entry["actor"]["name"] == "plugin acme.watch"


def test_the_end_is_announced_while_the_storage_works_and_a_failure_is_logged(start, watch, caplog):
    found = []

    class Late:
        @hookimpl
        def sipapp_stopped(self):
            found.append(watch.extensions.find().total)
            raise OSError("for the test")

    start(Late(), **{"acme.watch.url": "x"}).app.registry.close()
    assert found == [0]
    assert watch.stopped == 1
    assert "failed in sipapp_stopped" in caplog.text


def test_a_plugin_that_cannot_start_stops_the_start_and_what_was_begun(start, watch, memory):
    closed = []
    memory.storage.close = lambda: closed.append(True)
    with pytest.raises(SettingsError, match=r"failed in sipapp_started: OSError\('no disk'\)"):
        start(Fails(), **{"acme.watch.url": "x"})
    assert closed
    assert watch.stopped == 1


def run(monkeypatch, ini, memory, watch, *arguments):
    load = Plugins.load
    monkeypatch.setattr(Plugins, "load", lambda extra=(): load([*extra, memory, watch]))
    return main.main([*arguments, str(ini)])


@pytest.fixture
def ini(tmp_path):
    file = tmp_path / "test.ini"
    file.write_text("[app:main]\nuse = egg:sipapp\nsipapp.storage = memory\n")
    return file


def test_the_command_lists_options_and_says_what_is_missing(
    monkeypatch, capsys, ini, memory, watch
):
    assert run(monkeypatch, ini, memory, watch, "plugins") == 2
    told = capsys.readouterr()
    assert "    sipapp.plugin.acme.watch.url (required): where to send\n" in told.out
    assert "    sipapp.plugin.acme.watch.timeout: seconds to wait\n" in told.out
    assert "sipapp.plugin.acme.watch.url is missing" in told.err


def test_the_doctor_says_what_is_missing(monkeypatch, capsys, ini, memory, watch):
    assert run(monkeypatch, ini, memory, watch, "doctor") == 2
    assert "sipapp.plugin.acme.watch.url is missing" in capsys.readouterr().out


def test_a_command_of_a_plugin_opens_the_storage_of_an_ini(monkeypatch, tmp_path, memory):
    closed, seen = [], []
    memory.storage.create(Extension("1000"))
    memory.storage.close = lambda: closed.append(True)

    class Counts:
        @hookimpl
        def sipapp_commands(self, subparsers, open_storage):
            def count(parsed):
                with open_storage(parsed.ini) as storage:
                    seen.extend(each.id for each in storage.iterate())

            command = subparsers.add_parser("count")
            command.add_argument("ini")
            command.set_defaults(run=count)

    (tmp_path / "test.ini").write_text("[app:main]\nuse = egg:sipapp\nsipapp.storage = memory\n")
    assert run(monkeypatch, tmp_path / "test.ini", memory, Counts(), "count") == 0
    assert seen == ["1000"]
    assert closed
