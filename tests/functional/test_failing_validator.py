"""A plugin that cannot check a change refuses it: nothing is changed, and that is said."""

import pytest

from sipapp.api import Extension, hookimpl

INI = {"sipapp.storage": "memory"}
SENTENCE = "could not check this change. Nothing was changed."


class Failing:
    @hookimpl
    def sipapp_validate_extension(self):
        raise RuntimeError("ldap://10.0.0.7 is gone")


@pytest.fixture
def stored(memory):
    return memory.storage.create(Extension("1000", password="stored", caller_id_name="Ann"))


@pytest.fixture
def app(make_app, memory, stored):
    return make_app(INI, plugins=[memory, Failing()])


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("POST /extensions", {"id": "1001"}),
        ("POST /batch", {"items": [{"id": "1001"}]}),
        ("PATCH /extensions/1000", {"caller_id_name": "Bob"}),
        ("POST /extensions/1000/password", {}),
        ("POST /extensions/1000/rename", {"id": "2000"}),
    ],
)
def test_the_api_says_so_without_details(  # noqa: PLR0917
    api, memory, stored, caplog, call, given
):
    answer = api(call, given=given, status=503)
    assert SENTENCE in answer.json["detail"]
    assert "10.0.0.7" not in answer.text
    assert "ldap://10.0.0.7 is gone" in caplog.text
    assert list(memory.storage.list()) == [stored]


@pytest.mark.parametrize("address", ["new", "extensions/1000"])
def test_a_page_says_so_and_keeps_what_was_typed(app, memory, stored, address):
    form = app.get(f"/sip/admin/{address}").form
    if address == "new":
        form["id"] = "1001"
    form["caller_id_name"] = "Bob"
    again = form.submit("", status=503)
    assert SENTENCE in " ".join(again.html.main.text.split())
    assert "10.0.0.7" not in again.text
    assert again.form["caller_id_name"].value == "Bob"
    assert list(memory.storage.list()) == [stored]


def test_the_page_of_renaming_says_so(app, memory, stored):
    form = app.get("/sip/admin/extensions/1000/rename").form
    form["id"] = "2000"
    again = form.submit("", status=503)
    assert SENTENCE in " ".join(again.html.main.text.split())
    assert again.form["id"].value == "2000"
    assert list(memory.storage.list()) == [stored]
