"""Changing an extension, its password, deleting it, and telling the switches again."""

from dataclasses import replace

import pytest

from sipapp.api import Extension, ReadOnlyExtension, StorageUnavailable, SwitchTimeout
from sipapp.model.errors import VersionConflict

STORED = Extension(
    "1000",
    password="stored-password",
    vm_password="9753",
    caller_id_name="Alice",
    caller_id_number="1000",
    toll_allow="local",
    source="/etc/x/1000.xml",
)


@pytest.fixture
def stored(memory):
    return memory.storage.create(STORED)


@pytest.fixture
def edit(app, stored):
    """Open the page of 1000 and change fields of its form."""

    def edit(**values):
        form = app.get("/sip/admin/extensions/1000").form
        for name, value in values.items():
            form[name] = value
        return form

    return edit


@pytest.fixture
def changes(memory, monkeypatch):
    """What the storage is told to change."""
    told = []
    update = memory.storage.update

    def spy(extension_id, changes, *, version=None):
        told.append(dict(changes))
        return update(extension_id, changes, version=version)

    monkeypatch.setattr(memory.storage, "update", spy)
    return told


def reset(form, **kwargs):
    """Press Reset password, which sends the form elsewhere."""
    (button,) = [each for each in form.html.find_all("button") if each.text == "Reset password"]
    form.action = button["formaction"]
    return form.submit(**kwargs)


def tell_again(page):
    (form,) = [form for form in page.forms.values() if form.action == "/sip/admin/reload"]
    return form.submit(status=303).follow()


def error_at(page, name):
    field = page.html.find(id=name)
    assert field["aria-invalid"] == "true"
    return page.html.find(id=f"{name}-error").text


def test_the_page_shows_values_and_never_secrets(app, stored):
    page = app.get("/sip/admin/extensions/1000")
    assert page.form["caller_id_name"].value == "Alice"
    assert page.form["password"].value == ""
    assert page.form["vm_password"].value == ""
    assert "/etc/x/1000.xml" in page.text
    assert "stored-password" not in page.text
    assert "9753" not in page.text


def test_each_accessible_name_is_there_exactly_once(app, stored):
    page = app.get("/sip/admin/extensions/1000")
    labels = [each.text for each in page.html.select("label")]
    for name in ("Password", "Caller ID name", "Caller ID number"):
        assert labels.count(name) == 1
    words = [each.text.strip() for each in page.html.select("button, a")]
    for name in ("Save", "Reset password", "Delete"):
        assert words.count(name) == 1


def test_enter_saves_and_does_not_reset_the_password(app, stored):
    form = app.get("/sip/admin/extensions/1000").html.form
    first = form.select_one("button[type=submit]")
    assert not first.has_attr("formaction")


def test_saving_changes_only_what_was_changed(edit, changes, memory):
    page = edit(caller_id_name="Bob ", callgroup="sales").submit().follow()
    assert changes == [{"caller_id_name": "Bob", "callgroup": "sales"}]
    assert "Extension 1000 was saved. Applied by sw in 0." in page.text
    assert page.form["caller_id_name"].value == "Bob"
    assert memory.storage.get("1000").password == "stored-password"


def test_saving_without_a_change_touches_nothing(edit, changes, memory):
    reloads = memory.switch.reloads
    page = edit().submit().follow()
    assert "Nothing was changed." in page.text
    assert changes == []
    assert memory.switch.reloads == reloads


def test_a_value_can_be_emptied(edit, changes):
    edit(toll_allow="").submit()
    assert changes == [{"toll_allow": ""}]


def test_odd_spaces_and_line_ends_of_a_foreign_file_are_no_change(app, memory, changes):
    memory.storage.create(replace(STORED, caller_id_name=" A\r\nB ", accountcode="x  "))
    form = app.get("/sip/admin/extensions/1000").form
    form["caller_id_name"] = " AB "  # as a browser sends it
    form["callgroup"] = "sales"
    form.submit()
    assert changes == [{"callgroup": "sales"}]


