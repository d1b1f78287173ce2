"""How an application starts and ends."""

import signal
import threading

import pytest

import sipapp
from sipapp.accounts.user_file import UserFile
from sipapp.api import Backend, ReloadStrategy, SettingsError, hookimpl
from sipapp.hooks.manager import Plugins
from sipapp.model.account import Role
from sipapp.storages.base import ExtensionStorage
from sipapp.switches.fleet import SwitchFleet
from sipapp.testing.memory import MemoryPlugin

INI = {"sipapp.storage": "memory"}
ONE_SWITCH = {**INI, "sipapp.reloaders": "one", "sipapp.reloader.one.use": "scripted"}


@pytest.fixture
def pserve(monkeypatch, memory):
    """Start as pserve does; afterwards the process is as before."""
    load = Plugins.load
    monkeypatch.setattr(Plugins, "load", lambda extra=(): load([*extra, memory]))
    monkeypatch.delenv("SIP_ADMIN_PASS", raising=False)
    closing = []
    monkeypatch.setattr("atexit.register", closing.append)
    handler = signal.getsignal(signal.SIGTERM)
    yield lambda script="pserve", **ini: sipapp.main({"__script__": script}, **ini)
    signal.signal(signal.SIGTERM, handler)
    for close in closing:
        close()


@pytest.mark.parametrize(
    ("ini", "words"),
    [
        ({"sipapp.typo": "x"}, r"Unknown setting sipapp.typo. Known here: "),
        ({"sipapp.storage": "memroy"}, r"no storage named 'memroy'. Installed: .*memory.*\."),
        ({"sipapp.storage.memory.typo": "x"}, r"sipapp.storage.memory.typo. Known here: none"),
        ({"sipapp.storage.xmldir.directory": "/x"}, r"for a storage that is not in use"),
        ({"sipapp.storage.memorys": "/x"}, r"storage.memorys is for a storage that is not in use"),
        # The options are right, and the name of the storage is not.
        (
            {"sipapp.storage": "memroy", "sipapp.storage.memory.x": "y"},
            r"no storage named 'memroy'. Installed: .*memory.*\.",
        ),
        ({"sipapp.reloaders": "a"}, r"sipapp.reloader.a.use is missing"),
        (
            {"sipapp.reloaders": "a", "sipapp.reloader.a.use": "scirpted"},
            r"no reload strategy named 'scirpted'. Installed: .*scripted",
        ),
        (
            {**ONE_SWITCH, "sipapp.reloader.one.typo": "x"},
            r"Unknown setting sipapp.reloader.one.typo. Known here: none",
        ),
        ({"sipapp.reloader.a.host": "x"}, r"for a switch that sipapp.reloaders does not name"),
        ({"sipapp.require_admin_password": "true"}, r"Not starting open to everyone"),
    ],
)
def test_what_does_not_fit_together_stops_the_start(make_app, memory, ini, words):
    with pytest.raises(SettingsError, match=words):
        make_app({**INI, **ini}, plugins=[memory])


class Failing:
    @hookimpl
    def sipapp_configure(self, config):
        config.add_route("x", "/x")
        raise OSError("no such template")


def test_a_plugin_that_cannot_configure_stops_the_start_by_name(make_app, memory):
    with pytest.raises(
        SettingsError, match=r"Plugin \S+ failed in sipapp_configure: OSError\('no such template'\)"
    ):
        make_app(INI, plugins=[memory, Failing()])


def test_pserve_gets_one_line_and_others_the_exception(pserve):
    with pytest.raises(SystemExit, match=r"^sipapp: Unknown setting sipapp.typo"):
        pserve(**INI, **{"sipapp.typo": "x"})
    with pytest.raises(SettingsError):
        pserve("pshell", **INI, **{"sipapp.typo": "x"})


def test_a_server_ends_cleanly_on_sigterm(pserve):
    pserve(**INI)
    with pytest.raises(SystemExit) as caught:
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 128 + signal.SIGTERM


