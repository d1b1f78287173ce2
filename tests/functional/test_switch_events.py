"""Plugins are told of switches that fall behind, are given up, and catch up."""

from queue import SimpleQueue
from threading import Event

import pytest

from sipapp.api import SwitchTimeout, hookimpl
from sipapp.switches.timing import Timing

INI = {
    "sipapp.storage": "memory",
    "sipapp.reloaders": "sw",
    "sipapp.reloader.sw.use": "scripted",
}


class Observer:
    def __init__(self):
        self.events = SimpleQueue()

    @hookimpl
    def sipapp_switch_changed(self, event):
        self.events.put(event)

    def next(self):
        return self.events.get(timeout=30)


@pytest.fixture
def observer():
    return Observer()


@pytest.fixture
def start(make_app, memory, monkeypatch):
    def started(*plugins, **timing):
        monkeypatch.setattr("sipapp.app.SWITCH_TIMING", Timing(start_reload_s=600.0, **timing))
        return make_app(INI, plugins=[memory, *plugins])

    return started


def create(app, extension_id):
    answer = app.post_json("/sip/api/v1/extensions", {"id": extension_id}, status=201)
    return answer.json["apply"]["state"]


def test_a_switch_falls_behind_is_given_up_and_catches_up(start, memory, observer):
    app = start(observer, first_retry_s=0.01, max_retry_s=0.01, max_tries=2)
    memory.switch.fault = SwitchTimeout("no answer")
    assert create(app, "1000") == "pending"
    behind, given_up = observer.next(), observer.next()
    memory.switch.fault = None
    assert create(app, "1001") == "applied"
    caught_up = observer.next()

    assert [behind.state, given_up.state, caught_up.state] == ["behind", "given up", "up to date"]
    assert [behind.why, given_up.why, caught_up.why] == ["no answer", "no answer", ""]
    assert behind.switch == "sw"
    assert behind.at <= given_up.at <= caught_up.at
    app.app.registry.close()
    assert observer.events.empty()


def test_a_pending_change_that_is_applied_later_is_reported(start, memory, observer):
    app = start(observer, first_retry_s=0.01, max_retry_s=0.01)
    memory.switch.fault = SwitchTimeout("no answer")
    create(app, "1000")
    assert observer.next().state == "behind"
    memory.switch.fault = None
    assert observer.next().state == "up to date"


def test_a_switch_that_is_well_is_no_event(start, observer):
    app = start(observer)
    assert create(app, "1000") == "applied"
    app.app.registry.close()
    assert observer.events.empty()


def test_an_observer_that_hangs_delays_no_change_and_one_that_fails_none_of_the_others(
    start, memory, observer, caplog, monkeypatch
):
    free = Event()

    class Hangs:
        @hookimpl
        def sipapp_switch_changed(self, event):
            free.wait(30)
            raise RuntimeError(event.state)

    monkeypatch.setattr("sipapp.hooks.switch_events.STOP_TIMEOUT_S", 30.0)
    app = start(observer, Hangs(), first_retry_s=600.0)
    memory.switch.fault = SwitchTimeout("no answer")
    assert create(app, "1000") == "pending"
    memory.switch.fault = None
    assert create(app, "1001") == "applied"
    free.set()
    assert [observer.next().state, observer.next().state] == ["behind", "up to date"]
    app.app.registry.close()
    assert "failed in sipapp_switch_changed" in caplog.text
