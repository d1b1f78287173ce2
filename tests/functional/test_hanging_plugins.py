"""A plugin that hangs keeps a few requests; all others are answered, and say why."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.functional.hanging import Hanging
from tests.functional.phone_client import PASSWORD, REPORT

from sipapp.api import Call, Extension, LiveStatus, hookimpl
from sipapp.history.sqlite_store import SqliteStore
from sipapp.phone.reports import MemoryReports


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
    monkeypatch.setattr("sipapp.phone.service._REPORT_WAIT_S", 0.0)
    monkeypatch.setattr("sipapp.changes.committer._MAX_CHANGES", 2)
    monkeypatch.setattr("sipapp.changes.committer.LOCK_TIMEOUT_S", 0.0)
    for module, places, limit in (
        ("changes.reader", "_MAX_READS", "_READ_WAIT_S"),
        ("history.history", "_MAX_READS", "_READ_WAIT_S"),
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


def test_the_settings_of_the_phones_page(make_app, memory, hang, monkeypatch):
    class Adding:
        @staticmethod
        def settings():
            return {"colour": "red"}

        @hookimpl
        def sipapp_phone_config(self):
            return self.settings()

    monkeypatch.setattr("sipapp.web.phone.page._MAX_PLUGIN_CALLERS", 2)
    monkeypatch.setattr("sipapp.web.phone.page._PLUGIN_WAIT_S", 0.0)
    adding = Adding()
    app = make_app({"sipapp.storage": "memory"}, plugins=[memory, adding])
    assert "colour" in app.get("/sip")
    kept = adding.settings
    hanging = hang(adding, "settings")

    def ask():
        return app.get("/sip")

    with both_places_taken(ask, hanging):
        for _ in range(5):
            page = app.get("/sip", status=200)
            assert "phone-config" in page
            assert "colour" not in page
    adding.settings = kept
    assert "colour" in app.get("/sip")


CHANGES = {
    "create": ("POST /extensions", {"id": "1001"}),
    "create_many": ("POST /batch", {"items": [{"id": "1001"}]}),
    "update": ("PATCH /extensions/1000", {"caller_id_name": "Bob"}),
    "rename": ("POST /extensions/1000/rename", {"id": "1001"}),
    "set_enabled": ("POST /extensions/1000/disable", {}),
    "delete": ("DELETE /extensions/1000", None),
}


@pytest.fixture
def _ten_extensions(memory):
    for number in range(1000, 1010):
        memory.storage.create(Extension(str(number), password=PASSWORD))


@pytest.mark.usefixtures("_ten_extensions")
@pytest.mark.parametrize("change", CHANGES)
def test_the_storage_as_it_changes(api, memory, hang, change):
    app = api.app
    hanging = hang(memory.storage, "update")
    places = iter(range(1001, 1010))

    def ask():
        path = f"/sip/api/v1/extensions/{next(places)}"
        return app.patch_json(path, {"caller_id_name": "Bob"}, expect_errors=True)

    call, given = CHANGES[change]
    with both_places_taken(ask, hanging):
        for _ in range(5):
            answer = api(call, given=given, status=503)
            assert "other changes are being made" in answer.json["detail"]
            assert "Nothing was changed" in answer.json["detail"]
            api("GET /extensions", status=200)
            assert app.get("/sip").status_int == 200


@pytest.mark.usefixtures("_stored")
def test_the_check_of_a_plugin(make_app, make_api, memory, hang):
    class Checking:
        @staticmethod
        def check():
            return []

        @hookimpl
        def sipapp_validate_extension(self):
            return self.check()

    checking = Checking()
    app = make_app({"sipapp.storage": "memory"}, plugins=[memory, checking])
    api = make_api(app)
    hanging = hang(checking, "check")
    ids = iter(["1001", "1002"])

    def ask():
        return app.post_json("/sip/api/v1/extensions", {"id": next(ids)}, expect_errors=True)

    with both_places_taken(ask, hanging):
        for path in ("/extensions", "/batch"):
            given = {"id": "1003"} if path == "/extensions" else {"items": [{"id": "1003"}]}
            answer = api(f"POST {path}", given=given, status=503)
            assert "other changes are being made" in answer.json["detail"]
        api("GET /extensions", status=200)


def test_an_observer(make_app, make_api, memory, hang):
    class Observing:
        @staticmethod
        def told():
            return None

        @hookimpl
        def sipapp_extension_changed(self):
            self.told()

    observing = Observing()
    api = make_api(make_app({"sipapp.storage": "memory"}, plugins=[memory, observing]))
    hanging = hang(observing, "told")
    ids = iter(["1001", "1002"])

    def ask():
        return api("POST /extensions", given={"id": next(ids)})

    with both_places_taken(ask, hanging):
        for call in ("POST /extensions", "POST /reload"):
            answer = api(call, given={"id": "1003"} if "ext" in call else None, status=503)
            assert "other changes are being made" in answer.json["detail"]
        (one, other) = api("GET /extensions", status=200).json["items"]
        assert (one["id"], other["id"]) == ("1001", "1002")


@pytest.mark.usefixtures("_stored")
def test_the_history(api, hang):
    app = api.app
    api("PATCH /extensions/1000", given={"caller_id_name": "Bob"}, status=200)
    entry = api("GET /history", status=200).json["entries"][0]["id"]
    hanging = hang(SqliteStore, "find")

    def ask():
        return app.get("/sip/admin/history", expect_errors=True)

    with both_places_taken(ask, hanging):
        for call in ("GET /history", f"POST /history/{entry}/undo"):
            given = {} if call.startswith("POST") else None
            answer = api(call, given=given, status=503)
            assert "history (sipapp.history) has not answered" in answer.json["detail"]
        app.get("/sip/admin/history", status=503)
        # Changes are made, and recorded, all the same.
        api("PATCH /extensions/1000", given={"caller_id_name": "Cy"}, status=200)


@pytest.mark.usefixtures("_stored")
@pytest.mark.parametrize("undone", [False, True])
def test_the_storage_as_an_undo_asks_it(api, memory, hang, undone):
    app = api.app
    api("PATCH /extensions/1000", given={"caller_id_name": "Bob"}, status=200)
    entry = api("GET /history", status=200).json["entries"][0]["id"]
    hanging = hang(memory.storage, "snapshot_many" if undone else "get")

    def ask():
        path = f"/sip/api/v1/history/{entry}/undo"
        return app.post_json(path, {}, expect_errors=True)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(ask)
        with hanging.seen():
            pool.submit(ask)
            # The second one hangs as well, or waits for the lock of the first.
            for _ in range(3):
                assert app.get("/sip").status_int == 200


def test_the_end_of_a_call(api, memory, hang):
    call = Call(
        "d9d7c98a",
        caller="1000",
        caller_name="",
        callee="1001",
        state="active",
        since=0.0,
        codec="opus",
    )
    memory.switch.status = LiveStatus("test", 0.0, calls=(call,))
    hanging = hang(memory.switch, "end_call")
    path = "/live/sw/calls/d9d7c98a"

    def ask():
        return api.app.delete(f"/sip/api/v1{path}", expect_errors=True)

    with both_places_taken(ask, hanging):
        for _ in range(3):
            answer = api(f"DELETE {path}", status=502)
            assert "not answered yet to others who end calls" in answer.json["detail"]
            (switch,) = api("GET /live", status=200).json["switches"]
            assert switch["fresh"] is True


def test_the_reports_of_phones(open_phone, hang):
    phone = open_phone()
    phone.log_in()
    hanging = hang(MemoryReports, "add")

    def ask():
        return phone.ask("POST /reports", REPORT, status="*")

    with both_places_taken(ask, hanging):
        answer = phone.ask("POST /reports", REPORT, status=503)
        assert answer.headers["Retry-After"] == "10"
        assert "cannot keep reports now" in answer.json["detail"]
        phone.ask("GET /directory", status=200)


def test_the_presence_for_a_phone(open_phone, memory, hang):
    phone = open_phone()
    phone.log_in()
    hanging = hang(memory.storage, "get_many")

    def ask():
        return phone.ask("GET /presence?numbers=1001")

    with both_places_taken(ask, hanging):
        for _ in range(30):
            assert ask().headers["Retry-After"] == "10"
        assert phone.app.get("/sip").status_int == 200
