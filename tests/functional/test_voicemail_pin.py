"""A voicemail PIN that is set here is the only one that opens the mailbox."""

import pytest
from tests.functional.event_socket import settings_of

from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli
from sipapp.testing.waiting import eventually

EXTENSIONS = "/sip/api/v1/extensions"
OWN = "471147"
REMOVED = "The PIN that was set by phone was removed: the mailbox opens by the new one alone."


@pytest.fixture
def switch(folder):
    with FakeEventSocket() as switch:
        switch.directory = folder
        switch.own_pins = {}
        yield switch


@pytest.fixture(params=["esl", "fs_cli"])
def app(request, make_app, switch, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(switch.password)
    ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(folder)}
    ini |= settings_of(request.param, switch, secret, FakeFsCli(tmp_path).command)
    app = make_app(ini)
    values = {"id": "1000", "vm_password": "1234"}
    assert app.post_json(EXTENSIONS, values).json["apply"]["state"] == "applied"
    switch.own_pins["1000"] = OWN
    return app


def forgotten(answer):
    assert OWN not in answer.text
    (told,) = answer.json["apply"]["switches"]
    assert told["outcome"] == "applied"
    return told["forgotten"]


def test_the_persons_own_pin_is_taken_back_with_a_new_one(app, switch, caplog):
    answer = app.patch_json(f"{EXTENSIONS}/1000", {"vm_password": "98765"})
    assert forgotten(answer) == REMOVED
    assert switch.own_pins == {"1000": ""}
    assert OWN not in caplog.text
    # Once more there is none to tell of.
    assert forgotten(app.patch_json(f"{EXTENSIONS}/1000", {"vm_password": "98766"})) == ""


def test_other_changes_leave_it(app, switch):
    app.patch_json(f"{EXTENSIONS}/1000", {"caller_id_name": "New"})
    app.post_json(f"{EXTENSIONS}/1000/password", {})
    app.post_json(f"{EXTENSIONS}/1000/disable", {})
    app.post_json(f"{EXTENSIONS}/1000/enable", {})
    assert switch.own_pins == {"1000": OWN}


def test_nobody_gets_a_mailbox_that_the_pin_of_another_one_opens(app, switch):
    app.delete(f"{EXTENSIONS}/1000")
    assert switch.own_pins == {"1000": OWN}
    assert forgotten(app.post_json(EXTENSIONS, {"id": "1000"})) == REMOVED
    switch.own_pins["2000"] = OWN
    answer = app.post_json(f"{EXTENSIONS}/1000/rename", {"id": "2000"})
    assert REMOVED in forgotten(answer)
    assert switch.own_pins == {"1000": "", "2000": ""}
    switch.own_pins["1001"] = OWN
    app.post_json("/sip/api/v1/batch", {"items": [{"id": "1001"}, {"id": "1002"}]})
    assert switch.own_pins["1001"] == ""


def test_the_undo_of_a_pin_takes_it_back_too(app, switch):
    app.patch_json(f"{EXTENSIONS}/1000", {"vm_password": "98765"})
    switch.own_pins["1000"] = OWN
    (entry, *_) = app.get("/sip/api/v1/history").json["entries"]
    answer = app.post_json(f"/sip/api/v1/history/{entry['id']}/undo", {})
    assert forgotten(answer) == REMOVED


def test_the_page_says_what_became_of_it(app, switch):
    def saved(pin):
        form = app.get("/sip/admin/extensions/1000").form
        form["vm_password"] = pin
        return form.submit().follow().text

    assert REMOVED in saved("98765")
    switch.own_pins["1000"] = OWN
    command = "vm_fsdb_pref_password_set default phone.test 1000 ''"
    switch.answers[command] = "-OK\n"
    page = saved("98766")
    assert "still opens the mailbox beside the new one" in page
    assert "Run in fs_cli: vm_fsdb_pref_password_set default phone.test 1000" in page
    assert OWN not in page


def test_it_is_taken_back_later_where_the_switch_was_away(app, switch):
    switch.stop()
    answer = app.patch_json(f"{EXTENSIONS}/1000", {"vm_password": "98765"})
    assert answer.json["apply"]["state"] == "pending"
    switch.start()
    assert app.post_json("/sip/api/v1/reload", {}).json["apply"]["state"] == "applied"
    eventually(lambda: switch.own_pins == {"1000": ""})
