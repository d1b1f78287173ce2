"""Secrets are planted, every route is asked in every way, and none of them comes out anywhere."""

import base64
import hashlib
import json
import logging
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.functional.route_table import path_of, routes
from webtest import TestApp

import sipapp
from sipapp.api import Secret, hookimpl
from sipapp.app import make_app
from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli

DOMAIN = "phone.test"
PLANTED = {
    "password": "pl4nted-password-of-1000",
    "PIN": "908172635445362718",
    "password of the file with a fault": "pl4nted-behind-a-missing-quote",
    "default_password": "pl4nted-default-password",
    "ESL": "pl4nted-event-socket",
    "administrator": "pl4nted-administrator",
    "typed": "pl4nted-typed-password",
}
HA1 = hashlib.md5(
    f"1000:{DOMAIN}:{PLANTED['password']}".encode(), usedforsecurity=False
).hexdigest()
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def switch():
    with FakeEventSocket(password=PLANTED["ESL"]) as switch:
        yield switch


@pytest.fixture
def folder(tmp_path):
    """An installation: its directory, with a password beside it that everybody inherits."""
    (tmp_path / "directory").mkdir()
    (tmp_path / "vars.xml").write_text(
        '<include>\n<X-PRE-PROCESS cmd="set" '
        f'data="default_password={PLANTED["default_password"]}"/>\n</include>\n'
    )
    secret = tmp_path / "event-socket"
    secret.touch(mode=0o600)
    secret.write_text(f"{PLANTED['ESL']}\n")
    plant(tmp_path / "directory")
    return tmp_path


def plant(directory):
    """Write the extensions, each with its password in another way."""
    settings = {
        "1000": {"password": PLANTED["password"], "vm-password": PLANTED["PIN"]},
        "1001": {"password": "$${default_password}"},
        "1002": {"a1-hash": HA1},
    }
    for extension, params in settings.items():
        lines = [f'<param name="{name}" value="{value}"/>' for name, value in params.items()]
        (directory / f"{extension}.xml").write_text(
            "\n".join(
                [
                    "<include>",
                    f'<user id="{extension}"><params>',
                    *lines,
                    "</params></user>",
                    "</include>",
                    "",
                ]
            )
        )


class Failing:
    @hookimpl
    def sipapp_configure(self, config):
        def fail(request):
            kept = Secret(password=PLANTED["password"])
            raise RuntimeError(f"nobody foresaw this with {kept!r}")

        config.add_route("fail", "/fail")
        config.add_view(fail, route_name="fail", request_method="GET")


@pytest.fixture
def app(folder, switch, monkeypatch):
    fs_cli = FakeFsCli(folder)
    switch.directory = folder / "directory"
    switch.variables["default_password"] = PLANTED["default_password"]
    for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIP_ADMIN_PASS", PLANTED["administrator"])
    (folder / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "temporary"))
    ini = {
        "sipapp.domain": DOMAIN,
        "sipapp.history": str(folder / "history"),
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(folder / "directory"),
        "sipapp.storage.xmldir.vars": str(folder / "vars.xml"),
        "sipapp.reloaders": "socket cli",
        "sipapp.reloader.socket.use": "esl",
        "sipapp.reloader.cli.use": "fs_cli",
        "sipapp.reloader.cli.command": str(fs_cli.command),
    }
    for name in ("socket", "cli"):
        ini |= {
            f"sipapp.reloader.{name}.host": switch.host,
            f"sipapp.reloader.{name}.port": str(switch.port),
            f"sipapp.reloader.{name}.password_file": str(folder / "event-socket"),
        }
    app = TestApp(make_app(ini, [Failing()]))
    yield app
    app.app.registry.close()


class Scanner:
    """Looks for what was planted in everything that it is shown."""

    def __init__(self, app, directory):
        self.app = app
        self._directory = directory
        self.statuses = set()

    def look(self, where, text):
        # A token of one's own is one's own; "Basic" credentials never come back.
        pair = base64.b64encode(f"admin:{PLANTED['administrator']}".encode())
        for name, secret in {**PLANTED, "HA1": HA1, "login": pair.decode()}.items():
            assert secret not in text, f"{name} is in {where}"

    def ask(self, method, path, *, login=True, body=b"", content_type=""):
        headers = {"Content-Type": content_type} if content_type else {}
        if login:
            word = PLANTED["administrator"] if login is True else login
            pair = base64.b64encode(f"admin:{word}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        answer = self.app.request(
            path, method=method, headers=headers, body=body, expect_errors=True
        )
        self.statuses.add(answer.status_int)
        self.look(f"{method} {path}", answer.text + repr(list(answer.headers.items())))
        return answer

    def ask_everything(self, *extensions, name):
        """Every route with every method; what is typed is accepted, or refused for the name."""
        page = self.ask("GET", "/sip/admin/new")
        token = page.html.select_one("[name=csrf_token]")["value"]
        typed = {"password": PLANTED["typed"], "caller_id_name": name}
        as_json = {"body": json.dumps(typed).encode(), "content_type": "application/json"}
        as_form = {"body": urlencode(typed | {"csrf_token": token}).encode(), "content_type": FORM}
        for method, pattern in routes(self.app):
            given = {}
            if method in {"POST", "PATCH"}:
                given = as_json if "/api/" in pattern else as_form
            for extension in extensions if "{id}" in pattern else extensions[:1]:
                plant(self._directory)
                self.ask(method, path_of(pattern, extension), **given)


def test_no_secret_comes_out_anywhere(app, folder, switch, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    scanner = Scanner(app, folder / "directory")
    failed = scanner.ask("GET", "/sip/fail")
    assert failed.status_int == 500
    assert failed.html.main.code.text in caplog.text
    scanner.ask_everything("1000", "1001", "1002", "9999", name="Ann")
    # The switch quotes a piece of a file; then a file with a fault is in the way, and no switch.
    quoted = f"+OK [[error near line 7]: unexpected closing tag </{PLANTED['password']}>]\n"
    with switch.saying("reloadxml", quoted):
        scanner.ask_everything("1000", name="a\0b")
    (folder / "directory" / "0999.xml").write_text(
        '<include>\n<user id="0999"><params>\n<param name="password" value='
        f'"{PLANTED["password of the file with a fault"]}/>\n</params></user>\n</include>\n'
    )
    with switch.off():
        scanner.ask_everything("1000", name="a\0b")
    scanner.ask("GET", "/sip/admin", login="wr0ng")
    scanner.ask("POST", "/sip/admin/new", body=b"no token", content_type=FORM)
    scanner.ask("GET", "/sip/api/v1/extensions", login="")
    assert scanner.statuses >= {200, 303, 400, 401, 403, 404, 409, 422, 500, 503}

    scanner.look("the log", caplog.text)
    scanner.look("standard output", "".join(capfd.readouterr()))
    runs = (folder / "fs_cli.runs").read_text()
    told = [{**json.loads(line), "profile": None} for line in runs.splitlines()]
    scanner.look("the process list", json.dumps(told))
    # The folder of the homes of fs_cli stays; no home does.
    for file in (folder / "temporary").glob("*/*"):
        pytest.fail(f"{file} was left behind")
    with closing(sqlite3.connect(folder / "history" / "history.sqlite3")) as database:
        entries = database.execute("SELECT * FROM entries").fetchall()
    assert entries
    scanner.look("the history", json.dumps(entries))
    for file in (Path(sipapp.__file__).parent / "static").rglob("*"):
        if file.is_file():
            scanner.look(file, file.read_text(errors="replace"))
