"""A weak secret is taken, and said: in the answer, at its field, and in the list."""

import pytest

EXTENSIONS = "/sip/api/v1/extensions"


def submit(app, path, **values):
    form = app.get(path).form
    for name, value in values.items():
        form[name] = value
    return form.submit("")


def messages(page):
    return [" ".join(each.text.split()) for each in page.html.select(".notice-warning")]


def test_a_weak_password_is_said_when_it_is_created(app):
    page = submit(app, "/sip/admin/new", id="1020", password="simple")
    assert any("Weak password: it has fewer than 8" in each for each in messages(page))
    page = submit(app, "/sip/admin/new", id="1021", password="simple", vm_password="1021").follow()
    assert any("Weak password" in each for each in messages(page))
    assert any("Weak PIN: it is the extension itself" in each for each in messages(page))
    assert page.text.count("remark-attention") == 2
    page = submit(app, "/sip/admin/new", id="1022", password="kR7-fgWq9x")
    assert not any("Weak" in each for each in messages(page))


@pytest.mark.parametrize("button", ["Save", "Reset password"])
def test_a_weak_password_is_said_when_it_is_set_and_stands_at_its_field(app, memory, button):
    app.post_json(EXTENSIONS, {"id": "1020"}, status=201)
    form = app.get("/sip/admin/extensions/1020").form
    form["password"] = "1020"
    if button == "Reset password":
        form.action = "/sip/admin/extensions/1020/password"
    page = form.submit("").follow()
    assert memory.storage.get("1020").password == "1020"
    assert any("Weak password: it is the extension itself" in each for each in messages(page))
    assert "it is the extension itself" in page.html.select_one("#password-warnings").text
    assert "password-warnings" in page.html.select_one("#password")["aria-describedby"]
    # Later changes of other fields do not say it anew, and the field still does.
    page = submit(app, "/sip/admin/extensions/1020", callgroup="sales").follow()
    assert not any("Weak" in each for each in messages(page))
    assert page.html.select_one("#password-warnings")


def test_the_api_says_it(app):
    made = app.post_json(EXTENSIONS, {"id": "1020", "password": "simple"}, status=201).json
    (warning,) = made["warnings"]
    assert warning["field"] == "password"
    assert "fewer than 8 characters" in warning["message"]
    assert app.get(f"{EXTENSIONS}/1020").json["warnings"] == [warning]
    assert app.get(EXTENSIONS).json["items"][0]["warnings"] == [warning]
    assert app.post_json(f"{EXTENSIONS}/1020/password", {}).json["warnings"] == []
    assert "simple" not in str(warning)


def test_buttons_make_secrets(app):
    app.post_json(EXTENSIONS, {"id": "1020"}, status=201)
    for path in ("/sip/admin/new", "/sip/admin/extensions/1020"):
        page = app.get(path)
        made = [each["data-generate"] for each in page.html.select("button[data-generate]")]
        assert made == ["password", "vm_password"]


def test_buttons_make_secrets_as_the_server_does(app):
    made = {
        each["data-generate"]: (each["data-alphabet"], int(each["data-length"]))
        for each in app.get("/sip/admin/new").html.select("button[data-generate]")
    }
    generated = app.post_json(EXTENSIONS, {"id": "1020"}, status=201).json
    assert made["vm_password"] == ("0123456789", 6)
    for field, (alphabet, length) in made.items():
        assert len(generated[field]) == length
        assert set(generated[field]) <= set(alphabet)
    assert len(made["password"][0]) == 57
