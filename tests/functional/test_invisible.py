"""Invisible format characters: refused at input, and marked where a hand-written file has them."""

import json

import pytest

from sipapp.api import Call, Extension, LiveStatus, Registration
from sipapp.model.text import INVISIBLE

NAME = "1001 (\u202eknaB\u202c)"
SHOWN = "1001 (\\u202eknaB\\u202c)"
MARK = "\u202e\u3164"


@pytest.fixture
def stored(memory):
    return memory.storage.create(
        Extension(
            "1000",
            password="x",
            caller_id_name=NAME,
            caller_id_number=f"1{MARK}",
            callgroup=f"sales{MARK}",
            source=f"/d/1000{MARK}.xml",
        )
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/extensions/1000",
        "/extensions/1000/disable",
        "/extensions/1000/delete",
        "/extensions/1000/rename",
        "/history",
        "/health",
    ],
)
def test_a_page_shows_them_as_escapes(app, stored, memory, path):
    app.patch_json("/sip/api/v1/extensions/1000", {"toll_allow": "local"})
    page = app.get(f"/sip/admin{path}")
    for each in page.html.select("input"):  # which has to have what will be compared
        del each["value"]
    assert not INVISIBLE.search(str(page.html))


def test_the_form_says_where_they_are(app, stored):
    page = app.get("/sip/admin/extensions/1000")
    assert SHOWN in page.html.select_one("#caller_id_name-marks").text
    assert "caller_id_name-marks" in page.html.select_one("#caller_id_name")["aria-describedby"]
    assert page.html.select_one("#callgroup").find_parent("details").has_attr("open")
    assert not page.html.select("#toll_allow-marks")
    for action in ("disable", "delete"):
        assert SHOWN in app.get(f"/sip/admin/extensions/1000/{action}").html.main.text
    assert SHOWN in app.get("/sip/admin").html.main.text


def test_a_viewer_of_a_read_only_extension_sees_them_as_escapes(app, memory):
    memory.storage.create(Extension("1001", caller_id_name=NAME, read_only="It is another's."))
    page = app.get("/sip/admin/extensions/1001")
    assert SHOWN in page.html.select_one("dl.values").text
    assert not INVISIBLE.search(page.text)


def test_other_fields_of_such_an_extension_can_be_changed(app, stored, memory):
    form = app.get("/sip/admin/extensions/1000").form
    form["toll_allow"] = "local"
    form.submit().follow()
    now = memory.storage.get("1000")
    assert (now.toll_allow, now.caller_id_name) == ("local", NAME)


def test_they_are_refused_in_a_form_by_the_field(app, stored, memory):
    form = app.get("/sip/admin/extensions/1000").form
    form["outbound_caller_id_name"] = "Ann\u202e"
    page = form.submit(expect_errors=True)
    error = page.html.select_one("#outbound_caller_id_name-error").text
    assert "Remove the invisible character U+202E (right-to-left override) behind “Ann”" in error
    assert memory.storage.get("1000").outbound_caller_id_name == ""


@pytest.mark.parametrize(
    "field", ["caller_id_name", "caller_id_number", "outbound_caller_id_name", "callgroup"]
)
def test_they_are_refused_by_the_api_by_the_field(api, stored, memory, field):
    answer = api("PATCH /extensions/1000", given={field: "Ann\u2066"}, status=422)
    (error,) = answer.json["errors"]
    assert error["field"] == field
    assert "Remove the invisible character U+2066" in error["message"]
    api("POST /extensions", given={"id": "1001", field: "Ann\u2066"}, status=422)
    api("POST /batch", given={"items": [{"id": "1001", field: "Ann\u2066"}]}, status=422)
    assert [each.id for each in memory.storage.list()] == ["1000"]


@pytest.mark.parametrize("new_id", ["10\u200b01", "1001@a\u202e.example"])
def test_no_id_and_no_domain_has_them(api, stored, new_id):
    api("POST /extensions", given={"id": new_id}, status=422)
    api("POST /extensions/1000/rename", given={"id": new_id}, status=422)


def test_what_a_phone_says_of_itself_is_marked_on_the_live_page(app, memory):
    phone = Registration("1000", "x.test", "", "WSS", f"Desk{MARK}", 1.0, 2.0, "call-id")
    call = Call("id", f"1{MARK}", NAME, "1001", state="active", since=1.0, codec="")
    memory.switch.status = LiveStatus("test", 1.0, registrations=(phone,), calls=(call,))
    page = app.get("/sip/admin/live")
    assert not INVISIBLE.search(page.text)
    assert SHOWN in page.html.main.text


def test_the_api_tells_them_in_escapes_of_json(api, stored):
    answer = api("GET /extensions/1000", status=200)
    assert answer.body.isascii()
    assert json.loads(answer.body)["caller_id_name"] == NAME
