"""Every example of docs/hooks.md is used by an application, and does what its section says."""

import logging
import sys
from types import SimpleNamespace

import pytest
from tests.documented.examples import load_example, sections

from sipapp.api import SwitchTimeout, hookimpl
from sipapp.cli import main
from sipapp.hooks.manager import Plugins
from sipapp.testing.memory import MemoryStorage
from sipapp.testing.waiting import eventually

ADMIN = ("Basic", ("admin", "s3cret-1"))
INI = {
    "sipapp.storage": "memory",
    "sipapp.reloaders": "sw",
    "sipapp.reloader.sw.use": "scripted",
}
USES = {}


def use(function):
    """Register how the example of a hook is used; the name says which hook."""
    USES[function.__name__] = function
    return function


@pytest.fixture
def start(make_app, memory):
    def started(plugin, **ini):
        given = INI | {f"sipapp.{name}": value for name, value in ini.items()}
        app = make_app(given, plugins=[memory, plugin], SIP_ADMIN_PASS="s3cret-1")
        app.authorization = ADMIN
        return app

    return started


@pytest.fixture
def world(start, memory, monkeypatch, tmp_path):
    return SimpleNamespace(start=start, memory=memory, monkeypatch=monkeypatch, folder=tmp_path)


def create(app, extension_id, status=201, **values):
    return app.post_json(
        "/sip/api/v1/extensions", {"id": extension_id, **values}, status=status
    ).json


@use
def sipapp_storage_backends(plugin, world):
    made = []
    module = SimpleNamespace(MyStorage=lambda file: made.append(file) or MemoryStorage())
    world.monkeypatch.setitem(sys.modules, "my_package", SimpleNamespace(storage=module))
    world.monkeypatch.setitem(sys.modules, "my_package.storage", module)
    file = world.folder / "data"
    app = world.start(plugin, **{"storage": "mine", "storage.mine.file": str(file)})
    create(app, "1000")
    assert made == [file]


@use
def sipapp_reload_strategies(plugin, world):
    ssh = world.folder / "ssh"
    ssh.write_text('#!/bin/sh\necho "+OK $*"\n')
    ssh.chmod(0o755)
    world.monkeypatch.setenv("PATH", str(world.folder), prepend=":")
    app = world.start(plugin, **{"reloader.sw.use": "ssh"})
    (switch,) = create(app, "1000")["apply"]["switches"]
    assert switch["outcome"] == "applied"
    assert "+OK pbx fs_cli -x reloadxml" in switch["detail"]
    assert app.get("/sip/health", status=200).json["switches"][0]["status"] == "ok"


@use
def sipapp_plugin_options(plugin, world):
    (world.folder / "token").write_text("t0ken\n")
    given = {}

    @hookimpl
    def sipapp_started(options):
        given.update(options)

    plugin.sipapp_started = sipapp_started
    world.start(plugin, **{"plugin.example.token_file": str(world.folder / "token")})
    assert given == {"url": "", "token_file": "t0ken", "timeout": 5.0}


@use
def sipapp_started(plugin, world):
    plugin.__name__ = "groups"
    app = world.start(plugin, **{"plugin.groups.title": "Department"})
    create(app, "1000", callgroup="sales")
    page = app.get("/sip/admin")
    assert "Department" in page
    assert "sales" in page.html.select_one("tbody tr").text


@use
def sipapp_stopped(plugin, world):
    app = world.start(plugin)
    eventually(lambda: plugin.counts == [0])
    app.app.registry.close()
    assert not plugin.thread.is_alive()


@use
def sipapp_configure(plugin, world):
    # As an imported module: Pyramid asks which file an included function is from.
    world.monkeypatch.setitem(sys.modules, "example", plugin)
    app = world.start(plugin)
    create(app, "1000")
    assert app.get("/sip/ext/mine/count").json == {"extensions": 1}
    app.authorization = None
    app.get("/sip/ext/mine/count", status=401)


@use
def sipapp_authenticate(plugin, world):
    app = world.start(plugin)
    app.authorization = ("Basic", ("ada", "of-the-company"))
    app.get("/sip/admin", status=401)
    plugin.group_of = lambda name, _: "helpdesk" if name == "ada" else None
    app.get("/sip/admin", status=200)


@use
def sipapp_validate_extension(plugin, world):
    app = world.start(plugin)
    create(app, "1000")
    assert "Our extensions begin with 1." in str(create(app, "2000", status=422))


@use
def sipapp_validate_extensions(plugin, world):
    app = world.start(plugin)
    create(app, "1000")
    assert "Another exchange of ours" in str(create(app, "1999", status=422))


@use
def sipapp_extension_changed(plugin, world):
    create(world.start(plugin), "1000")
    assert "1000 created: applied" in world.log.messages


@use
def sipapp_switch_changed(plugin, world):
    app = world.start(plugin)
    world.memory.switch.fault = SwitchTimeout("no answer")
    create(app, "1000")
    eventually(lambda: "Switch sw is behind. no answer" in world.log.messages)


@use
def sipapp_admin_columns(plugin, world):
    app = world.start(plugin)
    create(app, "1000", callgroup="sales")
    assert "sales" in app.get("/sip/admin").html.select_one("tbody tr").text


@use
def sipapp_admin_links(plugin, world):
    world.monkeypatch.setitem(sys.modules, "example", plugin)
    app = world.start(plugin)
    create(app, "1000")
    assert app.get("/sip/admin").click("^Report$").text == "1 extensions"


@use
def sipapp_phone_config(plugin, world):
    assert "Welcome" in world.start(plugin).get("/sip")


@use
def sipapp_health_checks(plugin, world):
    app = world.start(plugin)
    (line,) = app.get("/sip/health", expect_errors=True).json["checks"]
    assert (line["plugin"], line["name"]) == ("example", "disk")
    assert "disk of example" in app.get("/sip/admin/health")


@use
def sipapp_commands(plugin, world):
    load = Plugins.load
    world.monkeypatch.setattr(Plugins, "load", lambda: load([world.memory, plugin]))
    ini = world.folder / "my.ini"
    ini.write_text("[app:main]\nuse = egg:sipapp\nsipapp.storage = memory\n")
    assert main.main(["count", str(ini)]) == 0
    assert world.output.readouterr().out == "0\n"


@pytest.mark.parametrize("hook", sections())
def test_the_example_of_a_hook_does_what_its_section_says(hook, world, caplog, capsys):
    caplog.set_level(logging.INFO)
    world.log, world.output = caplog, capsys
    USES[hook](load_example(hook), world)
