"""Making an extension on the pages."""

import re
from urllib.parse import quote

import pytest

from sipapp.api import (
    Backend,
    FieldError,
    StorageUnavailable,
    SwitchRefused,
    SwitchTimeout,
    hookimpl,
)
from sipapp.testing.memory import ScriptedSwitch

INI = {"sipapp.storage": "memory"}
COMMON = ["id", "caller_id_name", "caller_id_number", "password"]


def form_of(app):
    return app.get("/sip/admin").click("New extension").form


def create(app, status=None, **values):
    form = form_of(app)
    for name, value in values.items():
        form[name] = value
    return form.submit("", status=status)


def error_at(page, name):
    """The text of a field's error, found as a screen reader finds it."""
    field = page.html.select_one(f"[id='{name}']")
    assert field["aria-invalid"] == "true"
    described = [page.html.find(id=each) for each in field["aria-describedby"].split()]
    assert None not in described
    return " ".join(" ".join(each.get_text().split()) for each in described)


def test_the_form_has_the_common_fields_first_and_the_rest_folded(app):
    page = app.get("/sip/admin/new")
    shown = [each["name"] for each in page.html.select("form > .field input:not([type=hidden])")]
    assert shown == COMMON
    assert [each["name"] for each in page.html.select("details input:not([type=hidden])")] == [
        "vm_password",
        "outbound_caller_id_name",
        "outbound_caller_id_number",
        "user_context",
        "toll_allow",
        "callgroup",
        "accountcode",
    ]
    assert page.html.select("details[open]") == []
    assert page.html.select_one("[autofocus]")["id"] == "id"


def test_each_accessible_name_is_there_exactly_once(app):
    page = app.get("/sip/admin/new")
    labels = [each.text for each in page.html.select("label")]
    for name in ("Extension", "Password", "Caller ID name", "Caller ID number"):
        assert labels.count(name) == 1
    assert [each.text for each in page.html.select("button[type=submit]")] == ["Create"]
    for label in page.html.select("label"):
        assert page.html.find(id=label["for"]).name == "input"


def test_a_generated_password_is_shown_once_and_works(app, memory):
    page = create(app, id="1020", caller_id_name="Alice", caller_id_number="5550")
    stored = memory.storage.get("1020")
    assert page.status_int == 200
    assert page.headers["Cache-Control"] == "no-store"
    shown = page.html.select_one("#made-password").text
    assert shown == stored.password
    assert re.fullmatch(r"[A-Za-z0-9]{20}", shown)
    assert page.html.select_one("#made-vm_password").text == stored.vm_password
    assert "does not come again" in page.text
    assert "Extension 1020 was created. Applied by sw in 0." in page.text
    assert (stored.caller_id_name, stored.caller_id_number) == ("Alice", "5550")
    for path in ("", "/extensions/1020", "/extensions/1020/delete", "/new"):
        later = app.get(f"/sip/admin{path}")
        assert shown not in later.text
        assert stored.vm_password not in later.text
        assert shown not in str(later.headers)


def test_the_softphone_link_names_the_extension_and_no_password(app, memory):
    page = create(app, id="1020")
    link = page.html.find("a", string=re.compile("softphone"))
    assert link["href"] == "/sip#extension=1020"
    # In this tab the password would be gone.
    assert link["target"] == "_blank"
    password = memory.storage.get("1020").password
    assert all(password not in str(each.get("href")) for each in page.html.find_all("a"))


def test_own_secrets_are_not_shown_and_the_list_follows(app, memory):
    answer = create(app, id="1020", password="my own secret", vm_password="4711")
    assert answer.status_int == 303
    page = answer.follow()
    assert page.request.path == "/sip/admin"
    assert "Extension 1020 was created. Applied by sw" in page.text
    stored = memory.storage.get("1020")
    assert (stored.password, stored.vm_password) == ("my own secret", "4711")
    assert "my own secret" not in page.text + str(answer.headers)
    assert "was created" not in app.get("/sip/admin").text


def test_an_own_password_with_a_made_pin_shows_the_pin_alone(app, memory):
    page = create(app, id="1020", password="my own secret")
    assert page.html.select_one("#made-password") is None
    assert page.html.select_one("#made-vm_password").text == memory.storage.get("1020").vm_password
    assert "my own secret" not in page.text


