"""A plugin that hangs keeps a few requests; all others are answered, and say why."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.functional.hanging import Hanging
from tests.functional.phone_client import PASSWORD

from sipapp.api import Extension


def _fail():
    raise RuntimeError("late")


@pytest.fixture
def hang(monkeypatch):
    """Let a plugin's method hang."""
    made = Hanging(_fail)

    def hang(plugin, method):
        # Not every storage can be examined; this one then can.
        monkeypatch.setattr(plugin, method, made, raising=False)
        return made

    yield hang
    made.free.set()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Two places each, and nobody waits for one."""
    monkeypatch.setattr("sipapp.phone.service.MAX_STORAGE_READERS", 2)
    monkeypatch.setattr("sipapp.phone.service.STORAGE_WAIT_S", 0.0)
    for module, places, limit in (
        ("changes.reader", "_MAX_READS", "_READ_WAIT_S"),
        ("changes.health", "_MAX_EXAMINATIONS", "_EXAMINATION_WAIT_S"),
        ("switches.live", "_MAX_CALLERS", "_CALLER_WAIT_S"),
    ):
        monkeypatch.setattr(f"sipapp.{module}.{places}", 2)
        monkeypatch.setattr(f"sipapp.{module}.{limit}", 0.0)


@pytest.fixture
def _stored(memory):
    memory.storage.create(Extension("1000", password=PASSWORD, caller_id_name="Ann"))


@contextmanager
def both_places_taken(ask, hanging):
    """Two requests hang inside; what they come to in the end is nobody's business."""
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(ask)
        with hanging.seen(times=2):
            yield


@pytest.mark.usefixtures("_stored")
@pytest.mark.parametrize(("method", "path"), [("list", "/extensions"), ("get", "/extensions/1000")])
def test_a_storage(api, memory, hang, method, path):
    app = api.app
    kept = getattr(memory.storage, method)
    hanging = hang(memory.storage, method)

    def ask():
        return app.get(f"/sip/api/v1{path}", expect_errors=True)

    with both_places_taken(ask, hanging):
        for _ in range(5):
            assert "was not asked again" in api(f"GET {path}", status=503).json["detail"]
            assert app.get("/sip").status_int == 200
        page = app.get(f"/sip/admin{path if method == 'get' else ''}", status=503)
        assert page.html.h1.text == "The extensions cannot be reached"
        call, given = {
            "get": ("PATCH /extensions/1000", {"caller_id_name": "Bob"}),
            "list": ("POST /batch", {"items": [{"id": "1001"}]}),
        }[method]
        api(call, given=given, status=503)
    setattr(memory.storage, method, kept)
    api(f"GET {path}", status=200)
    assert [each.caller_id_name for each in memory.storage.list()] == ["Ann"]


@pytest.mark.usefixtures("_stored")
def test_an_examination(api, memory, hang):
    app = api.app
    hanging = hang(memory.storage, "examine")

    def ask():
        return app.get("/sip/admin/health", expect_errors=True)

    with both_places_taken(ask, hanging):
        for _ in range(5):
            assert "has been examined for more than" in app.get("/sip/admin/health", status=503)
            assert "has been examined for more than" in app.get("/sip/admin", status=200)
        api("GET /health/directory", status=503)


@pytest.mark.usefixtures("_stored")
def test_what_goes_on_at_a_switch(api, memory, hang, caplog):
    app = api.app
    hanging = hang(memory.switch, "live")

    def ask():
        return app.get("/sip/admin/live", expect_errors=True)

    with both_places_taken(ask, hanging):
        for _ in range(5):
            for path in ("", "/live", "/live.json"):
                app.get(f"/sip/admin{path}", status=200)
            (switch,) = api("GET /live", status=200).json["switches"]
            assert switch["fresh"] is False
    assert "Switch sw: Its reload plugin has been asked what goes on" in caplog.text


def test_the_proof_of_a_phone(open_phone, memory, hang):
    phone = open_phone()
    kept = memory.storage.secret
    hanging = hang(memory.storage, "secret")
    proof = {"extension": "1000", "realm": "x", "nonce": "x", "proof": "0" * 64}

    def ask():
        return phone.app.post_json("/sip/phone/session", proof, expect_errors=True)

    with both_places_taken(ask, hanging):
        for _ in range(30):
            answer = phone.prove(status=503)
            assert answer.headers["Retry-After"] == "10"
            assert "cannot look at its extensions now" in answer.json["detail"]
        assert phone.app.get("/sip").status_int == 200
    memory.storage.secret = kept
    # Nothing of it was counted as a guess.
    phone.log_in()
    phone.ask("GET /directory", status=200)
