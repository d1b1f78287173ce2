"""Servers with one secret file accept what the others signed, and a restart loses nothing."""

import pytest
from tests.functional.phone_client import INI, PASSWORD, Phone

from sipapp.api import Extension, SwitchTimeout


@pytest.fixture
def start(make_app, memory):
    """Start another server on the same storage and switch."""
    memory.storage.create(Extension("1000", password=PASSWORD))
    memory.storage.create(Extension("1001", password="other-1001"))
    return lambda **ini: make_app(
        INI | {f"sipapp.{name}": str(each) for name, each in ini.items()}, plugins=[memory]
    )


@pytest.fixture
def shared(start, tmp_path):
    return lambda: start(secret_file=tmp_path / "secret")


@pytest.fixture
def another(start, tmp_path):
    return lambda: start(secret_file=tmp_path / "another-secret")


def directory(app, token, **options):
    phone = Phone(app)
    phone.headers["Authorization"] = f"Bearer {token}"
    return phone.ask("GET /directory", **options)


def test_a_phones_session_is_good_at_every_server(shared, another, start):
    token = Phone(shared()).log_in()
    directory(shared(), token, status=200)
    directory(another(), token, status=401)
    directory(start(), token, status=401)


def test_a_phones_session_ends_at_every_server_with_its_password(shared, memory):
    token = Phone(shared()).log_in()
    memory.storage.update("1000", {"password": "changed-meanwhile"})
    directory(shared(), token, status=401)


def test_a_nonce_of_one_server_is_good_at_another(shared, another):
    nonce = Phone(shared()).challenge()
    Phone(another()).prove(nonce=nonce, status=403)
    Phone(shared()).prove(nonce=nonce, status=201)


def saved_before(app, memory):
    """Save a change that the switch does not apply; the answer leads to a page that says so."""
    memory.switch.fault = SwitchTimeout("No answer.")
    form = app.get("/sip/admin/extensions/1000").form
    form["caller_id_name"] = "Ann"
    answer = form.submit("", status=303)
    (cookie,) = [each for each in answer.headers.getall("Set-Cookie") if "session" in each]
    return answer.location, cookie.partition(";")[0]


def test_a_message_outlives_a_restart(shared, another, memory):
    location, cookie = saved_before(shared(), memory)
    words = "Extension 1000 was saved, but not every switch has applied it yet"
    assert words in shared().get(location, headers={"Cookie": cookie})
    assert words not in another().get(location, headers={"Cookie": cookie})