def test_what_is_left_empty_gets_the_usual_value_shown_before(app, memory):
    page = app.get("/sip/admin/new")
    placeholders = {
        "user_context": "default",
        "caller_id_name": "Extension …",
        "caller_id_number": "as the extension",
        "accountcode": "as the extension",
    }
    for name, words in placeholders.items():
        assert page.html.find(id=name)["placeholder"] == words
    create(app, id=" 1020 ", caller_id_name=" Alice ")
    stored = memory.storage.get("1020")
    assert stored.user_context == "default"
    assert stored.accountcode == "1020"
    assert stored.caller_id_name.strip() == "Alice"


@pytest.mark.parametrize(
    "extension_id", ["", " ", "../x", "a b", ".x", "x" * 65, "ü", "1\x00", "<"]
)
def test_a_bad_extension_is_refused_at_its_field(app, memory, extension_id):
    page = create(app, id=extension_id, caller_id_name="Alice <1>", status=422)
    assert "1 to 64 letters" in error_at(page, "id")
    assert page.form["caller_id_name"].value == "Alice <1>"
    assert page.html.select_one("[role=alert] a")["href"] == "#id"
    assert page.html.select_one("[autofocus]")["id"] == "id"
    assert memory.storage.list() == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("caller_id_name", "x" * 129, "at most 128 characters"),
        ("caller_id_name", "a\tb", "control characters"),
        ("caller_id_name", "a\x00b", "control characters"),
        ("caller_id_number", "${system(id)}", "${"),
        ("vm_password", "12a4", "digits only"),
        ("accountcode", "../../etc", ".."),
        ("password", "päss", "ASCII"),
    ],
)
def test_a_bad_value_is_refused_at_its_field_and_all_else_is_kept(app, memory, name, value, words):
    typed = {"id": "1020", "callgroup": "sales", name: value}
    page = create(app, status=422, **typed)
    assert words in error_at(page, name)
    assert page.form["id"].value == "1020"
    assert page.form["callgroup"].value == "sales"
    assert page.html.select_one("[autofocus]")["id"] == name
    folded = page.html.find(id=name).find_parent("details")
    assert folded is None or folded.has_attr("open")
    assert memory.storage.list() == []


def test_a_typed_password_is_not_kept_in_the_page_and_asked_for_again(app):
    page = create(app, id="bad id", password="my own secret", vm_password="471147", status=422)
    assert "my own secret" not in page.text
    assert "471147" not in page.text
    assert "Type it again" in error_at(page, "password")
    assert "Type it again" in error_at(page, "vm_password")


def test_an_extension_that_exists_is_refused_whatever_its_case(app, memory):
    create(app, id="alice", caller_id_name="First")
    page = create(app, id="ALICE", caller_id_name="Second", status=409)
    assert "exists already" in error_at(page, "id")
    assert page.form["caller_id_name"].value == "Second"
    assert memory.storage.get("alice").caller_id_name == "First"


def test_a_plugins_veto_is_shown_at_its_field_or_above(make_app, memory):
    class Veto:
        @hookimpl
        def sipapp_validate_extension(self, new, old):
            return [
                FieldError("caller_id_number", "Not <ours>."),
                FieldError("", "Not today."),
                FieldError("unknown", "Strange."),
            ]

    app = make_app(INI, plugins=[memory, Veto()])
    page = create(app, id="1020", caller_id_number="1", status=422)
    assert "Not <ours>." in error_at(page, "caller_id_number")
    summary = page.html.select_one("[role=alert]").text
    assert "Not today." in summary
    assert "Strange." in summary


def test_a_storage_that_cannot_write_loses_nothing(app, memory, monkeypatch):
    def fail(extension):
        raise StorageUnavailable("/x cannot be written: permission denied. Give the group access.")

    monkeypatch.setattr(memory.storage, "create", fail)
    page = create(app, id="1020", caller_id_name="Alice", password="secret-x", status=503)
    assert "Nothing was saved. /x cannot be written" in page.text
    assert page.form["id"].value == "1020"
    assert page.form["caller_id_name"].value == "Alice"
    assert "Type it again" in error_at(page, "password")


