"""The history by page and API, and taking back what was changed."""

import base64
import json
import sqlite3
import stat
from contextlib import closing

import pytest

from sipapp.accounts.user_file import UserFile
from sipapp.api import Extension, FieldError, SwitchRefused, hookimpl
from sipapp.model.account import Role

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def stored(memory):
    return memory.storage.create(
        Extension("1000", password="first-secret", caller_id_name="Ann", vm_password="4711")
    )


def history(app):
    return app.get("/sip/api/v1/history").json["entries"]


def edit(app, **values):
    form = app.get("/sip/admin/extensions/1000").form
    for name, value in values.items():
        form[name] = value
    return form.submit()


def undo(app, entry_id, **given):
    return app.post_json(f"/sip/api/v1/history/{entry_id}/undo", given, expect_errors=True)


def test_a_change_is_there_with_who_what_and_what_the_switch_said(app, stored, api):
    edit(app, caller_id_name="Bob", password="second-secret")

    page = app.get("/sip/admin/history")
    text = " ".join(page.html.main.text.split())
    assert "Extension 1000 was changed" in text
    assert "Caller ID name: “Ann” → “Bob”" in text
    assert "Password: changed" in text
    assert "by admin" in text
    assert "Applied" in text
    (entry,) = api("GET /history", status=200).json["entries"]
    assert entry["extension"] == "1000"
    assert entry["actor"] == {"name": "admin", "address": ""}
    assert {"field": "password", "old": None, "new": None} in entry["changes"]
    assert entry["apply"]["state"] == "applied"
    for body in (page.text, json.dumps(entry)):
        assert "secret" not in body


def test_every_kind_of_change_is_written_down(app, stored, memory):
    app.post_json("/sip/api/v1/extensions", {"id": "1001"})
    app.post_json("/sip/api/v1/batch", {"items": [{"id": "1002"}, {"id": "1003"}]})
    app.patch_json("/sip/api/v1/extensions/1001", {"caller_id_name": "Eve"})
    app.post_json("/sip/api/v1/extensions/1001/password", {})
    app.post_json("/sip/api/v1/extensions/1001/disable", {})
    app.post_json("/sip/api/v1/extensions/1001/enable", {})
    app.delete("/sip/api/v1/extensions/1001")

    told = [(each["action"], each["extension"]) for each in reversed(history(app))]
    assert told[0] == ("created", "1001")
    assert {told[1], told[2]} == {("created", "1002"), ("created", "1003")}
    assert told[3:] == [
        ("updated", "1001"),
        ("password", "1001"),
        ("disabled", "1001"),
        ("enabled", "1001"),
        ("deleted", "1001"),
    ]
    enabled = history(app)[1]
    assert enabled["changes"] == [{"field": "enabled", "old": "no", "new": "yes"}]


def test_what_was_refused_is_not_there(app, stored, memory):
    memory.switch.fault = SwitchRefused("no")
    app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "X"}, status=409)
    app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "X\x00"}, status=422)
    assert history(app) == []


def test_each_change_can_be_taken_back_from_its_page(app, stored, memory):
    edit(app, caller_id_name="Bob", password="second-secret")
    page = app.get("/sip/admin/history")
    entry = page.click("Extension 1000 was changed")

    done = entry.form.submit().follow()

    assert "Extension 1000 is as it was. Applied by sw" in done.text
    now = memory.storage.get("1000")
    assert (now.caller_id_name, now.password) == ("Ann", "first-secret")
    assert "was taken back to what it was" in done.text
    # What was taken back can be taken back too.
    first = history(app)[0]
    assert first["undoes"] == history(app)[1]["id"]
    assert undo(app, first["id"]).status_int == 200
    assert memory.storage.get("1000").caller_id_name == "Bob"


def test_a_deleted_extension_comes_back(app, stored, memory):
    app.delete("/sip/api/v1/extensions/1000")
    assert undo(app, history(app)[0]["id"]).json["id"] == "1000"
    now = memory.storage.get("1000")
    assert (now.password, now.vm_password) == ("first-secret", "4711")
    assert memory.switch.knows("1000", timeout=1)


def test_a_created_extension_goes(app, memory):
    app.post_json("/sip/api/v1/extensions", {"id": "1001"})
    assert undo(app, history(app)[0]["id"]).status_int == 200
    assert memory.storage.list() == []


