"""Servers that share their state count, claim and lock together."""

import pytest
from tests.functional.phone_client import INI, PASSWORD, REPORT, Phone

from sipapp.api import Extension, SwitchTimeout
from sipapp.state.memory import MemoryState


@pytest.fixture
def state(monkeypatch):
    state = MemoryState()
    monkeypatch.setattr("sipapp.app.MemoryState", lambda: state)
    return state


@pytest.fixture
def start(make_app, memory, state, tmp_path):
    """Start another server on the same storage, switch and state."""
    memory.storage.create(Extension("1000", password=PASSWORD))
    ini = INI | {"sipapp.secret_file": str(tmp_path / "secret")}
    return lambda: make_app(ini, plugins=[memory], SIP_ADMIN_PASS="admin-pass")


def log_in(app, password, **options):
    app.authorization = ("Basic", ("admin", password))
    return app.get("/sip/admin", **options)


def change(app, **options):
    app.authorization = ("Basic", ("admin", "admin-pass"))
    path = "/sip/api/v1/extensions/1000"
    return app.patch_json(path, {"caller_id_name": "Ann"}, **options)


def test_a_phones_nonce_is_good_at_one_of_them(start):
    one, other = Phone(start()), Phone(start())
    nonce = one.challenge()
    other.prove(nonce=nonce, status=201)
    one.prove(nonce=nonce, status=403)


def test_wrong_passwords_of_phones_are_counted_together(start):
    one, other = Phone(start()), Phone(start())
    for each in (one, other, one, other, one):
        each.prove(password="wrong", status=403)
    other.prove(password="wrong", status=429)


def test_wrong_passwords_of_accounts_are_counted_together(start):
    one, other = start(), start()
    for each in (one, other, one, other, one):
        log_in(each, "wrong", status=401)
    log_in(other, "wrong", status=429)


def test_reports_of_a_phone_are_counted_together(start):
    one, other = Phone(start()), Phone(start())
    for each in (one, other):
        each.log_in()
    for each in (one, other, one, other, one):
        each.ask("POST /reports", REPORT, status=201)
    other.ask("POST /reports", REPORT, status=429)


def test_a_room_is_given_out_once(start):
    phones = Phone(start()), Phone(start())
    for each in phones:
        each.log_in()
    rooms = [phone.ask("POST /conference", status=201).json["room"] for phone in phones * 2]
    assert len(set(rooms)) == 4


def test_an_extension_is_changed_by_one_at_a_time(start, state, monkeypatch):
    monkeypatch.setattr("sipapp.changes.pipeline.LOCK_TIMEOUT_S", 0.0)
    app = start()
    with state.lock(["extension 1000"], wait_s=0):
        answer = change(app, status=503)
    assert "Another request is changing the same extension" in answer.text
    change(app, status=200)


def test_what_a_switch_missed_of_one_is_verified_by_the_other(start, memory):
    one, other = start(), start()
    memory.switch.fault = SwitchTimeout("No answer.")
    change(one, status=200)
    memory.switch.fault = None
    asked = []
    differences = memory.switch.differences

    def record(extensions, values, *, timeout):
        asked.extend(extensions)
        return differences(extensions, values, timeout=timeout)

    memory.switch.differences = record
    other.authorization = ("Basic", ("admin", "admin-pass"))
    other.post("/sip/api/v1/reload", status=200)
    assert "1000" in asked
