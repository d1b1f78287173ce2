import logging
import sys
import textwrap

import pytest

from sipapp.api import Backend, SettingsError, hookimpl
from sipapp.hooks.manager import Plugins
from sipapp.testing.memory import MemoryPlugin, MemoryStorage


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with one plugin module, as pip would lay it out."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = set()

    def installed(distribution, source, entry_point=None):
        module = distribution.replace("-", "_")
        modules.add(module)
        name = entry_point or module
        info = tmp_path / f"{module}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[sipapp]\n{name} = {module}\n")
        (tmp_path / f"{module}.py").write_text(
            "from sipapp.api import *\n" + textwrap.dedent(source)
        )

    yield installed
    for module in modules & set(sys.modules):
        del sys.modules[module]


def test_an_installed_plugin_is_found_by_its_entry_point(install):
    install(
        "acme-sip",
        """
        @hookimpl
        def sipapp_storage_backends():
            yield Backend("acme", dict, "Acme's")

        @hookimpl
        def sipapp_health_checks():
            return []
        """,
        entry_point="acme",
    )
    plugins = Plugins.load()
    assert "acme" in plugins.names()
    assert plugins.hooks_of("acme") == ["sipapp_health_checks", "sipapp_storage_backends"]
    assert plugins.storage("acme").description == "Acme's"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import not_there", "Plugin 'acme_sip' of acme-sip cannot be loaded: ModuleNotFound"),
        ("1 / 0", "Plugin 'acme_sip' of acme-sip cannot be loaded: ZeroDivisionError"),
        (
            "@hookimpl\ndef sipapp_tpyo(): pass",
            "Plugin acme_sip implements sipapp_tpyo, which is no hook",
        ),
        ("@hookimpl\ndef sipapp_tpyo(): pass", "Hooks: sipapp_admin_columns, "),
        (
            "@hookimpl\ndef sipapp_extension_changed(evnt): pass",
            "does not fit: sipapp_extension_changed has no argument 'evnt'. Its arguments: event.",
        ),
        (
            "@hookimpl\ndef sipapp_storage_backends(x): pass",
            "sipapp_storage_backends has no argument 'x'. Its arguments: none.",
        ),
        (
            "@hookimpl(wrapper=True)\ndef sipapp_commands(): yield",
            "acme_sip does not fit: sipapp_commands is declared as a wrapper",
        ),
        ("@hookimpl\ndef sipapp_storage_backends(): 1 / 0", "acme_sip failed in sipapp_storage"),
        ("@hookimpl\ndef sipapp_storage_backends(): return 5", "acme_sip failed in sipapp_storage"),
        ("@hookimpl\ndef sipapp_reload_strategies(): return ['x']", "'x' is no Backend"),
    ],
)
def test_a_broken_plugin_stops_the_start_by_name(install, source, words):
    install("acme-sip", source)
    with pytest.raises(SettingsError, match=words):
        Plugins.load()


def test_two_plugins_of_one_name(install):
    install("acme-one", "", entry_point="acme")
    install("acme-two", "", entry_point="acme")
    with pytest.raises(SettingsError, match=r"named 'acme' \(the second is acme-.*Uninstall one"):
        Plugins.load()


def test_one_plugin_twice():
    plugin = MemoryPlugin()
    with pytest.raises(SettingsError, match="does not fit"):
        Plugins.load([plugin, plugin])


def test_installed_plugins_are_listed_by_name_and_called_from_the_last_one(install):
    for name in ("acme-b", "acme-c", "acme-a"):
        install(name, "@hookimpl\ndef sipapp_health_checks(): return []")
    plugins = Plugins.load()
    ours = ["acme_a", "acme_b", "acme_c"]
    assert [name for name in plugins.names() if name in ours] == ours
    called = [name for name, _ in plugins.call_each("sipapp_health_checks")]
    assert [name for name in called if name in ours] == ours[::-1]


def test_two_offers_of_one_name(install):
    install(
        "acme-sip", "@hookimpl\ndef sipapp_storage_backends(): yield Backend('memory', dict, '')"
    )
    with pytest.raises(
        SettingsError, match=r"Two plugins offer a storage named 'memory': .*acme_sip"
    ):
        Plugins.load([MemoryPlugin()])


def test_an_unknown_name_says_what_is_installed():
    plugins = Plugins.load([MemoryPlugin()])
    with pytest.raises(SettingsError, match=r"no storage named 'memroy'. Installed: .*memory"):
        plugins.storage("memroy")
    with pytest.raises(SettingsError, match=r"no reload strategy named 'x'. Installed: .*scripted"):
        plugins.strategy("x")


def test_managers_are_not_shared():
    with_memory, without = Plugins.load([MemoryPlugin()]), Plugins.load()
    assert with_memory.storage("memory").factory().__class__ is MemoryStorage
    assert "memory" not in without.storages


class Good:
    @hookimpl
    def sipapp_phone_config(self, request):
        return {"for": request}


class Bad:
    @hookimpl
    def sipapp_phone_config(self):
        raise RuntimeError("boom")


class Lazy:
    @hookimpl
    def sipapp_phone_config(self):
        yield 1
        raise RuntimeError("late")


class Silent:
    @hookimpl
    def sipapp_phone_config(self):
        return None


def test_a_plugin_that_raises_costs_only_its_own_part(caplog):
    good = Good()
    plugins = Plugins.load([Bad(), good, Lazy(), Silent()])
    name = plugins.manager.get_name(good)
    with caplog.at_level(logging.ERROR):
        found = plugins.call_each("sipapp_phone_config", request="r")
    assert found == [(name, {"for": "r"})]
    assert "boom" in caplog.text
    assert "late" in caplog.text
    assert caplog.text.count("failed in sipapp_phone_config") == 2


def test_a_result_that_is_no_use_is_the_plugins_fault(caplog):
    plugins = Plugins.load([Good()])
    assert plugins.call_each("sipapp_phone_config", int, request="r") == []
    assert "failed in sipapp_phone_config" in caplog.text


def test_observers_are_notified_whatever_they_return():
    heard = []

    class Observer:
        @hookimpl
        def sipapp_extension_changed(self, event):
            heard.append(event)
            return 5

    assert Plugins.load([Observer()]).notify("sipapp_extension_changed", event="e") is None
    assert heard == ["e"]


def test_the_first_plugin_that_knows_is_the_last_that_is_asked(caplog):
    asked = []

    class Directory:
        def __init__(self, knows):
            self.knows = knows

        @hookimpl
        def sipapp_authenticate(self, username):
            asked.append(username)
            return self.knows(username)

    # pluggy calls the one first that was registered last.
    plugins = Plugins.load(map(Directory, (str, str.upper, int, {}.get)))
    found = plugins.first_result("sipapp_authenticate", str, username="ann", password="x")
    assert found == "ANN"
    assert asked == ["ann"] * 3
    assert "failed in sipapp_authenticate" in caplog.text
    nobody = Plugins.load([Directory({}.get)])
    assert nobody.first_result("sipapp_authenticate", str, username="ann", password="x") is None


def test_a_missing_mark_is_warned_of(install, caplog):
    install("acme-sip", "def sipapp_extension_changed(event): pass\nsipapp_version = 1")
    install("acme-two", "x = 1")
    Plugins.load()
    told = [each.getMessage() for each in caplog.records]
    assert told == [
        "Plugin acme_sip: sipapp_extension_changed is never called, as it has no @hookimpl.",
        "Plugin acme_two implements no hook.",
    ]


def test_offers_are_descriptors():
    assert isinstance(Plugins.load([MemoryPlugin()]).storage("memory"), Backend)
