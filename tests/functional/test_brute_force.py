"""Whoever guesses passwords of the manager is slowed down, and then stopped."""

import base64

import pytest

INI = {"sipapp.storage": "memory", "sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}


@pytest.fixture
def app(make_app, memory):
    return make_app(INI, plugins=[memory], SIP_ADMIN_PASS="right-password")


def ask(app, password, *, name="admin", address="192.0.2.1", path="/sip/admin", **headers):
    pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.get(
        path,
        headers={"Authorization": f"Basic {pair}", **headers},
        extra_environ={"REMOTE_ADDR": address},
        expect_errors=True,
    )


def guess(app, times=6, **given):
    return [ask(app, f"wrong-{number}", **given).status_int for number in range(times)]


@pytest.mark.parametrize("path", ["/sip/admin", "/sip/api/v1/extensions"])
def test_after_a_few_wrong_passwords_the_answer_is_to_wait(app, path, caplog):
    assert guess(app, path=path) == [401] * 5 + [429]
    answer = ask(app, "wrong", path=path)
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Too many wrong passwords" in answer.text
    assert "WWW-Authenticate" not in answer.headers
    # The right one has to wait too: the answer must not tell which it is.
    assert ask(app, "right-password", path=path).status_int == 429
    assert "192.0.2.1" in caplog.text
    assert "wrong-" not in caplog.text


def test_other_addresses_are_not_locked_out(app):
    guess(app, 10)
    assert ask(app, "right-password", address="192.0.2.2").status_int == 200


def test_a_logged_in_user_is_not_locked_out_by_guesses_from_the_same_address(app):
    assert ask(app, "right-password").status_int == 200
    guess(app, 10)
    assert ask(app, "right-password").status_int == 200


def test_many_names_from_one_address_are_stopped_too(app):
    statuses = [ask(app, "wrong", name=f"name-{number}").status_int for number in range(25)]
    assert statuses[:20] == [401] * 20
    assert set(statuses[20:]) == {429}


def test_a_forged_header_does_not_change_the_client_address(app):
    statuses = [
        ask(app, f"wrong-{number}", X_Forwarded_For=f"198.51.100.{number}").status_int
        for number in range(7)
    ]
    assert statuses[5:] == [429, 429]


def test_a_right_password_is_no_guess(app):
    assert guess(app, 4) == [401] * 4
    assert ask(app, "right-password").status_int == 200
    assert guess(app, 4) == [401] * 4


def test_the_phone_and_health_are_not_asked_for_anything(app):
    guess(app, 10)
    for path in ("/sip", "/sip/health"):
        assert app.get(path, extra_environ={"REMOTE_ADDR": "192.0.2.1"}).status_int == 200
