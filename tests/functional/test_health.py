"""What monitoring sees."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from tests.functional.hanging import Hanging
from tests.functional.route_table import path_of, public_routes

from sipapp.api import HealthCheck, StorageUnavailable, SwitchConnectionRefused, hookimpl
from sipapp.changes.write_checks import WriteChecks
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.phone.reports import MemoryReports
from sipapp.settings.ini import parse_settings
from sipapp.state.memory import MemoryState
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.timing import Timing
from sipapp.testing.waiting import eventually
from sipapp.web.health import STATE_KEPT_S, HealthView
from sipapp.web.plugin_checks import CHECK_TIMEOUT_S, PluginChecks

ADMIN = {"Authorization": "Basic " + base64.b64encode(b"admin:s3cret-1").decode()}


@pytest.fixture
def open_health(make_app, memory):
    def opened(*plugins):
        ini = {
            "sipapp.storage": "memory",
            "sipapp.reloaders": "sw",
            "sipapp.reloader.sw.use": "scripted",
        }
        return make_app(ini, plugins=[memory, *plugins], SIP_ADMIN_PASS="s3cret-1")

    return opened


def test_all_is_well_and_public(open_health):
    answer = open_health().get("/sip/health", status=200)
    assert answer.json == {
        "status": "ok",
        "storage": {"name": "memory", "status": "ok"},
        "history": {"status": "ok"},
        "reports": {"status": "ok"},
        "switches": [{"name": "sw", "status": "ok"}],
        "checks": [],
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_switch_that_is_down_is_503_without_details(open_health, memory):
    memory.switch.fault = SwitchConnectionRefused("10.0.0.9 port 8021")
    answer = open_health().get("/sip/health", status=503)
    assert answer.json["switches"] == [{"name": "sw", "status": "fault"}]
    assert answer.json["status"] == "fault"
    assert "8021" not in answer


@pytest.mark.parametrize(
    ("part", "kind"), [("history", History), ("reports", MemoryReports)], ids=["history", "reports"]
)
def test_a_history_or_reports_that_cannot_be_written_are_503_without_details(
    open_health, monkeypatch, part, kind
):
    def fail(_self):
        raise StorageUnavailable("/srv/x")

    monkeypatch.setattr(kind, "check", fail)
    answer = open_health().get("/sip/health", status=503)
    assert answer.json[part] == {"status": "fault"}
    assert answer.json["status"] == "fault"
    assert "/srv/x" not in answer


@pytest.mark.parametrize("error", [StorageUnavailable("/srv/x"), RuntimeError("/srv/x")])
def test_a_storage_that_fails_is_503_without_details(
    open_health, memory, monkeypatch, caplog, error
):
    def fail():
        raise error

    monkeypatch.setattr(memory.storage, "check", fail)
    answer = open_health().get("/sip/health", status=503)
    assert answer.json["storage"] == {"name": "memory", "status": "fault"}
    assert "/srv/x" not in answer
    assert "/srv/x" in caplog.text


class Checks:
    __name__ = "acme"

    @hookimpl
    def sipapp_health_checks(self):
        return [HealthCheck("good", lambda: "fine"), HealthCheck("bad", self.fail)]

    def fail(self):
        raise RuntimeError("/srv/y")


class Broken:
    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def sipapp_health_checks(self):
        return self.answer


@pytest.mark.parametrize("wrong", [5, ["x"], [None]])
def test_plugins_add_lines_and_a_broken_one_costs_its_own(open_health, caplog, wrong):
    answer = open_health(Broken(wrong), Checks()).get("/sip/health", status=503)
    assert answer.json["checks"] == [
        {"plugin": "acme", "name": "good", "status": "ok"},
        {"plugin": "acme", "name": "bad", "status": "fault"},
    ]
    assert "/srv/y" not in answer
    assert "failed in sipapp_health_checks" in caplog.text


def test_the_health_page_shows_what_checks_say(open_health):
    page = open_health(Checks()).get("/sip/admin/health", headers=ADMIN)
    lines = [each.get_text(" ", strip=True) for each in page.html.select("#plugin-checks li")]
    assert lines == [
        "OK good of acme: fine",
        "Fault bad of acme: The server's log has the reason.",
    ]
    assert "/srv/y" not in page


def test_checks_of_one_name_are_distinguished_by_their_plugins(open_health):
    class Other(Checks):
        __name__ = "other"

    answer = open_health(Other(), Checks()).get("/sip/health", status=503)
    found = [(each["plugin"], each["name"]) for each in answer.json["checks"]]
    assert sorted(found) == [
        ("acme", "bad"),
        ("acme", "good"),
        ("other", "bad"),
        ("other", "good"),
    ]


def test_what_a_check_returns_may_be_no_text(open_health):
    class Wrong:
        __name__ = "acme"

        @hookimpl
        def sipapp_health_checks(self):
            return [HealthCheck("odd", lambda: 5)]

    page = open_health(Wrong()).get("/sip/admin/health", headers=ADMIN)
    assert page.html.select_one("#plugin-checks").get_text(" ", strip=True) == "OK odd of acme"


def test_many_watchers_cost_the_switch_no_more_than_one(open_health, memory, monkeypatch):
    pings = []
    monkeypatch.setattr(memory.switch, "ping", lambda *, timeout: pings.append(timeout) or "here")
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 3600.0)
    app = open_health()
    for _ in range(5):
        app.get("/sip/health", status=200)
    assert len(pings) == 1
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 0.0)
    app.get("/sip/health", status=200)
    assert len(pings) == 2


def test_a_switch_that_is_behind_is_503_with_the_time(open_health, memory):
    app = open_health()
    memory.switch.fault = SwitchConnectionRefused("10.0.0.9 port 8021")
    app.post_json(
        "/sip/api/v1/extensions",
        {"id": "1020"},
        headers=ADMIN,
        status=201,
    )
    memory.switch.ping = lambda *, timeout: "here"  # it answers, and has not reloaded yet
    answer = app.get("/sip/health", status=503)
    (line,) = answer.json["switches"]
    assert line["status"] == "fault"
    since = datetime.fromisoformat(line["behind_since"])
    assert abs((datetime.now(UTC) - since).total_seconds()) < 10
    assert "8021" not in answer


# What hangs


@pytest.fixture
def hanging():
    made = Hanging()
    yield made
    made.free.set()


class Slow:
    """A plugin with several checks that hang, and one that does not."""

    def __init__(self, hanging):
        self._hanging = hanging

    @hookimpl
    def sipapp_health_checks(self):
        slow = [HealthCheck(name, self._hanging) for name in ("one", "two")]
        return [*slow, HealthCheck("good", lambda: "fine")]


class SlowHook:
    def __init__(self, hanging):
        self._hanging = hanging

    @hookimpl
    def sipapp_health_checks(self):
        return self._hanging()


@pytest.fixture(params=["switch", "storage", "history", "reports", "checks", "hook"])
def stalled(request, open_health, memory, monkeypatch, hanging):
    """Open the application, of which something hangs that its health depends on."""
    plugins = {"checks": [Slow(hanging)], "hook": [SlowHook(hanging)]}.get(request.param, [])

    def opened(*, patience, limit):
        monkeypatch.setattr("sipapp.web.health.CHECK_WAIT_S", patience)
        monkeypatch.setattr("sipapp.web.plugin_checks.CHECK_TIMEOUT_S", limit)
        monkeypatch.setattr("sipapp.changes.write_checks.CHECK_TIMEOUT_S", limit)
        monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 0.0)
        monkeypatch.setattr("sipapp.app.SWITCH_TIMING", Timing(600.0, ping_timeout_s=limit))
        if request.param == "switch":
            monkeypatch.setattr(memory.switch, "ping", hanging)
        if request.param == "storage":
            monkeypatch.setattr(memory.storage, "check", hanging)
        if request.param == "history":
            monkeypatch.setattr(History, "check", hanging)
        if request.param == "reports":
            monkeypatch.setattr(MemoryReports, "check", hanging)
        return open_health(*plugins)

    return opened


def states(answer):
    """All lines by name, with the whole."""
    lines = [*answer["switches"], *answer["checks"], answer["storage"]]
    return {each["name"]: each["status"] for each in [*lines, {"name": "all", **answer}]}


def test_all_others_are_answered_while_the_first_still_waits(stalled, hanging, request):
    app = stalled(patience=60.0, limit=60.0)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(app.get, "/sip/health", expect_errors=True)
        with hanging.seen():
            for method, pattern in [*public_routes(app) * 3, ("GET", "/sip/static/x")]:
                answer = app.request(path_of(pattern), method=method, expect_errors=True)
                assert answer.status_int < 500 or pattern == "/sip/health"
            # It is not known yet whether all is well.
            answer = app.get("/sip/health", status=503)
            assert states(answer.json)["all"] == "asking"
            app.get("/sip/admin", status=401)
            # What the start has begun already, nobody waits for.
            begun = request.node.callspec.params["stalled"] in ("storage", "history")
            assert begun or not first.done()
        first.result(60)


def test_the_first_does_not_wait_for_ever(stalled):
    app = stalled(patience=0.01, limit=60.0)
    assert states(app.get("/sip/health", status=503).json)["all"] == "asking"


def test_what_does_not_answer_is_a_fault_and_keeps_one_thread_each(stalled, hanging, monkeypatch):
    app = stalled(patience=0.0, limit=0.0)
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 0.0)
    monkeypatch.setattr("sipapp.web.admin.switch_health.STATE_KEPT_S", 0.0)
    # A plugin's check begins with the first request that finds it.
    eventually(lambda: app.get("/sip/health", status=503) and hanging.begun)
    with hanging.seen():
        for _ in range(20):
            assert states(app.get("/sip/health", status=503).json)["all"] == "fault"
            app.get("/sip/admin", headers=ADMIN)
        # Two for the two checks that hang.
        assert hanging.begun <= 2


def test_the_page_says_that_the_switch_does_not_answer(
    open_health, memory, monkeypatch, hanging, switch_timing
):
    monkeypatch.setattr(memory.switch, "ping", hanging)
    switch_timing(ping_timeout_s=0.0)
    page = open_health().get("/sip/admin", headers=ADMIN)
    assert "Fault" in page.html.select_one(".health").text


def test_the_page_does_not_wait_to_know_how_the_switch_is(
    open_health, memory, monkeypatch, hanging, switch_timing
):
    monkeypatch.setattr(memory.switch, "ping", hanging)
    switch_timing(ping_timeout_s=60.0)
    app = open_health()
    for _ in range(2):
        page = app.get("/sip/admin", headers=ADMIN)
        assert "Asking" in page.html.select_one(".health.state-busy").text
    assert hanging.begun == 1


def test_others_say_how_they_are_beside_one_that_hangs(memory, monkeypatch, hanging, caplog):
    monkeypatch.setattr("sipapp.web.health.CHECK_WAIT_S", 0.01)
    now = [100.0]
    plugins = Plugins.load([Slow(hanging), Checks()])
    history = History(sqlite_store(None), memory.storage)
    checks = WriteChecks({"storage": memory.storage.check, "history": history.check})
    clock = lambda: now[0]  # noqa: E731
    health = HealthView(checks, MemoryReports(time.time), PluginChecks(plugins, clock), clock)
    app = SimpleNamespace(
        history=history,
        switches=SwitchFleet({}, MemoryState()),
        settings=parse_settings({"sipapp.storage": "memory"}, {}),
    )
    request = SimpleNamespace(app=app, response=SimpleNamespace(status=200))
    expected = {"one": "asking", "two": "asking", "good": "ok", "bad": "fault", "memory": "ok"}
    deadline = time.monotonic() + 30
    while states(health(request)) != {**expected, "all": "fault"}:
        assert time.monotonic() < deadline
    now[0] += CHECK_TIMEOUT_S
    told = states(health(request))
    assert (told["one"], told["two"]) == ("fault", "fault")
    for name in ("one", "two"):
        assert f"check {name} of plugin" in caplog.text
    hanging.free.set()
    while states(health(request)) != {**expected, "one": "ok", "two": "ok", "all": "fault"}:
        assert time.monotonic() < deadline
        now[0] += STATE_KEPT_S
