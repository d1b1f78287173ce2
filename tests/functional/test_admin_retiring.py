"""Disabling, deleting and renaming on their own pages; what becomes of phones and calls is told."""

import pytest

from sipapp.api import (
    Call,
    Extension,
    FieldError,
    InvalidExtension,
    LiveStatus,
    StorageUnavailable,
    SwitchRefused,
    SwitchTimeout,
)

PAGE = "/sip/admin/extensions/1000"
_DONE = {"delete": "deleted", "disable": "disabled", "rename": "changed"}


@pytest.fixture
def stored(memory):
    return memory.storage.create(
        Extension(
            "1000",
            password="stored-password",
            caller_id_name="Alice",
            caller_id_number="1000",
            accountcode="1000",
        )
    )


@pytest.fixture
def told(memory, stored):
    """A switch that tells of two calls of 1000 and one of others, and what it was made to end."""
    calls = tuple(
        Call(f"uuid-{place}", "1000", "", "1001", "active", 1795406404.0, "opus", extensions)
        for place, extensions in enumerate([("1000", "1001"), ("1002", "1000"), ("1001",)])
    )
    memory.switch.status = LiveStatus("test", 1795406404.0, registrations=(), calls=calls)
    ended = []

    def end_calls(extension_id, *, timeout):
        ended.append(extension_id)
        return "2 calls were ended."

    memory.switch.end_calls = end_calls
    memory.switch.forget = lambda extension_id, *, timeout: "1 registration was dropped."
    return ended


def words(page, selector="main"):
    return " ".join(page.html.select_one(selector).get_text(" ").split())


@pytest.mark.parametrize("verb", ["delete", "disable"])
def test_the_question_says_what_ends_and_focuses_cancel(app, told, memory, verb):
    page = app.get(PAGE).click(verb.title())
    assert page.html.h1.text == f"{verb.title()} extension 1000?"
    assert page.html.find("a", autofocus=True).text == "Cancel"
    assert "End its calls in progress too. There are 2 now." in words(page)
    assert not page.form["end_calls"].checked
    assert memory.storage.get("1000").enabled


@pytest.mark.parametrize("verb", ["delete", "disable"])
@pytest.mark.parametrize("end", [True, False])
def test_what_became_of_phones_and_calls_is_reported(app, told, memory, verb, end):
    form = app.get(f"{PAGE}/{verb}").form
    form["end_calls"] = end
    page = form.submit("", status=303).follow()
    said = words(page, ".notice-ok")
    assert f"Extension 1000 was {verb}d. Applied by sw in" in said
    ended = " 2 calls were ended." if end else ""
    assert said.endswith(f"sw: 1 registration was dropped.{ended}")
    assert told == (["1000"] if end else [])
    assert not any(each.enabled for each in memory.storage.list())


def test_a_disabled_one_comes_back(app, stored, memory):
    before = memory.storage.get("1000")
    page = app.get(f"{PAGE}/disable").form.submit("").follow()
    assert "This extension is disabled" in page.html.select_one(".notice-warning").text
    assert not memory.switch.knows("1000", timeout=1)
    assert "Disabled" in app.get("/sip/admin").html.find("tbody").text
    (button,) = [each for each in page.html.find_all("button") if each.text.strip() == "Enable"]
    page.form.action = button["formaction"]
    assert "Extension 1000 is enabled" in page.form.submit().follow().text
    assert memory.storage.get("1000") == before
    assert memory.switch.knows("1000", timeout=1)


def test_calls_cannot_be_ended_where_no_switch_does_that(app, stored):
    assert "calls in progress" not in app.get(f"{PAGE}/delete").text


def test_how_many_calls_there_are_may_not_be_known(app, stored, memory):
    memory.switch.status = LiveStatus("test", 1795406404.0, fresh=False, fault="Gone.")
    assert "How many there are is not known now." in words(app.get(f"{PAGE}/delete"))


@pytest.mark.parametrize("verb", ["delete", "disable", "rename"])
def test_what_changed_meanwhile_is_left_alone(app, stored, memory, verb):
    form = app.get(f"{PAGE}/{verb}").form
    if verb == "rename":
        form["id"] = "2000"
    memory.storage.update("1000", {"caller_id_name": "Theirs"})
    page = form.submit("", status=409)
    assert "changed by somebody else" in words(page)
    assert memory.storage.get("1000").enabled
    assert page.form.action.endswith(f"/{verb}")


