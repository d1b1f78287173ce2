"""The doctor at a real FreeSWITCH: well, and with each thing broken that can be broken here."""

from contextlib import contextmanager

import pytest

from sipapp.app import make_storage, make_strategies
from sipapp.doctor.runner import examine
from sipapp.doctor.target import DiagnosisTarget
from sipapp.hooks.manager import Plugins
from sipapp.settings.ini import parse_settings

pytestmark = pytest.mark.live

INTERNAL = "sip_profiles/internal.xml"
WELL = (
    "directory.writable",
    "directory.read",
    "switch.reachable",
    "switch.reload",
    "switch.domain",
    "switch.access-list",
    "switch.clock",
    "password.default",
    "webrtc.profile",
    "webrtc.ws",
    "webrtc.wss",
    "webrtc.certificate",
    "webrtc.identity",
    "webrtc.candidates",
    "webrtc.codecs",
    "webrtc.rtp-address",
    "webrtc.nat-detection",
    "webrtc.sip-alg",
    "webrtc.phone",
    "dialplan.echo",
    "dialplan.voicemail",
    "dialplan.conference",
    "password.admin",
)


def settings(freeswitch, kind, **more):
    strategies = {
        "esl": {
            "host": freeswitch.esl_host,
            "port": str(freeswitch.esl_port),
            "password_file": str(freeswitch.password_file),
        },
        "fs_cli": {
            "command": str(freeswitch.fs_cli),
            "host": freeswitch.esl_host,
            "port": str(freeswitch.esl_port),
            "password_file": str(freeswitch.password_file),
        },
    }
    options = {f"sipapp.reloader.live.{key}": value for key, value in strategies[kind].items()}
    return {
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(freeswitch.directory),
        "sipapp.reloaders": "live",
        "sipapp.reloader.live.use": kind,
        "sipapp.phone.server": f"ws://127.0.0.1:{freeswitch.ws_port}",
        **options,
        **more,
    }


def look(freeswitch, kind="esl", **more):
    parsed = parse_settings(settings(freeswitch, kind, **more), {"SIP_ADMIN_PASS": "x7-Qp.9zz-Ue4"})
    installed = Plugins.load()
    storage = make_storage(parsed, installed)
    strategies = make_strategies(parsed, installed)
    try:
        report = examine(DiagnosisTarget(parsed, storage, strategies, host="127.0.0.1"))
    finally:
        for each in strategies.values():
            each.stop()
        storage.close()
    said = repr(report)
    assert freeswitch.esl_password not in said
    assert freeswitch.default_password not in said
    return {line.check: line for line in report.lines}


@pytest.fixture
def library_path(freeswitch, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", freeswitch.environ["LD_LIBRARY_PATH"])


@pytest.mark.parametrize("kind", ["esl", "fs_cli"])
def test_a_real_one(restored, library_path, kind):
    lines = look(restored, kind)
    levels = {check: line.level for check, line in lines.items()}
    assert {check: levels[check] for check in WELL} == dict.fromkeys(WELL, "ok")
    # Of vanilla: the last phone wins, calls can be taken over, and music for who misdials.
    for check in ("webrtc.registrations", "webrtc.presence", "dialplan.unknown"):
        assert levels[check] == "warning"
    assert "acknowledge_call" in lines["dialplan.unknown"].found
    assert "1.10" in lines["switch.reachable"].found
    assert "issued by itself" in lines["webrtc.certificate"].found


def test_the_certificate_that_freeswitch_made_itself(restored):
    server = {"sipapp.phone.server": f"wss://127.0.0.1:{restored.wss_port}"}
    lines = look(restored, **server)
    assert lines["webrtc.phone"].level == "ok"
    assert lines["webrtc.phone-certificate"].level == "fault"
    assert "self-signed" in lines["webrtc.phone-certificate"].found


def test_a_broken_neighbour(restored):
    (restored.directory / "zz.xml").write_text("<include>\n<user id='zz'>\n</include>\n")
    lines = look(restored)
    assert lines["switch.reload"].level == "fault"
    assert "error near line" in lines["switch.reload"].found
    assert lines["directory.health.breaks-reload"].level == "fault"


def test_another_directory(restored, tmp_path):
    (tmp_path / "7777.xml").write_text(
        '<include>\n  <user id="7777">\n    <params>\n      <param name="password" value="x9-Y"/>\n'
        "    </params>\n  </user>\n</include>\n"
    )
    lines = look(restored, **{"sipapp.storage.xmldir.directory": str(tmp_path)})
    assert lines["directory.read"].level == "fault"
    assert "7777" in lines["directory.read"].found
    assert str(restored.configuration) in lines["directory.read"].found


def test_another_domain_and_a_wrong_password(restored, tmp_path):
    lines = look(restored, **{"sipapp.domain": "other.test"})
    assert lines["switch.domain"].level == "warning"
    (tmp_path / "password").write_text("wrong\n")
    wrong = {"sipapp.reloader.live.password_file": str(tmp_path / "password")}
    lines = look(restored, **wrong)
    assert lines["switch.reachable"].level == "fault"
    assert "password_file" in lines["switch.reachable"].remedy
    assert "webrtc.profile" not in lines


@contextmanager
def edited(file, old, new):
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new))
    try:
        yield
    finally:
        file.write_text(before)


