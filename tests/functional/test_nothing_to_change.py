"""What is as wanted already is not changed again, and pages and API say so."""

import pytest

from sipapp.api import Extension

STORED = Extension("1000", password="stored-password", caller_id_name="Ann")


@pytest.fixture
def stored(memory):
    return memory.storage.create(STORED)


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("PATCH /extensions/1000", {}),
        ("PATCH /extensions/1000", {"caller_id_name": "Ann"}),
        ("POST /extensions/1000/password", {"password": "stored-password"}),
        ("POST /extensions/1000/rename", {"id": "1000"}),
        ("POST /extensions/1000/enable", {}),
    ],
)
def test_the_api_answers_with_the_extension_and_no_switch(api, memory, stored, call, given):
    answer = api(call, given=given, status=200)
    assert answer.json["apply"] == {"state": "unchanged", "switches": []}
    assert (answer.json["id"], answer.json["version"]) == ("1000", stored.version)
    assert answer.headers["ETag"] == f'"{stored.version}"'
    assert memory.switch.reloads == 0
    assert api("GET /history", status=200).json["entries"] == []
    api(call, given=given, If_Match='"stale"', status=412)


def test_a_disabled_one_is_not_disabled_again(api, memory):
    memory.storage.create(Extension("1000", password="x", enabled=False))
    answer = api("POST /extensions/1000/disable", given={}, status=200)
    assert answer.json["apply"]["state"] == "unchanged"
    assert memory.switch.reloads == 0


def test_a_page_that_sets_the_same_password(app, memory, stored):
    form = app.get("/sip/admin/extensions/1000").form
    form["password"] = "stored-password"
    page = form.submit("", status=303).follow()
    assert "Nothing was changed: it is like that already." in page.text
    assert memory.storage.get("1000") == stored
    assert memory.switch.reloads == 0


def test_a_page_that_gives_the_same_number(app, memory, stored):
    form = app.get("/sip/admin/extensions/1000/rename").form
    form["id"] = "1000"
    page = form.submit("", status=303).follow()
    assert "Nothing was changed: it is like that already." in page.text
    assert memory.storage.get("1000") == stored
