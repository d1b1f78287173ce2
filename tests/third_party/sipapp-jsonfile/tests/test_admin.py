"""The admin pages on this storage, which is the only plugin that is installed."""

import pytest

from sipapp.testing.memory import MemoryPlugin


@pytest.fixture
def app(make_app, tmp_path):
    ini = {
        "sipapp.storage": "jsonfile",
        "sipapp.storage.jsonfile.file": str(tmp_path / "extensions.json"),
        "sipapp.reloaders": "switch",
        "sipapp.reloader.switch.use": "scripted",
    }
    return make_app(ini, [MemoryPlugin()])


def form_with(page, field):
    """The form that has this field."""
    return next(form for form in page.forms.values() if field in form.fields)


def create(app, **values):
    form = form_with(app.get("/sip/admin").click("New extension"), "id")
    for name, value in values.items():
        form[name] = value
    return form.submit().maybe_follow()


def rows(app):
    return [row.get_text(" ", strip=True) for row in app.get("/sip/admin").html.select("tbody tr")]


def test_an_extension_is_created_and_listed(app):
    created = create(app, id="1000", caller_id_name="Ada Lovelace")

    assert "1000" in created
    (row,) = rows(app)
    assert "Ada Lovelace" in row


def test_an_extension_is_edited(app):
    create(app, id="1000", caller_id_name="Ada Lovelace")

    form = form_with(app.get("/sip/admin").click("^1000$"), "caller_id_name")
    form["caller_id_name"] = "Grace Hopper"
    form.submit().maybe_follow()

    (row,) = rows(app)
    assert "Grace Hopper" in row


def test_a_password_is_reset(app):
    create(app, id="1000", password="the-first-password")
    form = form_with(app.get("/sip/admin").click("^1000$"), "password")
    form.action += "/password"  # the formaction of "Reset password"

    answer = form.submit()

    assert answer.html.find(id="made-password").get_text(strip=True)
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_extension_is_deleted_after_a_question(app):
    create(app, id="1000")
    create(app, id="1001")

    question = app.get("/sip/admin").click("^1000$").click("Delete")
    assert "1000" in question.html.find("h1").get_text()
    question.forms[0].submit().maybe_follow()

    (row,) = rows(app)
    assert "1001" in row


def test_a_taken_id_is_reported_at_its_field(app):
    create(app, id="1000")
    form = form_with(app.get("/sip/admin").click("New extension"), "id")
    form["id"] = "1000"

    answer = form.submit(status=409)

    assert "exists already" in answer.html.find(id="id-error").get_text()
    assert len(rows(app)) == 1