@pytest.mark.parametrize("verb", ["delete", "disable", "rename"])
@pytest.mark.parametrize(
    "fault", [SwitchRefused("[error near line 3]: no"), StorageUnavailable("Disk gone.")]
)
def test_what_fails_changes_nothing_and_says_why(app, stored, memory, verb, fault):
    form = app.get(f"{PAGE}/{verb}").form
    if verb == "rename":
        form["id"] = "2000"
    if isinstance(fault, SwitchRefused):
        memory.switch.fault = fault
    else:

        def fail(*_, **__):
            raise fault

        memory.storage.delete = memory.storage.set_enabled = memory.storage.rename = fail
    page = form.submit("", status=409 if memory.switch.fault else 503)
    assert f"Nothing was {_DONE[verb]}. " in words(page)
    assert str(fault) in words(page)
    memory.switch.fault = None
    assert memory.storage.get("1000").caller_id_name == "Alice"


# Another id


def test_an_extension_gets_another_number(app, told, memory):
    page = app.get(PAGE).click("Change number")
    assert [each.text.split() for each in page.html.select("[role=group] label")] == [
        ["Caller", "ID", "number", "1000"],
        ["Account", "code", "1000"],
    ]
    page.form["id"] = " 2000 "
    page.form["end_calls"] = True
    page = page.form.submit("", status=303).follow()
    said = words(page, ".notice-ok")
    assert "Extension 1000 is extension 2000 now. Applied by sw in" in said
    assert said.endswith("sw: 1 registration was dropped. 2 calls were ended.")
    assert page.html.h1.text == "Extension 2000"
    stored = memory.storage.get("2000")
    assert (stored.caller_id_number, stored.accountcode) == ("2000", "2000")
    assert (stored.caller_id_name, stored.password) == ("Alice", "stored-password")
    assert memory.switch.knows("2000", timeout=1)
    assert not memory.switch.knows("1000", timeout=1)
    app.get(PAGE, status=404)


@pytest.mark.parametrize(
    ("new_id", "error"),
    [
        ("", "1 to 64 letters"),
        ("a b", "1 to 64 letters"),
        ("TAKEN", "exists already"),
    ],
)
def test_an_id_that_cannot_be_is_shown_at_its_field(app, stored, memory, new_id, error):
    memory.storage.create(Extension("taken", password="x"))
    form = app.get(f"{PAGE}/rename").form
    form["id"] = new_id
    page = form.submit("", status=409 if new_id == "TAKEN" else 422)
    assert error in page.html.select_one("#id-error").text
    assert page.form["id"].value == new_id
    assert page.html.select_one("#id").has_attr("autofocus")
    assert memory.storage.get("1000") == stored


def test_a_hash_that_fits_the_old_id_asks_for_a_new_password(app, stored, memory):
    rename = memory.storage.rename

    def picky(extension_id, new_id, changes, *, version=None):
        if "password" not in changes:
            raise InvalidExtension([FieldError("password", "Give a new one."), FieldError("", "x")])
        return rename(extension_id, new_id, changes, version=version)

    memory.storage.rename = picky
    form = app.get(f"{PAGE}/rename").form
    form["id"] = "2000"
    page = form.submit("", status=422)
    assert "Give a new one." in page.html.select_one("#password-error").text
    page.form["password"] = "Another-1"
    page.form.submit("", status=303)
    assert memory.storage.get("2000").password == "Another-1"


def test_a_password_reset_can_end_calls(app, told, memory):
    form = app.get(PAGE).form
    form["end_calls"] = True
    (button,) = [each for each in form.html.find_all("button") if each.text == "Reset password"]
    form.action = button["formaction"]
    page = form.submit("", status=200)
    assert words(page, ".notice-ok").endswith("1 registration was dropped. 2 calls were ended.")
    assert told == ["1000"]


def test_a_switch_that_is_away_says_that_calls_go_on(app, told, memory):
    memory.switch.fault = SwitchTimeout("No answer.")
    form = app.get(f"{PAGE}/delete").form
    form["end_calls"] = True
    page = form.submit("", status=303).follow()
    assert "Its calls were not ended, and will not be later." in words(page, ".notice-warning")