def test_an_inherited_value_is_kept_when_left_empty_and_replaced_when_not(app, memory, changes):
    inherited = {"caller_id_name": "$${company}", "password": "$${default_password}"}
    memory.storage.create(replace(STORED, caller_id_name="", password="", inherited=inherited))
    page = app.get("/sip/admin/extensions/1000")
    notes = " ".join(page.html.find(id="caller_id_name-note").text.split())
    assert notes == "Inherited from $${company}. Leave empty to keep that."
    assert "$${default_password}" in page.html.find(id="password-note").text
    assert "no password" not in page.text
    page.form["callgroup"] = "sales"
    page.form.submit()
    form = app.get("/sip/admin/extensions/1000").form
    form["caller_id_name"] = "Own"
    form.submit()
    assert changes == [{"callgroup": "sales"}, {"caller_id_name": "Own"}]


def test_an_error_is_at_its_field_and_nothing_is_lost(edit, memory):
    page = edit(caller_id_name="Bob", accountcode="../x", password="typed-secret").submit(
        status=422
    )
    assert ".." in error_at(page, "accountcode")
    assert "Type it again" in error_at(page, "password")
    assert "typed-secret" not in page.text
    assert page.form["caller_id_name"].value == "Bob"
    assert page.form["accountcode"].value == "../x"
    assert page.html.find(id="accountcode").find_parent("details").has_attr("open")
    assert memory.storage.get("1000").caller_id_name == "Alice"
    page.form["accountcode"] = "x"
    page.form["password"] = "typed-secret"
    page.form.submit(status=303)
    assert memory.storage.get("1000").caller_id_name == "Bob"
    assert memory.storage.get("1000").password == "typed-secret"


def test_a_conflict_shows_both_changes_and_loses_neither(edit, memory):
    form = edit(caller_id_name="Bob")
    memory.storage.update("1000", {"caller_id_number": "5551", "callgroup": "<sales>"})
    page = form.submit(status=409)
    notice = page.html.select_one(".notice-warning").text
    assert "Caller ID number was “1000” and is now “5551”." in notice
    assert "Call group was empty and is now “<sales>”." in notice
    assert page.form["caller_id_name"].value == "Bob"
    assert page.form["caller_id_number"].value == "5551"
    assert memory.storage.get("1000").caller_id_name == "Alice"
    page.form.submit(status=303)
    after = memory.storage.get("1000")
    assert (after.caller_id_name, after.caller_id_number) == ("Bob", "5551")
    assert after.callgroup == "<sales>"


def test_a_conflict_over_one_field_keeps_what_was_typed(edit, memory):
    form = edit(caller_id_name="Bob")
    memory.storage.update("1000", {"caller_id_name": "Carla"})
    page = form.submit(status=409)
    assert "Caller ID name was “Alice” and is now “Carla”." in page.text
    assert page.form["caller_id_name"].value == "Bob"
    page.form.submit(status=303)
    assert memory.storage.get("1000").caller_id_name == "Bob"


def test_a_conflict_over_a_password_does_not_tell_it(edit, memory):
    form = edit(caller_id_name="Bob")
    memory.storage.update("1000", {"password": "other-secret"})
    page = form.submit(status=409)
    assert "A password changed" in page.text
    assert "other-secret" not in page.text


def test_an_extension_deleted_meanwhile_can_be_made_again_with_what_was_typed(edit, memory):
    form = edit(caller_id_name="Bob", callgroup="sales")
    memory.storage.delete("1000")
    page = form.submit(status=409)
    assert "was deleted in the meantime" in page.text
    page.form.submit(status=200)
    assert memory.storage.get("1000").caller_id_name == "Bob"
    assert memory.storage.get("1000").callgroup == "sales"


def test_a_storage_that_cannot_write_loses_nothing(edit, memory, monkeypatch):
    form = edit(caller_id_name="Bob")

    def fail(*args, **kwargs):
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(memory.storage, "get", fail)
    page = form.submit(status=503)
    assert "Nothing was saved. The disk is full." in page.text
    assert page.form["caller_id_name"].value == "Bob"
    assert page.form["toll_allow"].value == "local"
    assert "no password" not in page.text
    monkeypatch.undo()
    page.form.submit(status=303)
    assert memory.storage.get("1000").caller_id_name == "Bob"


def test_a_form_without_version_is_refused(edit, memory):
    form = edit(caller_id_name="Bob")
    form["version"] = ""
    page = form.submit(status=400)
    assert "which version" in page.text
    assert memory.storage.get("1000").caller_id_name == "Alice"