def test_what_is_on_its_way_is_finished_first(pserve):
    progress = pserve(**INI).registry.active_requests
    finished = []

    def answer():
        with progress.counted():
            begun.set()
            assert ending.wait(10)
            finished.append(True)

    begun, ending = threading.Event(), threading.Event()
    thread = threading.Thread(target=answer)
    thread.start()
    assert begun.wait(10)
    assert not progress.wait_for_all(0.01)
    threading.Timer(0.05, ending.set).start()
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)
    assert finished
    thread.join()


def test_other_programs_keep_their_signals(pserve):
    before = signal.getsignal(signal.SIGTERM)
    pserve("pshell", **INI)
    assert signal.getsignal(signal.SIGTERM) is before


def test_demo_extensions_are_there_at_the_start(make_app, memory):
    make_app({**ONE_SWITCH, "sipapp.demo": "true"}, plugins=[memory])
    assert [each.id for each in memory.storage.list()] == ["1000", "1001"]


class Pages:
    @hookimpl
    def sipapp_configure(self, config):
        config.add_route("hello", "/ext/hello")
        config.add_view(lambda _: {"hello": "world"}, route_name="hello", renderer="json")


def test_a_plugins_pages_are_below_the_prefix_and_the_administrators(make_app, memory):
    app = make_app(INI, plugins=[memory, Pages()], SIP_ADMIN_PASS="s3cret")
    app.get("/sip/ext/hello", status=401)
    app.authorization = ("Basic", ("admin", "s3cret"))
    assert app.get("/sip/ext/hello", status=200).json == {"hello": "world"}
    app.get("/ext/hello", status=404)


class Moody(MemoryPlugin):
    """A switch that fails to start, and one that fails to stop."""

    @hookimpl
    def sipapp_reload_strategies(self):
        for name in ("start", "stop"):
            yield Backend(name, lambda name=name: Fails(name), "fails")


class Fails(ReloadStrategy):
    def __init__(self, name):
        setattr(self, name, self.fail)

    def fail(self, *_args):
        raise RuntimeError("boom")

    def reload(self, *, timeout):
        return "fine"

    def ping(self, *, timeout):
        return "fine"


def test_a_switch_that_fails_to_start_or_stop_does_not_stop_the_rest(make_app, caplog):
    ini = {"sipapp.reloaders": "a b", "sipapp.reloader.a.use": "start"}
    app = make_app({**INI, **ini, "sipapp.reloader.b.use": "stop"}, plugins=[Moody()])
    assert "Switch a did not start." in caplog.text
    app.get("/sip/health", status=200)
    app.app.registry.close()
    assert "Switch b did not stop cleanly." in caplog.text


class Company:
    @hookimpl
    def sipapp_authenticate(self):
        return None


def test_a_start_without_an_administrator_says_so(make_app, memory, tmp_path, caplog):
    path = tmp_path / "users"
    ini = {**INI, "sipapp.users": str(path)}
    words = "THERE IS NO ADMINISTRATOR, so nobody can create extensions"
    file = UserFile(path)

    def start(*plugins, **environ):
        caplog.clear()
        make_app(ini, plugins=[memory, *plugins], **environ)
        return words in caplog.text

    assert start()
    file.put("olga", Role.OPERATOR, "a long password")
    assert start()
    assert not start(SIP_ADMIN_PASS="a long password")
    # It may know one.
    assert not start(Company())
    file.put("anna", Role.ADMINISTRATOR, "a long password")
    assert not start()
    path.write_text("nonsense")
    assert start()


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("abc", "is very short"),
        ("admin", "is one of the first to be tried"),
        ("1234", "is one of the first to be tried"),
        ("0123456789", ""),
        ("kR7-long-enough", ""),
    ],
)
def test_a_start_with_a_weak_password_of_the_administrator_says_so(
    make_app, memory, caplog, password, words
):
    make_app(INI, plugins=[memory], SIP_ADMIN_PASS=password)
    assert ("THE ADMINISTRATOR'S PASSWORD (SIP_ADMIN_PASS) is" in caplog.text) is bool(words)
    assert words in caplog.text
    assert f"is {password}" not in caplog.text


def test_views_reach_the_storage_through_the_service_only(make_app, memory):
    registry = make_app(ONE_SWITCH, plugins=[memory]).app.registry
    given = [*vars(registry.app).values(), *vars(registry.app.switches).values()]
    assert not any(isinstance(each, ExtensionStorage | SwitchFleet) for each in given)