def test_after_another_change_it_shows_the_difference_and_asks(app, stored, memory):
    edit(app, caller_id_name="Bob")
    edit(app, caller_id_name="Cy", toll_allow="local")
    entry = history(app)[1]

    answer = undo(app, entry["id"])
    assert answer.status_int == 409
    assert {"field": "caller_id_name", "old": "Cy", "new": "Ann"} in answer.json["differences"]
    page = app.get(f"/sip/admin/history/{entry['id']}").form.submit(expect_errors=True)
    assert page.status_int == 409
    assert "Caller ID name: “Cy” → “Ann”" in page.text
    assert memory.storage.get("1000").caller_id_name == "Cy"

    page.form.submit()
    now = memory.storage.get("1000")
    assert (now.caller_id_name, now.toll_allow) == ("Ann", "")


def test_an_undo_that_the_switch_refuses_changes_nothing(app, stored, memory):
    edit(app, caller_id_name="Bob")
    memory.switch.fault = SwitchRefused("no")
    answer = undo(app, history(app)[0]["id"])
    assert answer.status_int == 409
    assert answer.json["apply"]["state"] == "refused"
    assert memory.storage.get("1000").caller_id_name == "Bob"
    assert len(history(app)) == 1


def test_an_undo_goes_by_the_rules_of_plugins_too(make_app, memory, stored):
    class Strict:
        @hookimpl
        def sipapp_validate_extension(self, new, old):
            bad = new.caller_id_name == "Ann"
            return [FieldError("caller_id_name", "No Ann here.")] if bad else []

    app = make_app(INI, plugins=[memory, Strict()])
    edit(app, caller_id_name="Bob")
    answer = undo(app, history(app)[0]["id"])
    assert answer.status_int == 422
    assert memory.storage.get("1000").caller_id_name == "Bob"


@pytest.mark.parametrize("entry", ["x", "..%2Fkey", "20261125T101010000000-00000000", "%C3%A4"])
def test_an_entry_that_does_not_exist(app, stored, entry):
    assert undo(app, entry).status_int == 404
    app.get(f"/sip/admin/history/{entry}", status=404)


@pytest.mark.parametrize("given", [{"anyway": 1}, {"anyway": "yes"}, {"x": True}, [], 1])
def test_an_undo_that_makes_no_sense(app, stored, given):
    edit(app, caller_id_name="Bob")
    url = f"/sip/api/v1/history/{history(app)[0]['id']}/undo"
    answer = app.post_json(url, given, expect_errors=True)
    assert answer.status_int in {400, 422}


def test_search_and_pages(app, stored):
    for number in range(51):
        app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": f"Name {number}"})

    page = app.get("/sip/admin/history")
    assert "“Name 50”" in page.text
    assert "“Ann” →" not in page.text
    older = page.click("Older")
    assert "“Ann” → “Name 0”" in older.text
    assert "“Name 50”" in older.click("Newest").text
    form = page.forms[0]
    form["search"] = "name 17"
    found = form.submit()
    assert "“Name 16” → “Name 17”" in found.text
    assert "Name 30" not in found.text
    form["search"] = HOSTILE
    assert "Nothing with this in it." in form.submit().text
    assert app.get("/sip/admin/history?before=../../x&search=%00").status_int == 200
    assert app.get("/sip/admin/history?search=%ff", status=400)


def test_hostile_values_are_text(app, stored, memory):
    # As a hand-written file may have it; an extension that is saved here has no such mark.
    memory.storage.update("1000", {"caller_id_name": HOSTILE})
    app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "Ann"})
    page = app.get("/sip/admin/history")
    assert "<script>alert" not in page.text
    assert "</script>\\u202e” → “Ann”" in page.html.main.text
    assert "\u202e" not in page.text
    assert page.html.find_all("script", src=False) == []


def test_the_address_is_the_clients_and_the_name_the_accounts(make_app, memory, stored, tmp_path):
    users = tmp_path / "users"
    UserFile(users).put("zoë", Role.OPERATOR, "a long password")
    app = make_app({**INI, "sipapp.users": str(users)}, plugins=[memory])
    pair = base64.b64encode("zoë:a long password".encode()).decode()
    app.extra_environ = {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": f"Basic {pair}"}
    app.patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "Bob"})
    assert history(app)[0]["actor"] == {"name": "zoë", "address": "192.0.2.7"}
    # An operator sees it, and cannot take it back.
    entry = app.get("/sip/admin/history").click("Extension 1000 was changed")
    assert "Take it back" not in entry.text
    assert undo(app, history(app)[0]["id"]).status_int == 403


