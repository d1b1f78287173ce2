"""A directory that is not there: told at the start, by the doctor, and on each page."""

import logging

import pytest

from sipapp.cli import main

PASSWORD = "x7-Qp.9zz-Ue4"


@pytest.fixture
def missing(tmp_path):
    return tmp_path / "no such folder"


@pytest.fixture
def app(make_app, missing, monkeypatch):
    monkeypatch.setattr("sipapp.changes.write_checks.PAGE_WAIT_S", 60.0)
    return make_app({"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(missing)})


@pytest.fixture
def doctor(tmp_path, missing, monkeypatch, capsys):
    """Run the command; returns its exit status and what it printed."""
    monkeypatch.setenv("SIP_ADMIN_PASS", PASSWORD)
    monkeypatch.delenv("SIP_ADMIN_PASS_FILE", raising=False)
    ini = tmp_path / "sipapp.ini"
    ini.write_text(
        f"[app:main]\nuse = egg:sipapp\nsipapp.storage = xmldir\n"
        f"sipapp.storage.xmldir.directory = {missing}\nsipapp.users = {tmp_path}/users\n"
        "sipapp.phone.server = ws://127.0.0.1:1\n"
        "[server:main]\nuse = egg:waitress#main\nlisten = 127.0.0.1:6543\n"
    )

    def run():
        status = main.main(["doctor", str(ini)])
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


def words(missing):
    return (
        f"Cannot open the directory {missing}: No such file or directory. Make that directory, or "
        "correct sipapp.storage.xmldir.directory in the ini."
    )


def test_the_start_says_it(app, missing, caplog):
    made = caplog.get_records("setup")
    said = [each.getMessage() for each in made if each.levelno == logging.ERROR]
    assert said == [words(missing)]


def test_the_doctor_says_it_and_goes_on(doctor, missing):
    status, told = doctor()
    assert status == 2
    assert f"fault directory.writable: Storage xmldir: {words(missing)}" in told
    assert "server.tls" in told  # what comes after it
    assert "Traceback" not in told
    assert "a plugin" not in told


def test_the_doctor_knows_that_users_are_written_later(doctor, tmp_path):
    _, told = doctor()
    assert f"ok password.files: {tmp_path}/users is not written yet: `sipapp user add`" in told


@pytest.mark.parametrize("path", ["", "/extensions/1000"])
def test_pages_that_show_extensions_say_it(app, missing, path):
    page = app.get(f"/sip/admin{path}", status=503)
    assert words(missing) in " ".join(page.html.text.split())
    assert "What you typed" not in page  # nothing was


def test_other_pages_say_it_before_anything_is_tried(app, missing):
    for path, status in (("/new", 200), ("/history", 200), ("/doctor", 200), ("/health", 503)):
        page = app.get(f"/sip/admin{path}", status=status)
        assert words(missing) in " ".join(page.html.text.split())


def test_a_form_is_not_lost(app, missing):
    form = app.get("/sip/admin/new").forms[0]
    form["id"] = "1001"
    form["caller_id_name"] = "Zoë"
    page = form.submit(status=503)
    assert words(missing).removeprefix("Cannot open the directory") in " ".join(
        page.html.text.split()
    )
    assert page.forms[0]["caller_id_name"].value == "Zoë"
