"""Actions that change no extension, and refused ones: with a name in log and history."""

import base64
import logging

import pytest
from argon2 import PasswordHasher
from tests.functional.phone_client import INI as PHONE_INI

from sipapp.accounts import user_file
from sipapp.accounts.user_file import UserFile
from sipapp.api import Call, Extension, LiveStatus, Registration, SwitchRefused
from sipapp.model.account import Role
from sipapp.phone.reports import PhoneReport

PASSWORD = "a long password"
CALL = Call(
    "d9d7c98a", "1000", "Ann", "1001", state="active", since=1.0, codec="", extensions=("1000",)
)
PHONE = Registration("1001", "x.test", "192.0.2.7:5060", "WSS", "Desk \x1b[2J", 1.0, 2.0, "call-id")
ADDRESS = "203.0.113.9"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    monkeypatch.setattr(user_file, "_HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
def app(make_app, memory, tmp_path):
    users = UserFile(tmp_path / "users")
    for role in Role:
        users.put(f"{role}-1", role, PASSWORD)
    memory.storage.create(Extension("1000", password="x", caller_id_name="Ann"))
    memory.switch.status = LiveStatus("test", 1.0, registrations=(PHONE,), calls=(CALL,))
    ini = {
        **PHONE_INI,
        "sipapp.storage": "memory",
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "scripted",
        "sipapp.users": str(tmp_path / "users"),
    }
    app = make_app(ini, plugins=[memory])
    app.extra_environ["REMOTE_ADDR"] = ADDRESS
    return app


def as_(app, role):
    pair = base64.b64encode(f"{role}-1:{PASSWORD}".encode()).decode()
    app.extra_environ["HTTP_AUTHORIZATION"] = f"Basic {pair}"
    return app


def history(app, search=""):
    return as_(app, "administrator").get(f"/sip/api/v1/history?search={search}").json["entries"]


def press(page, part_of_action):
    return next(
        form for form in page.forms.values() if form.action and part_of_action in form.action
    ).submit()


def end_call(app):
    as_(app, "administrator").delete("/sip/api/v1/live/sw/calls/d9d7c98a")


def end_call_by_page(app):
    press(as_(app, "administrator").get("/sip/admin/live"), "end-call")


def drop(app):
    as_(app, "administrator").delete(f"/sip/api/v1/live/sw/registrations/{PHONE.id}")


def drop_by_page(app):
    press(as_(app, "administrator").get("/sip/admin/live"), "drop-registration")


def reload(app):
    as_(app, "operator").post_json("/sip/api/v1/reload", {})


def delete_report(app):
    report = app.app.registry.app.phone.reports.add("1000", {"kind": "call", "summary": "Secret"})
    assert isinstance(report, PhoneReport)
    press(as_(app, "administrator").get("/sip/admin/reports"), "delete")


ACTIONS = [
    (end_call, "call_ended", "1000", "administrator-1"),
    (end_call_by_page, "call_ended", "1000", "administrator-1"),
    (drop, "registration_dropped", "1001", "administrator-1"),
    (drop_by_page, "registration_dropped", "1001", "administrator-1"),
    (reload, "reloaded", "", "operator-1"),
    (delete_report, "report_deleted", "1000", "administrator-1"),
]


@pytest.mark.parametrize("case", ACTIONS, ids=lambda case: case[0].__name__)
def test_an_action_is_in_log_and_history_with_its_account_and_address(app, caplog, case):
    act, action, extension, name = case
    with caplog.at_level(logging.INFO):
        act(app)
    (line,) = [each for each in caplog.messages if each.startswith(action)]
    assert f"by '{name} ({ADDRESS})'" in line
    assert line.isascii()
    assert line.isprintable()

    (entry,) = history(app)
    assert entry["actor"] == {"name": name, "address": ADDRESS}
    assert (entry["action"], entry["extension"]) == (action, extension)
    assert (entry["changes"], entry["undoable"]) == ([], False)
    assert "Secret" not in str(entry)
    assert history(app, action) == history(app, ADDRESS) == [entry]


def test_the_pages_show_an_action_and_offer_no_undo(app):
    end_call(app)
    reload(app)
    page = as_(app, "administrator").get("/sip/admin/history?search=d9d7c98a")
    (found,) = page.html.select(".history-entry")
    text = " ".join(found.get_text(" ").split())
    assert text.startswith("A call was ended Extension 1000: from 1000 to 1001 on switch sw")
    assert f"by administrator-1 ({ADDRESS})" in text
    assert not found.select(".state")
    entry = page.click("A call was ended")
    assert not entry.html.select("form")
    assert "nothing to take back" in entry.html.main.text

    (reloaded,) = app.get("/sip/admin/history?search=reloaded").html.select(".history-entry")
    text = " ".join(reloaded.get_text(" ").split())
    assert text.startswith("The switches were told to reload Applied")
    assert "Extension" not in text


def test_an_action_is_not_taken_back(app, memory):
    end_call(app)
    (entry,) = history(app)
    url = f"/sip/api/v1/history/{entry['id']}/undo"
    answer = app.post_json(url, {"anyway": True}, expect_errors=True)
    assert answer.status_int == 409
    assert "nothing to take back" in answer.json["detail"]
    assert memory.storage.get("1000").caller_id_name == "Ann"


def test_an_action_is_not_in_the_way_of_an_undo(app, memory):
    """It has no digest, as a deletion, and is about the same extension."""
    as_(app, "administrator").patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "Bob"})
    (change,) = history(app)
    end_call(app)
    app.post_json(f"/sip/api/v1/history/{change['id']}/undo", {})
    assert memory.storage.get("1000").caller_id_name == "Ann"

    memory.storage.update("1000", {"caller_id_name": "By hand"})
    undone = history(app)[0]
    end_call(app)
    answer = app.post_json(f"/sip/api/v1/history/{undone['id']}/undo", {}, expect_errors=True)
    assert answer.json["differences"]
    app.post_json(f"/sip/api/v1/history/{undone['id']}/undo", {"anyway": True})
    assert memory.storage.get("1000").caller_id_name == "Bob"


