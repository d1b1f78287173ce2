"""What reaches the command line of fs_cli: of every payload, nothing but plain ids."""

import re

import pytest
from tests.attacks.payloads import TEXTS
from tests.attacks.target import COMMANDS, DOMAIN, about

from sipapp.model.extension import check_id
from sipapp.switches.timing import Timing
from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli

# What stands behind each of several commands in one line.
MARK = re.compile(";;echo [0-9a-f]{16}(?:;;|$)")


@pytest.fixture
def fs_cli(tmp_path):
    return FakeFsCli(tmp_path)


@pytest.fixture
def switch(tmp_path):
    with FakeEventSocket() as switch:
        switch.directory = tmp_path / "own"
        switch.own_pins = {"1000": "471147"}
        yield switch


def test_no_payload_becomes_a_command(make_app, fs_cli, switch, tmp_path, monkeypatch):
    monkeypatch.setattr("sipapp.app.SWITCH_TIMING", Timing(start_reload_s=600.0))
    secret = tmp_path / "event-socket"
    secret.touch(mode=0o600)
    secret.write_text(f"{switch.password}\n")
    ini = {
        "sipapp.domain": DOMAIN,
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(tmp_path / "own"),
        "sipapp.storage.xmldir.create": "true",
        "sipapp.reloaders": "sw",
        "sipapp.reloader.sw.use": "fs_cli",
        "sipapp.reloader.sw.command": str(fs_cli.command),
        "sipapp.reloader.sw.host": switch.host,
        "sipapp.reloader.sw.port": str(switch.port),
        "sipapp.reloader.sw.password_file": str(secret),
    }
    app = make_app(ini)
    path = "/sip/api/v1/extensions"
    app.post_json(path, {"id": "1000"}, status=201)
    for payload in TEXTS:
        with about(payload):
            if check_id(payload) and len(payload) < 10_000:
                app.post_json(path, {"id": payload}, status=422)
                app.post_json(f"{path}/1000/rename", {"id": payload}, status=422)
    app.patch_json(f"{path}/1000", {"caller_id_name": "; touch attack;; shutdown"})
    allowed = [each.replace("{id}", "1000") for each in COMMANDS]
    assert fs_cli.runs
    for run in fs_cli.runs:
        line = run.argv[run.argv.index("-x") + 1]
        for command in filter(None, MARK.split(line)):
            assert any(re.fullmatch(each, command) for each in allowed), command
        assert not any(switch.password in each for each in run.argv)