def test_a_switch_that_is_down_leaves_the_change_saved_and_can_be_reloaded_later(edit, memory):
    memory.switch.fault = SwitchTimeout("No answer.")
    page = edit(caller_id_name="Bob").submit().follow()
    assert memory.storage.get("1000").caller_id_name == "Bob"
    notice = page.html.select_one(".notice-warning").text
    assert "Extension 1000 was saved, but not every switch has applied it yet" in notice
    again = tell_again(page)
    assert "has not applied it: No answer." in again.text
    memory.switch.fault = None
    assert "Applied by sw" in tell_again(again).text


def test_reset_makes_a_password_that_is_shown_once(edit, memory):
    page = reset(edit(), status=200)
    shown = page.html.find(id="made-password").text
    assert shown == memory.storage.get("1000").password
    assert shown != "stored-password"
    assert len(shown) == 20
    assert page.headers["Cache-Control"] == "no-store"
    assert "Extension 1000 has a new password. Applied by sw" in page.text
    assert page.html.find("a", string=lambda text: text and "softphone" in text)["href"] == (
        "/sip#extension=1000"
    )
    # The page that shows it is the form again, of the new version.
    page.form["caller_id_name"] = "Bob"
    after = page.form.submit(status=303).follow()
    assert memory.storage.get("1000").password == shown
    assert shown not in after.text


def test_reset_sets_the_password_that_was_typed(edit, memory):
    page = reset(edit(password="my own secret"), status=303).follow()
    assert memory.storage.get("1000").password == "my own secret"
    assert "has a new password. Applied" in page.text
    assert "my own secret" not in page.text


@pytest.mark.parametrize("password", ["", "my own secret"])
def test_reset_keeps_other_changes_typed_and_unsaved(edit, memory, password):
    page = reset(edit(password=password, caller_id_name="Bob"), status=200)
    assert page.form["caller_id_name"].value == "Bob"
    assert "other changes below are not saved yet" in page.text
    assert memory.storage.get("1000").caller_id_name == "Alice"
    assert memory.storage.get("1000").password != "stored-password"
    page.form.submit(status=303)
    assert memory.storage.get("1000").caller_id_name == "Bob"


def test_reset_refuses_a_bad_password_at_its_field(edit, memory):
    page = reset(edit(password=" x"), status=422)
    assert "spaces before and after" in error_at(page, "password")
    assert memory.storage.get("1000").password == "stored-password"


def test_reset_notices_a_conflict(edit, memory):
    form = edit()
    memory.storage.update("1000", {"caller_id_name": "Carla"})
    page = reset(form, status=409)
    assert "is now “Carla”" in page.text
    assert memory.storage.get("1000").password == "stored-password"


def test_the_password_address_takes_no_get(app, stored):
    assert app.get("/sip/admin/extensions/1000/password", status=405).headers["Allow"] == "POST"


def test_an_extension_without_password_is_warned_about(app, memory):
    memory.storage.create(replace(STORED, password=""))
    page = app.get("/sip/admin/extensions/1000")
    assert "lets anyone register" in page.text


def test_an_inherited_value_is_shown_with_what_it_comes_to(app, memory):
    inherited = {"outbound_caller_id_name": "$${company}", "password": "$${default_password}"}
    memory.storage.create(
        replace(STORED, inherited=inherited, resolved={"outbound_caller_id_name": "A & B"})
    )
    page = app.get("/sip/admin/extensions/1000")
    note = page.html.find(id="outbound_caller_id_name-note")
    assert " ".join(note.text.split()) == (
        "Inherited from $${company}: A & B. Leave empty to keep that."
    )
    note = page.html.find(id="password-note")
    assert " ".join(note.text.split()) == (
        "Inherited from $${default_password}. Leave empty to keep that."
    )


def test_a_read_only_entry_is_shown_with_its_reason_and_no_form(app, memory):
    inherited = {"password": "$${default_password}"}
    memory.storage.create(
        replace(STORED, password="", inherited=inherited, read_only="It has <gateways>.")
    )
    for path in ("", "/delete"):
        page = app.get(f"/sip/admin/extensions/1000{path}")
        assert "It has <gateways>." in page.html.text
        assert page.html.form is None
    page = app.get("/sip/admin/extensions/1000")
    values = [each.text for each in page.html.select("dd")]
    assert "Alice" in values
    assert "$${default_password}" in values
    assert "" not in values
    assert "9753" not in page.text