@pytest.mark.parametrize("act", [end_call_by_page, drop_by_page])
def test_what_the_switch_refused_is_in_the_log_with_the_account_and_not_in_the_history(
    app, memory, caplog, act
):
    memory.switch.fault = SwitchRefused("-ERR no\x1b")
    act(app)
    (line,) = [each for each in caplog.messages if "was not ended for" in each]
    assert f"'administrator-1 ({ADDRESS})'" in line
    assert line.isprintable()
    assert history(app) == []


def test_a_change_has_its_account_in_the_log(app, caplog):
    with caplog.at_level(logging.INFO):
        as_(app, "operator").patch_json("/sip/api/v1/extensions/1000", {"caller_id_name": "Bob"})
    assert f"Extension 1000 updated by 'operator-1 ({ADDRESS})': applied." in caplog.messages


def test_a_run_of_the_doctor_has_its_account_in_the_log(app, caplog, monkeypatch):
    monkeypatch.setattr("sipapp.doctor.runner.DoctorRunner.run", lambda *_: True)
    with caplog.at_level(logging.INFO):
        press(as_(app, "operator").get("/sip/admin/doctor"), "doctor")
    assert f"The doctor is run by 'operator-1 ({ADDRESS})'." in caplog.messages


@pytest.mark.parametrize(
    ("role", "path", "given"),
    [
        ("viewer", "/reload", {}),
        ("operator", "/extensions/1000/delete", {}),
        ("operator", "/extensions/1000", {"toll_allow": "x"}),
        ("operator", "/extensions/1000/password", {"end_calls": "yes"}),
        ("administrator", "/reload", None),
    ],
)
def test_a_refusal_is_in_the_log_with_its_account_and_does_not_fill_the_history(
    app, caplog, role, path, given
):
    page = as_(app, "operator").get("/sip/admin/extensions/1000")
    form = {**dict(page.form.submit_fields()), **given} if given is not None else {"a": "b"}
    as_(app, role)
    for _ in range(3):
        app.post(f"/sip/admin{path}", form, status=403)
    lines = [each for each in caplog.messages if each.startswith("Refused POST")]
    assert len(lines) == 3
    assert f"'/sip/admin{path}' to '{role}-1 ({ADDRESS})'" in lines[0]
    assert history(app) == []


def test_a_write_of_another_site_is_in_the_log_with_its_address(app, caplog):
    headers = {"Sec-Fetch-Site": "cross-site"}
    as_(app, "administrator").post("/sip/admin/reload", {}, headers=headers, status=403)
    assert f"Refused a cross-site POST '/sip/admin/reload' to {ADDRESS}." in caplog.messages
