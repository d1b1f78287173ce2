"""A plugin that gives what it should not costs its own part: no page, answer or history more."""

import json
import re
import sqlite3
from contextlib import closing

import pytest

from sipapp.api import Backend, ExaminationView, Extension, FieldError, SettingsError, hookimpl
from sipapp.testing.memory import MemoryStorage

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
PAGES = ("", "/live", "/health", "/history", "/doctor")


def text(page):
    return " ".join(page.html.main.text.split())


@pytest.fixture(autouse=True)
def _stored(memory):
    memory.storage.create(Extension("1000", password="x", caller_id_name="Ann"))


@pytest.fixture
def give(monkeypatch):
    """Let a plugin's method give something, or raise it."""

    def give(plugin, method, what):
        def given(*_, **__):
            if isinstance(what, Exception):
                raise what
            return what

        monkeypatch.setattr(plugin, method, given)

    return give


@pytest.fixture(params=["memory", "disk"])
def start(request, make_app, memory, tmp_path):
    """Start the server, again and again, on one history."""
    ini = {} if request.param == "memory" else {"sipapp.history": str(tmp_path / "history")}
    return lambda: make_app({**INI, **ini}, plugins=[memory])


# Reload strategies


@pytest.mark.parametrize("said", [None, 5, {"a": 1}])
def test_a_reload_without_words_is_reported_as_failed_and_the_history_goes_on(
    start, memory, give, caplog, said
):
    give(memory.switch, "reload", said)
    app = start()
    answer = app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "Bob"}, status=200)
    (switch,) = answer.json["apply"]["switches"]
    words = "Its reload plugin failed; the server's log has the details."
    assert (switch["outcome"], switch["detail"]) == ("pending", words)
    assert f"sipapp.testing.memory.ScriptedSwitch gave {type(said).__name__} for" in caplog.text
    for running in (app, start()):
        if not running.get("/sip/api/v1/history").json["lasting"] and running is not app:
            continue
        (entry,) = running.get("/sip/api/v1/history").json["entries"]
        assert entry["apply"]["switches"][0]["detail"] == words
        assert "Extension 1000 was changed" in text(running.get("/sip/admin/history"))
        assert words in text(running.get(f"/sip/admin/history/{entry['id']}"))


def test_an_entry_of_an_older_version_breaks_neither_page_nor_api(
    make_app, make_api, memory, tmp_path
):
    folder = tmp_path / "history"
    app = make_app({**INI, "sipapp.history": str(folder)}, plugins=[memory])
    app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "Bob"})
    (entry,) = app.get("/sip/api/v1/history").json["entries"]
    with closing(sqlite3.connect(folder / "history.sqlite3")) as database, database:
        ((stored,),) = database.execute("SELECT entry FROM entries").fetchall()
        line = json.loads(stored)
        line["switches"][0] |= {"detail": None, "seconds": None, "outcome": 7}
        line |= {"actor": {"name": None, "address": 5}, "action": None}
        line["changes"] = [{"field": "\ud800", "old": 5}]
        database.execute("UPDATE entries SET entry = ?", (json.dumps(line),))
    assert line["id"] == entry["id"]

    again = make_app({**INI, "sipapp.history": str(folder)}, plugins=[memory])
    for path in ("", f"/{line['id']}", "?search=1000"):
        assert "Extension 1000" in text(again.get(f"/sip/admin/history{path}"))
    (entry,) = make_api(again)("GET /history", status=200).json["entries"]
    assert entry["apply"]["switches"] == [
        {"name": "sw", "outcome": "pending", "detail": "", "forgotten": "", "seconds": 0.0}
    ]
    # And it can be taken back.
    make_api(again)(f"POST /history/{line['id']}/undo", given={}, status=200)
    assert memory.storage.get("1000").caller_id_name == "Ann"


@pytest.mark.parametrize("told", ["up", {"calls": []}, RuntimeError("a bug")])
def test_live_status_that_is_none_counts_as_unknown(api, memory, give, caplog, told):
    give(memory.switch, "live", told)
    for page in PAGES:
        api.app.get(f"/sip/admin{page}")
    (switch,) = api("GET /live", status=200).json["switches"]
    assert (switch["fresh"], switch["calls"]) == (False, None)
    assert "Switch sw: its reload plugin does not tell" in caplog.text


# Storages