def test_an_entry_that_became_read_only_refuses(edit, memory, monkeypatch):
    def refuse(extension_id, changes, *, version=None):
        raise ReadOnlyExtension(extension_id, "It is a symbolic link.")

    form = edit(caller_id_name="Bob")
    monkeypatch.setattr(memory.storage, "update", refuse)
    assert "It is a symbolic link." in form.submit(status=409).text


@pytest.mark.parametrize("path", ["", "/delete"])
def test_an_unknown_extension_is_not_found(app, path):
    page = app.get(f"/sip/admin/extensions/77<i>{path}", status=404)
    assert "There is no extension '77<i>'." in page.html.text


def test_delete_asks_and_names_the_extension_and_focuses_cancel(app, stored, memory):
    page = app.get("/sip/admin/extensions/1000").click("Delete")
    assert page.html.h1.text == "Delete extension 1000?"
    assert "Alice" in page.html.main.text
    assert "cannot register" in page.text
    assert page.html.select_one("[autofocus]").text == "Cancel"
    assert [each.text for each in page.html.select("main button")] == ["Delete"]
    assert memory.storage.get("1000")
    assert page.click("Cancel").request.path == "/sip/admin/extensions/1000"


def test_delete_deletes_and_says_what_the_switch_answered(app, stored, memory):
    page = app.get("/sip/admin/extensions/1000/delete").form.submit("", status=303).follow()
    assert "Extension 1000 was deleted. Applied by sw" in page.text
    assert memory.storage.list() == []


def test_delete_notices_a_conflict(app, stored, memory):
    form = app.get("/sip/admin/extensions/1000/delete").form
    memory.storage.update("1000", {"caller_id_name": "Carla"})
    page = form.submit(status=409)
    assert "Nothing was deleted yet" in page.text
    assert "Carla" in page.text
    page.form.submit(status=303)
    assert memory.storage.list() == []


def test_delete_without_a_version_asks_again(app, stored, memory):
    form = app.get("/sip/admin/extensions/1000/delete").form
    form["version"] = ""
    form.submit(status=409)
    assert memory.storage.get("1000")


def test_delete_of_what_is_gone_is_not_found(app, stored, memory):
    form = app.get("/sip/admin/extensions/1000/delete").form
    memory.storage.delete("1000")
    assert "There is no extension '1000'." in form.submit(status=404).html.text


def test_delete_that_the_storage_cannot_do_says_so(app, stored, memory, monkeypatch):
    def fail(extension_id, *, version=None):
        raise StorageUnavailable("The directory is read-only.")

    monkeypatch.setattr(memory.storage, "delete", fail)
    page = app.get("/sip/admin/extensions/1000/delete").form.submit(status=503)
    assert "Nothing was deleted. The directory is read-only." in page.text
    assert page.form.action == "/sip/admin/extensions/1000/delete"


def test_the_error_of_a_storage_that_checks_on_its_own_is_a_page(app, stored, memory, monkeypatch):
    def conflict(extension_id):
        raise VersionConflict(extension_id)

    monkeypatch.setattr(memory.storage, "get", conflict)
    assert "changed by somebody else" in app.get("/sip/admin/extensions/1000", status=409).text


def press(form, text, **kwargs):
    (button,) = [each for each in form.html.find_all("button") if each.text.strip() == text]
    form.action = button["formaction"]
    return form.submit(**kwargs)


def test_enabling_keeps_what_else_was_typed(edit, memory):
    memory.storage.set_enabled("1000", enabled=False)
    page = press(edit(caller_id_name="Typed"), "Enable", status=200)
    assert page.form["caller_id_name"].value == "Typed"
    assert "not saved yet" in page.text
    assert memory.storage.get("1000").caller_id_name == "Alice"
    assert memory.storage.get("1000").enabled


def test_what_changed_meanwhile_is_not_enabled(edit, memory):
    memory.storage.set_enabled("1000", enabled=False)
    form = edit()
    memory.storage.update("1000", {"caller_id_name": "Theirs"})
    page = press(form, "Enable", status=409)
    assert "somebody else" in page.text
    assert not memory.storage.get("1000").enabled


def test_saving_again_and_again_without_looking_loses_messages_and_nothing_else(app, stored):
    form = app.get("/sip/admin/extensions/1000").form
    for number in range(30):
        answer = form.submit()
        assert answer.status_int == 303, number
    assert "Nothing was changed" in answer.follow().text
