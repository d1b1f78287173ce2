"""One application for all attacks of a module: on files, with a switch that writes down all."""

import os

import pytest
from tests.attacks.target import DOMAIN, Target
from webtest import TestApp

from sipapp.api import Extension
from sipapp.app import make_app
from sipapp.switches.timing import Timing
from sipapp.testing.fake_freeswitch import FakeEventSocket
from sipapp_xmldir.storage import XmlDirectory

VICTIM = Extension(
    "1000",
    password="victims-password",
    vm_password="4711",
    caller_id_name="Ann",
    caller_id_number="1000",
    outbound_caller_id_name="Company",
    outbound_caller_id_number="0305550100",
    user_context="default",
    toll_allow="domestic",
    callgroup="sales",
    accountcode="1000",
)
NEIGHBOUR = Extension("1001", password="neighbours-password", caller_id_name="Bob")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The directory of extensions, and beside it what nobody may touch."""
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "directory").mkdir()
    (folder / "default.xml").write_text("<include/>\n")
    storage = XmlDirectory(directory=folder / "directory", create=False)
    storage.create_many([VICTIM, NEIGHBOUR])
    storage.close()
    (folder / "directory" / "notes.txt").write_text("Nobody's business.\n")
    return folder


@pytest.fixture(scope="module")
def switch(folder):
    with FakeEventSocket() as switch:
        switch.directory = folder / "directory"
        switch.own_pins = {"1000": "471147"}
        yield switch


@pytest.fixture(scope="module")
def ini(folder, switch):
    return {
        "sipapp.domain": DOMAIN,
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(folder / "directory"),
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "esl",
        "sipapp.reloader.sw.host": switch.host,
        "sipapp.reloader.sw.port": str(switch.port),
        "sipapp.reloader.sw.password": switch.password,
    }


@pytest.fixture(scope="module")
def target(unmeasured, ini, switch, folder):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SIP_ADMIN_USER", "SIP_ADMIN_PASS", "SIP_ADMIN_PASS_FILE"):
            if name in os.environ:
                patch.delenv(name)
        # No reload after the start: only those of attacks are to be seen.
        patch.setattr("sipapp.app.SWITCH_TIMING", Timing(start_reload_s=600.0))
        app = TestApp(make_app(ini))
        # What the switch is asked in the background after its first reload comes now.
        assert app.post_json("/sip/api/v1/reload", {}).json["apply"]["state"] == "applied"
        yield Target(app, switch, folder)
        app.app.registry.close()