def test_a_default_password_of_1234(restored):
    old, new = (f"default_password={each}" for each in (restored.default_password, "1234"))
    with edited(restored.configuration / "vars.xml", old, new):
        line = look(restored)["password.default"]
    assert line.level == "fault"
    assert "ten seconds" in line.found


def test_no_candidate_list(restored):
    with edited(restored.configuration / INTERNAL, "apply-candidate-acl", "no-acl"):
        line = look(restored)["webrtc.candidates"]
    assert line.level == "fault"
    assert "488" in line.found


def test_a_profile_that_does_not_run(restored):
    # Stopping the real one would be more than this: its port stays taken for a minute.
    lines = look(restored, **{"sipapp.reloader.live.profile": "inside"})
    assert lines["webrtc.profile"].level == "fault"
    assert "inside" in lines["webrtc.profile"].found
    assert "no profile inside" in lines["webrtc.candidates"].found


@pytest.mark.parametrize(
    ("allowed", "account", "candidates"),
    [
        ("reloadxml,user_exists,user_data,global_getvar,version,sofia,show", "ok", "warning"),
        ("", "warning", "ok"),
    ],
)
def test_an_account_of_the_directory(restored, tmp_path, allowed, account, candidates):
    limit = f'<param name="esl-allowed-api" value="{allowed}"/>' if allowed else ""
    (restored.directory / "1018.xml").write_text(
        '<include>\n  <user id="1018">\n    <params>\n'
        '      <param name="password" value="x9-Yq"/>\n'
        '      <param name="esl-password" value="e5-Ls"/>\n'
        f"      {limit}\n"
        "    </params>\n  </user>\n</include>\n"
    )
    restored.command("reloadxml")
    (tmp_path / "password").write_text("e5-Ls\n")
    login = {
        "sipapp.reloader.live.user": f"1018@{restored.domain}",
        "sipapp.reloader.live.password_file": str(tmp_path / "password"),
    }
    lines = look(restored, **login)
    assert lines["switch.account"].level == account
    assert "sendmsg" in lines["switch.account"].found + lines["switch.account"].remedy
    assert lines["webrtc.candidates"].level == candidates
    assert lines["webrtc.profile"].level == lines["switch.reload"].level == "ok"


def test_one_that_is_off(restored):
    with restored.off():
        lines = look(restored)
    assert lines["switch.reachable"].level == "fault"
    assert "Start FreeSWITCH" in lines["switch.reachable"].remedy


BEHIND_A_PROXY = {"sipapp.phone.server": "wss://127.0.0.1:1/sip/ws"}
TRUSTED = "webrtc.trusted-addresses"


@pytest.mark.parametrize("kind", ["esl", "fs_cli"])
def test_vanilla_trusts_no_proxy(restored, library_path, kind):
    line = look(restored, kind, **BEHIND_A_PROXY)[TRUSTED]
    assert line.level == "ok"
    assert "127.0.0.1" in line.found
    assert TRUSTED not in look(restored, kind)


def test_a_user_with_the_address_of_the_proxy(restored):
    """Vanilla's list "domains" has the addresses of users, after reloadacl."""
    file = restored.directory / "1017.xml"
    file.write_text('<include>\n  <user id="1017" cidr="127.0.0.0/8">\n  </user>\n</include>\n')
    restored.command("reloadacl")
    line = look(restored, **BEHIND_A_PROXY)[TRUSTED]
    file.unlink()
    restored.command("reloadacl")
    assert line.level == "fault"
    assert "apply-inbound-acl trusts it (domains)" in line.found
    assert look(restored, **BEHIND_A_PROXY)[TRUSTED].level == "ok"


@pytest.mark.parametrize("name", ["apply-register-acl", "apply-proxy-acl"])
@pytest.mark.parametrize("trusting", ["loopback.auto", "127.0.0.0/8"])
def test_a_list_with_the_loopback(restored, name, trusting):
    old = '<param name="apply-inbound-acl" value="domains"/>'
    more = f'{old}\n<param name="{name}" value="{trusting}"/>'
    with edited(restored.configuration / INTERNAL, old, more):
        line = look(restored, **BEHIND_A_PROXY)[TRUSTED]
    assert line.level == "fault"
    assert f"{name} trusts it ({trusting})" in line.found