def test_on_disk_it_survives_a_restart_with_what_undoing_needs(make_app, memory, stored, tmp_path):
    folder = tmp_path / "deep" / "history"
    ini = {**INI, "sipapp.history": str(folder)}
    app = make_app(ini, plugins=[memory])
    edit(app, caller_id_name="Bob", password="second-secret")
    assert "kept in memory" not in app.get("/sip/admin/history").text
    with closing(sqlite3.connect(folder / "history.sqlite3")) as database:
        ((text,),) = database.execute("SELECT entry FROM entries").fetchall()
    assert json.loads(text)["action"] == "updated"
    assert "secret" not in text
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    again = make_app(ini, plugins=[memory])
    assert undo(again, history(again)[0]["id"]).status_int == 200
    assert memory.storage.get("1000").password == "first-secret"


def test_a_change_that_could_not_be_written_down_is_reported_until_one_can(
    make_app, memory, stored, tmp_path, monkeypatch
):
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 0.0)
    monkeypatch.setattr("sipapp.changes.write_checks.RESULT_MAX_AGE_S", 0.0)
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    folder = tmp_path / "history"
    app = make_app({**INI, "sipapp.history": str(folder)}, plugins=[memory])
    with monkeypatch.context() as meanwhile:
        full = fill_in_between(meanwhile, memory, folder)
        edit(app, caller_id_name="Eve")

    assert memory.storage.get("1000").caller_id_name == "Eve"
    for path in ("", "/health", "/extensions/1000", "/new"):
        words = app.get(f"/sip/admin{path}").html.main.text
        assert "was made, but could not be written into the history" in words
        assert "server's log" in words
    health = app.get("/sip/health", status=503).json
    assert (health["status"], health["history"]) == ("fault", {"status": "fault"})

    full.rmdir()
    # There is room again, and the change that is not in the history still is not.
    assert "could not be written into" in app.get("/sip/admin").html.main.text
    assert app.get("/sip/health", status=503).json["history"] == {"status": "fault"}
    edit(app, caller_id_name="Bob")
    assert "could not be written into" not in app.get("/sip/admin").text
    assert app.get("/sip/health").json["history"] == {"status": "ok"}


def fill_in_between(monkeypatch, memory, folder):
    """A disk that fills up when a change is stored; returns what takes the place of the file."""
    full = folder / "history.sqlite3"

    def filling(store):
        def stored(*args, **given):
            full.unlink(missing_ok=True)
            full.mkdir()
            return store(*args, **given)

        return stored

    for name in ("create", "update"):
        monkeypatch.setattr(memory.storage, name, filling(getattr(memory.storage, name)))
    return full


def test_a_password_that_was_made_is_shown_although_the_history_failed(
    make_app, memory, stored, tmp_path, monkeypatch
):
    folder = tmp_path / "history"
    app = make_app({**INI, "sipapp.history": str(folder)}, plugins=[memory])
    full = fill_in_between(monkeypatch, memory, folder)

    created = app.post_json("/sip/api/v1/extensions", {"id": "1001"}).json
    assert created["password"] == memory.storage.get("1001").password
    assert f"written into the history (sipapp.history): {full}" in created["unrecorded"]
    full.rmdir()
    form = app.get("/sip/admin/new").forms[0]
    form["id"] = "1002"
    page = form.submit()
    assert memory.storage.get("1002").password in page.text
    assert "could not be written into the history" in page.html.main.text
    full.rmdir()
    form = app.get("/sip/admin/extensions/1001").forms[0]
    form.action = "/sip/admin/extensions/1001/password"
    page = form.submit()
    assert memory.storage.get("1001").password in page.text
    assert "could not be written into the history" in page.html.main.text


def test_a_history_that_cannot_be_written_is_reported_before_a_form_is_filled(
    make_app, memory, stored, tmp_path, caplog
):
    (tmp_path / "file").write_text("")
    app = make_app({**INI, "sipapp.history": str(tmp_path / "file" / "history")}, plugins=[memory])
    assert f"{tmp_path}/file/history: Not a directory. {tmp_path}/file is" in caplog.text
    for path in ("", "/new", "/health", "/extensions/1000", "/extensions/1000/delete"):
        words = app.get(f"/sip/admin{path}").html.select_one(".notice-error[role=alert]").text
        assert "Nothing can be saved now" in words
        assert f"{tmp_path}/file/history: Not a directory. {tmp_path}/file is" in words
    health = app.get("/sip/health", status=503)
    assert health.json["history"] == {"status": "fault"}
    assert str(tmp_path) not in health


