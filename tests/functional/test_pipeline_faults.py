"""The whole way of a change, over an Event Socket that misbehaves: both strategies, every fault."""

import time

import pytest
from tests.functional.event_socket import settings_of

from sipapp.testing.fake_freeswitch import HUGE, FakeEventSocket, FakeFsCli

EXTENSIONS = "/sip/api/v1/extensions"
PASSWORD = "event-socket-s3cret"


@pytest.fixture
def switch(tmp_path):
    with FakeEventSocket(password=PASSWORD) as switch:
        switch.directory = tmp_path / "directory"
        switch.directory.mkdir()
        switch.domain = "phone.test"
        switch.pause = 0.0005
        yield switch


@pytest.fixture(params=["esl", "fs_cli"])
def start(request, switch, tmp_path, make_app):
    """Start the server, with a time limit for changes."""
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    ini = {
        "sipapp.domain": "phone.test",
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(switch.directory),
    }
    ini |= settings_of(request.param, switch, secret, FakeFsCli(tmp_path).command)
    return lambda *, timeout: make_app({**ini, "sipapp.reloader.pbx.timeout": str(timeout)})


@pytest.fixture
def app(start):
    return start(timeout=20)


def files(switch):
    return {file.name: file.read_bytes() for file in switch.directory.iterdir()}


def asked_of(switch):
    """Every command that FreeSWITCH got, also of several in one line."""
    lines = [each.removeprefix("api ").partition("\n")[0] for each in switch.commands]
    return {command for line in lines for command in line.split(";;")}


def assert_discreet(answer, caplog, *secrets):
    for secret in (PASSWORD, *secrets):
        assert secret not in answer.text.replace(f'"password": "{secret}"', "")
        assert secret not in caplog.text
    assert len(answer.text) < 4000


@pytest.mark.parametrize(
    "mode", ["silent", "stalled", "cut", "garbage", "rude", "huge", "shutdown", "another password"]
)
def test_what_cannot_be_asked_is_pending_and_taken_over_afterwards(
    switch, start, mode, caplog, monkeypatch
):
    monkeypatch.setattr("sipapp.web.health.STATE_KEPT_S", 0.0)
    # Some of them never answer.
    app = start(timeout=1.5 if mode in {"silent", "stalled"} else 20)
    switch.mode = mode if mode != "another password" else "normal"
    if mode == "another password":
        switch.password = "changed"
    answer = app.post_json(EXTENSIONS, {"id": "1000"}, status=201)
    (told,) = answer.json["apply"]["switches"]
    assert told["outcome"] == "pending"
    assert told["detail"].strip()
    assert len(told["detail"]) < 600
    assert_discreet(answer, caplog)
    assert [*files(switch)] == ["1000.xml"]
    assert app.get("/sip/health", status=503).json["switches"][0]["behind_since"]

    switch.mode, switch.password = "normal", PASSWORD
    deadline = time.monotonic() + 60
    while app.post_json("/sip/api/v1/reload", {}).json["apply"]["state"] != "applied":
        assert time.monotonic() < deadline
    assert "user_data 1000@phone.test param password" in asked_of(switch)
    # A busy machine may need more than the second that a switch has to answer.
    while (health := app.get("/sip/health", expect_errors=True)).status_int != 200:
        assert time.monotonic() < deadline
    assert health.json["switches"] == [{"name": "pbx", "status": "ok"}]


def test_a_slow_one_is_waited_for(switch, app):
    with switch.behaving("slow"):
        answer = app.post_json(EXTENSIONS, {"id": "1000"}, status=201)
    assert answer.json["apply"]["state"] == "applied"


def test_a_refusal_of_a_megabyte_is_reported_in_a_line(switch, app, caplog):
    words = "[error near line 3]: unexpected closing tag </P4ssw0rd>" + "x" * HUGE
    before = files(switch)
    with switch.saying("reloadxml", f"+OK [{words}]\n"):
        answer = app.post_json(EXTENSIONS, {"id": "1000"}, status=409)
    assert "unexpected closing tag </…>" in answer.json["detail"]
    assert_discreet(answer, caplog, "P4ssw0rd")
    assert files(switch) == before


def test_a_deletion_that_freeswitch_does_not_follow_is_taken_back(switch, app):
    app.post_json(EXTENSIONS, {"id": "1000"}, status=201)
    before = files(switch)
    with (
        switch.saying("user_exists id 1000 phone.test", "true"),
        switch.saying("user_data 1000@phone.test attr type", ""),
    ):
        answer = app.delete(f"{EXTENSIONS}/1000", status=409)
    assert "still knows extension 1000" in answer.json["detail"]
    assert files(switch) == before


def test_a_pointer_of_a_group_is_no_extension(switch, app):
    app.post_json(EXTENSIONS, {"id": "1000"}, status=201)
    switch.pointers.add("1000")
    answer = app.delete(f"{EXTENSIONS}/1000")
    assert answer.json["apply"]["state"] == "applied"


def test_what_is_registered_and_talking_is_reported(switch, app):
    app.post_json(EXTENSIONS, {"id": "1000"}, status=201)
    switch.phones += ["1000", "1000", "1001"]
    switch.channels |= {"a-1": "1000", "b-2": "1001"}
    answer = app.delete(f"{EXTENSIONS}/1000?end_calls=true")
    (told,) = answer.json["apply"]["switches"]
    assert told["forgotten"] == "2 registrations were dropped. 1 call was ended."
    assert (switch.phones, switch.channels) == (["1001"], {"b-2": "1001"})


def test_a_new_number_is_verified_and_the_old_one_gone(switch, app):
    app.post_json(EXTENSIONS, {"id": "1000"}, status=201)
    switch.phones.append("1000")
    switch.commands.clear()
    answer = app.post_json(f"{EXTENSIONS}/1000/rename", {"id": "2000"})
    (told,) = answer.json["apply"]["switches"]
    assert (told["outcome"], told["forgotten"]) == ("applied", "1 registration was dropped.")
    assert {
        "reloadxml",
        "user_data 2000@phone.test attr id",
        "user_data 2000@phone.test param password",
        "user_exists id 1000 phone.test",
    } <= asked_of(switch)
    assert [*files(switch)] == ["2000.xml"]
