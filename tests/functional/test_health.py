"""What monitoring sees."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from sipapp.api import HealthCheck, StorageUnavailable, SwitchConnectionRefused, hookimpl
from sipapp.plugins import Plugins
from sipapp.settings import parse_settings
from sipapp.switches import Switches
from sipapp.views.health import KEEP, Health


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
        {"name": "good", "status": "ok"},
        {"name": "bad", "status": "fault"},
    ]
    assert "/srv/y" not in answer
    assert "failed in sipapp_health_checks" in caplog.text


def test_many_watchers_cost_the_switch_no_more_than_one(memory, monkeypatch):
    pings = []
    monkeypatch.setattr(memory.switch, "ping", lambda *, timeout: pings.append(timeout) or "here")
    now = [100.0]
    health = Health(clock=lambda: now[0])
    request = SimpleNamespace(
        storage=memory.storage,
        history=SimpleNamespace(fault=None),
        switches=Switches({"sw": memory.switch}),
        plugins=Plugins.load([memory]),
        sipapp_settings=parse_settings({"sipapp.storage": "memory"}, {}),
    )
    for _ in range(5):
        assert health(request)["status"] == "ok"
    now[0] += KEEP - 0.1
    health(request)
    assert len(pings) == 1
    now[0] += 0.2
    health(request)
    assert len(pings) == 2
    request.switches.stop()


def test_a_switch_that_is_behind_is_503_with_the_time(open_health, memory):
    app = open_health()
    memory.switch.fault = SwitchConnectionRefused("10.0.0.9 port 8021")
    app.post_json(
        "/sip/api/v1/extensions",
        {"id": "1020"},
        headers={"Authorization": "Basic YWRtaW46czNjcmV0LTE="},
        status=201,
    )
    memory.switch.ping = lambda *, timeout: "here"  # it answers, and has not reloaded yet
    answer = app.get("/sip/health", status=503)
    (line,) = answer.json["switches"]
    assert line["status"] == "fault"
    since = datetime.fromisoformat(line["behind_since"])
    assert abs((datetime.now(UTC) - since).total_seconds()) < 10
    assert "8021" not in answer