def test_nothing_is_created_that_could_not_be_written_down(make_app, memory, stored, tmp_path):
    (tmp_path / "file").write_text("")
    app = make_app({**INI, "sipapp.history": str(tmp_path / "file" / "history")}, plugins=[memory])
    app.post_json("/sip/api/v1/extensions", {"id": "1001"}, status=503)
    app.post_json("/sip/api/v1/batch", {"items": [{"id": "1001"}]}, status=503)
    form = app.get("/sip/admin/new").forms[0]
    form["id"] = "1001"
    form["caller_id_name"] = "Zoë"
    page = form.submit(status=503)
    assert page.forms[0]["caller_id_name"].value == "Zoë"
    (told,) = page.html.select(".notice-error[role=alert]")
    assert "Nothing was saved. The history (sipapp.history) cannot be written" in told.text
    assert [each.id for each in memory.storage.list()] == ["1000"]
    assert memory.switch.reloads == 0


def test_without_a_directory_the_page_says_that_it_is_not_kept(app):
    assert "kept in memory" in app.get("/sip/admin/history").text


def test_a_history_that_cannot_be_written_stops_the_change(make_app, memory, stored, tmp_path):
    (tmp_path / "file").write_text("")
    ini = {**INI, "sipapp.history": str(tmp_path / "file" / "history")}
    app = make_app(ini, plugins=[memory])
    answer = app.patch_json(
        "/sip/api/v1/extensions/1000", {"caller_id_name": "Bob"}, expect_errors=True
    )
    assert answer.status_int == 503
    assert "sipapp.history" in answer.json["detail"]
    assert memory.storage.get("1000").caller_id_name == "Ann"
    assert memory.switch.reloads == 0


def test_a_plugin_hears_who_did_it_and_from_what_to_what(make_app, memory, stored):
    heard = []

    class Listener:
        @hookimpl
        def sipapp_extension_changed(self, event):
            heard.append(event)

    app = make_app(INI, plugins=[memory, Listener()])
    edit(app, caller_id_name="Bob", password="second-secret")
    (event,) = heard
    assert event.actor.name == "admin"
    told = {each.field: (each.old, each.new) for each in event.changes}
    assert told == {"caller_id_name": ("Ann", "Bob"), "password": (None, None)}
    assert "secret" not in repr(event)


def test_a_search_that_finds_nothing_yet_can_be_gone_on_with(app, stored, api, monkeypatch):
    monkeypatch.setattr("sipapp.history.sqlite_store.SEARCH_LIMIT", 2)
    for name in ("Bob", "Cy", "Dan", "Eve", "Fay"):
        api("PATCH /extensions/1000", given={"caller_id_name": name}, status=200)

    page = app.get("/sip/admin/history?search=ann")
    pages = [page]
    while "Search further" in page:
        assert "were looked at" in " ".join(page.html.main.text.split())
        page = page.click("Search further")
        pages.append(page)
    assert ["Bob" in each for each in pages] == [False, False, True]
    assert "this is in none of them" in pages[0]
    assert "Nothing with this in it" not in pages[0]

    told, before = [], ""
    while not told or before:
        answer = api(f"GET /history?search=ann&before={before}", status=200).json
        told.append(len(answer["entries"]))
        before = answer["next"]
        assert answer["more"] is bool(before)
    assert told == [0, 0, 1]


def test_a_history_of_an_earlier_version_is_imported_at_the_start(
    make_app, memory, stored, tmp_path
):
    folder = tmp_path / "history"
    (folder / "before").mkdir(parents=True)
    entry_id = "20261125T101000000000-0000000a"
    line = {"id": entry_id, "at": "2026-11-25T10:10:00+00:00", "action": "updated"}
    line |= {"extension": "1000", "digest": "0" * 32}
    (folder / "history.jsonl").write_text(json.dumps(line) + "\n")
    before = memory.storage.pack(Extension("1000", password="older", caller_id_name="Zoë"))
    (folder / "before" / entry_id).write_bytes(before)

    app = make_app({**INI, "sipapp.history": str(folder)}, plugins=[memory])
    assert not (folder / "before").exists()
    page = app.get("/sip/admin/history").click("Extension 1000 was changed").form.submit(status=409)
    assert "It is not known whether the extension was changed again since" in page
    assert "Caller ID name: “Ann” → “Zoë”" in page
    page.form.submit(status=303)
    assert memory.storage.get("1000").password == "older"
