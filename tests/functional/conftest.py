"""Applications on a storage in memory, and a client of the API."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from tests.functional.phone_client import INI as PHONE_INI
from tests.functional.phone_client import PASSWORD, Phone

from sipapp.api import Extension
from sipapp.app import make_app as make_router
from sipapp.switches.timing import Timing
from sipapp.testing.checked_app import CheckedApp
from sipapp.testing.memory import MemoryPlugin

INI = {
    "sipapp.storage": "memory",
    "sipapp.reloaders": "sw",
    "sipapp.reloader.sw.use": "scripted",
}
# The reload after the start comes after the test, however slow the machine is: tests count reloads.
START_RELOAD_S = 600.0


@pytest.fixture(autouse=True)
def switch_timing(monkeypatch):
    """Set the timing of the switches of applications that are made afterwards."""

    def set_timing(**seconds):
        timing = Timing(**{"start_reload_s": START_RELOAD_S, **seconds})
        monkeypatch.setattr("sipapp.app.SWITCH_TIMING", timing)

    set_timing()
    return set_timing


@pytest.fixture
def memory():
    return MemoryPlugin()


@pytest.fixture
def app(make_app, memory):
    """The application on a storage in memory, with one switch called "sw"."""
    return make_app(INI, plugins=[memory])


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "default"
    made.mkdir()
    return made


@pytest.fixture
def xmldir_app(make_app, memory, folder):
    """The application on files in a folder, with one switch called "sw"."""
    ini = {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": str(folder)}
    ini |= {"sipapp.reloaders": "sw", "sipapp.reloader.sw.use": "scripted"}
    return make_app(ini, plugins=[memory])


@pytest.fixture
def open_phone(make_app, memory):
    memory.storage.create(Extension("1000", password=PASSWORD, caller_id_name="Zoë <b>"))
    memory.storage.create(Extension("1001", password="other-1001", caller_id_name="Bob"))

    def opened(**ini):
        given = {f"sipapp.phone.{key}": value for key, value in ini.items()}
        return Phone(
            make_app({**PHONE_INI, **given}, plugins=[memory], SIP_ADMIN_PASS="admin-pass")
        )

    return opened


@pytest.fixture
def api(app):
    return Api(app)


@pytest.fixture(scope="module")
def refusing():
    """The API of one application for a module's tests, all of whose requests it refuses."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS", "SIP_ADMIN_PASS_FILE"):
            patch.delenv(name, raising=False)
        patch.setattr("sipapp.app.SWITCH_TIMING", Timing(start_reload_s=START_RELOAD_S))
        app = CheckedApp(make_router(INI, [MemoryPlugin()]))
    yield Api(app)
    app.app.registry.close()


@pytest.fixture
def make_api():
    return Api


@dataclass
class Api:
    app: Any
    prefix: str = "/sip/api/v1"

    def __call__(self, call, *, given=None, body=None, content_type=None, status=None, **headers):
        """Send ``"POST /reload"``; ``given`` goes as JSON; If_Match="..." is a header."""
        method, path = call.split(" ", 1)
        if given is not None:
            body, content_type = json.dumps(given).encode(), content_type or "application/json"
        environ = {"CONTENT_TYPE": content_type} if content_type else {}
        response = self.app.request(
            self.prefix + path,
            method=method,
            body=body or b"",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            environ=environ,
            expect_errors=True,
        )
        if status is not None:
            assert response.status_int == status, response.text
        self.check(response)
        return response

    def check(self, response):
        assert response.headers["Cache-Control"] == "no-store"
        if response.status_int >= 400:
            assert response.json["status"] == response.status_int