def test_a_switch_that_is_down_still_shows_the_password_and_says_what_is_pending(app, memory):
    memory.switch.fault = SwitchTimeout("No answer from <fs>.")
    page = create(app, id="1020")
    assert page.html.select_one("#made-password").text == memory.storage.get("1020").password
    notice = page.html.select_one(".notice-warning")
    assert "not every switch has applied it yet" in notice.text
    assert "sw has not applied it: No answer from <fs>." in notice.text
    # The password would be gone if this tab went on to the list.
    assert page.html.form["target"] == "_blank"
    memory.switch.fault = None
    after = page.forms[0].submit().follow()
    assert "The switches were told to reload. Applied by sw" in after.text


def test_a_switch_that_refuses_is_quoted(app, memory):
    memory.switch.fault = SwitchRefused("[error near line 7]: unclosed <tag>")
    page = create(app, id="1020", caller_id_name="Typed", status=409)
    notice = page.html.select_one(".notice-error[role=alert]").text
    assert "Nothing was saved. sw said: [error near line 7]: unclosed <tag>." in notice
    assert page.form["id"].value == "1020"
    assert page.form["caller_id_name"].value == "Typed"
    assert memory.storage.list() == []


@pytest.mark.parametrize("letter", ["x", "ä", "\N{PILE OF POO}", '"', "\\"])
def test_endless_words_of_a_switch_fit_the_cookie(app, memory, letter):
    memory.switch.fault = SwitchTimeout(letter * 100_000)
    page = create(app, id="1020", password="a", vm_password="1").follow()
    assert letter * 100 + "" in page.html.select_one(".details").text
    assert "…" in page.html.select_one(".details").text


def test_each_of_several_switches_is_named_with_its_answer(make_app, memory):
    class Deaf(ScriptedSwitch):
        def reload(self, *, timeout):
            raise SwitchTimeout("No answer.")

    class Other:
        @hookimpl
        def sipapp_reload_strategies(self):
            return [Backend("deaf", Deaf, "never answers")]

    ini = {**INI, "sipapp.reloaders": "one two"}
    ini |= {"sipapp.reloader.one.use": "scripted", "sipapp.reloader.two.use": "deaf"}
    page = create(make_app(ini, plugins=[memory, Other()]), id="1020")
    details = [each.text for each in page.html.select(".details li")]
    assert details[0].startswith("one: applied in 0.")
    assert details[1] == "two has not applied it: No answer."


def test_without_a_switch_the_page_says_so(make_app, memory):
    page = create(make_app(INI, plugins=[memory]), id="1020")
    assert "No switch is set up" in page.text


def test_missing_fields_are_as_if_left_empty(app):
    token = form_of(app)["csrf_token"].value
    page = app.post("/sip/admin/new", {"csrf_token": token}, status=422)
    assert "1 to 64 letters" in error_at(page, "id")


@pytest.mark.parametrize(
    "body", ["id=1&id=2", "csrf_token=a&csrf_token=b", "id=%ff", "%ff=1", "id=\xff", "a=&" * 200]
)
def test_a_form_that_cannot_be_read_is_a_bad_request(app, memory, body):
    token = quote(form_of(app)["csrf_token"].value)
    page = app.post("/sip/admin/new", f"{body}&csrf_token={token}".encode("latin-1"), status=400)
    assert "This request cannot be read" in page.text
    assert memory.storage.list() == []


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded; charset=latin-1",
        "nonsense",
    ],
)
def test_a_body_of_another_kind_is_refused(app, content_type):
    page = app.post("/sip/admin/new", b"{}", content_type=content_type, status=415)
    assert "x-www-form-urlencoded" in page.text


def test_a_form_in_utf8_may_say_so(app, memory):
    token = form_of(app)["csrf_token"].value
    body = f"id=1020&caller_id_name=%C3%84&csrf_token={token}"
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    app.post("/sip/admin/new", body, content_type=kind, status=200)
    assert memory.storage.get("1020").caller_id_name == "Ä"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(app, memory):
    token = form_of(app)["csrf_token"].value
    values = {"csrf_token": token, "id": "1020", "caller_id_name": "x" * 65_536}
    page = app.post("/sip/admin/new", values, status=413)
    assert "64 KiB" in page.text
    assert memory.storage.list() == []