@pytest.mark.parametrize("method", ["update", "create"])
def test_a_storage_that_does_not_return_what_it_stored(api, memory, give, caplog, method):
    give(memory.storage, method, None)
    call, given = {
        "update": ("PATCH /extensions/1000", {"caller_id_name": "Bob"}),
        "create": ("POST /extensions", {"id": "1001"}),
    }[method]
    answer = api(call, given=given, status=503)
    assert "it is not known whether the change was stored" in answer.json["detail"]
    assert "sipapp.testing.memory.MemoryStorage gave NoneType" in caplog.text
    assert api("GET /history", status=200).json["entries"] == []


@pytest.mark.parametrize("found", [None, RuntimeError("/srv/secret")])
def test_an_examination_that_fails_is_said_where_its_findings_would_be(
    api, memory, give, caplog, found
):
    app = api.app
    give(memory.storage, "examine", found)
    words = "The storage's plugin failed as it examined; the server's log has the details."
    page = app.get("/sip/admin/health", status=503)
    assert words in text(page)
    assert "Everything well" not in page
    assert "does not examine" not in page
    for path in ("", "/extensions/1000"):
        assert words in text(app.get(f"/sip/admin{path}"))
    assert api("GET /health/directory", status=503).json["detail"] == words
    assert "/srv/secret" not in page
    assert ("/srv/secret" in caplog.text) is (found is not None)


class WrongFindings(ExaminationView):
    """A view whose methods return nothing, or fail."""

    def __init__(self, error):
        self.error = error

    def summary(self):
        return self._answer()

    def findings(self, *, after="", limit=50):
        return self._answer()

    def findings_of(self, extensions):
        return self._answer()

    def _answer(self):
        if self.error:
            raise self.error


@pytest.mark.parametrize("error", [None, RuntimeError("/srv/secret")])
def test_findings_that_are_none_are_said_where_they_would_be(api, memory, give, error):
    give(memory.storage, "examine", WrongFindings(error))
    words = "The storage's plugin failed as it examined; the server's log has the details."
    for path in ("", "/extensions/1000"):
        assert words in text(api.app.get(f"/sip/admin{path}"))
    page = api.app.get("/sip/admin/health", status=503)
    assert words in text(page)
    assert "/srv/secret" not in page


# Hooks


class Veto:
    @hookimpl
    def sipapp_validate_extension(self, new, old):
        yield FieldError("id", None)


def test_a_veto_without_words_refuses_the_change(make_app, memory, caplog):
    app = make_app(INI, plugins=[memory, Veto()])
    app.post_json("/sip/api/v1/extensions", {"id": "1001"}, status=503)
    assert "1001" not in [each.id for each in memory.storage.list()]
    assert "FieldError.message must be str, and got NoneType" in caplog.text


@pytest.mark.parametrize("line", [None, "all well", ("check", "ok", "It is well.")])
def test_the_doctor_says_that_a_plugin_gives_no_lines(app, memory, give, line):
    give(memory.storage, "diagnose", [line])
    give(memory.switch, "ping", None)
    app.get("/sip/admin/doctor").form.submit().follow()
    page = text(app.get("/sip/admin/doctor"))
    assert page.count("It could not be looked at: TypeError.") == 2


# Factories


def fail():
    raise OSError("no such disk")


@pytest.mark.parametrize(
    ("setting", "make", "words"),
    [
        ("storage", lambda: None, "its factory gave NoneType, not a kind of ExtensionStorage"),
        ("storage", fail, "OSError('no such disk')"),
        ("reloader.sw.use", lambda: None, "its factory gave NoneType, not a kind of ReloadStr"),
        ("reloader.sw.use", MemoryStorage, "its factory gave MemoryStorage, not a kind of"),
        ("reloader.sw.use", fail, "OSError('no such disk')"),
    ],
)
def test_a_factory_that_makes_nothing_stops_the_start_by_name(
    make_app, memory, setting, make, words
):
    class Broken:
        @hookimpl
        def sipapp_storage_backends(self):
            return [Backend("broken", make, "")]

        @hookimpl
        def sipapp_reload_strategies(self):
            return [Backend("broken", make, "")]

    kind = "Storage" if setting == "storage" else "Reload strategy"
    expected = rf"^{kind} 'broken' of plugin '\S+' could not be made: {re.escape(words)}"
    with pytest.raises(SettingsError, match=expected):
        make_app({**INI, f"sipapp.{setting}": "broken"}, plugins=[memory, Broken()])
