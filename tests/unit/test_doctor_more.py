"""The doctor on what a reload does not change, on taking over calls, and on files with secrets."""

import pytest
from tests.unit.test_doctor_switch import PARAMS, RUNNING, port, ward  # noqa: F401  (fixtures)

from sipapp.api import Extension
from sipapp.doctor import secret_files
from sipapp.settings.ini import parse_settings

DIALPLAN = "xml_locate dialplan context name default"


# A profile that was changed and not restarted.


def test_a_profile_that_runs_as_it_is_configured(ward):  # noqa: F811
    assert ward.line("webrtc.restart").level == "ok"


@pytest.mark.parametrize(
    ("param", "value", "element", "runs"),
    [
        ("sip-port", "5062", "url", "sip:mod_sofia@10.0.0.5:5060"),
        ("rtp-ip", "10.0.0.6", "rtp-ip", "10.0.0.5"),
        ("ext-rtp-ip", "198.51.100.7", "ext-rtp-ip", "10.0.0.5"),
        ("wss-binding", ":7444", "wss-bind-url", "sips:mod_sofia@[::]:7443;transport=wss"),
        ("wss-binding", ":7443", "wss-bind-url", ""),
        ("inbound-codec-prefs", "PCMU, PCMA", "inbound-codecs", "OPUS,PCMU"),
        ("aggressive-nat-detection", "false", "aggressive-nat", "true"),
        ("context", "default", "context", "public"),
    ],
)
def test_what_was_changed_and_not_restarted_is_named(ward, param, value, element, runs):  # noqa: F811
    _set(ward, param, value, element, runs)
    line = ward.line("webrtc.restart")
    assert line.level == "warning"
    assert f": {param}. It was changed and not restarted" in line.found
    assert "sofia profile internal restart" in line.remedy


@pytest.mark.parametrize(
    ("param", "value", "element", "runs"),
    [
        ("sip-port", "5060", "url", "sip:mod_sofia@10.0.0.5:5060"),
        ("sip-port", "$${internal_sip_port}", "url", "sip:mod_sofia@10.0.0.5:5060"),
        ("ext-rtp-ip", "auto-nat", "ext-rtp-ip", "10.0.0.5"),
        ("ext-rtp-ip", "stun:stun.example.org", "ext-rtp-ip", "198.51.100.7"),
        ("wss-binding", ":7443", "wss-bind-url", "sips:mod_sofia@[::]:7443;transport=wss"),
        ("inbound-codec-prefs", "opus,PCMU", "inbound-codecs", "OPUS, PCMU"),
        ("aggressive-nat-detection", "yes", "aggressive-nat", "true"),
        ("context", "public", "context", "N/A"),
    ],
)
def test_what_is_the_same_in_other_words_is_no_difference(ward, param, value, element, runs):  # noqa: F811
    _set(ward, param, value, element, runs)
    assert ward.line("webrtc.restart").level == "ok"


def _set(ward, param, value, element, runs):  # noqa: F811
    ward.change(PARAMS, '<param name="sip-port" value="5060"></param>', "")
    ward.change(
        PARAMS,
        '<param name="apply-candidate-acl" value="localnet.auto"></param>',
        '<param name="apply-candidate-acl" value="localnet.auto"></param>'
        f'<param name="{param}" value="{value}"></param>',
    )
    before = ward.fake.answers[RUNNING]
    start = before.find(f"    <{element}>")
    if start >= 0:
        before = before[:start] + before[before.index("\n", start) + 1 :]
    told = f"    <{element}>{runs}</{element}>\n" if runs else ""
    ward.say(RUNNING, before.replace("  </profile-info>", f"{told}  </profile-info>"))


# The name that takes over a call.


def rule(field, expression):
    return (
        f'<extension name="all"><condition field="{field}" expression="{expression}">'
        '<action application="playback" data="x"/></condition></extension></context>'
    )


def test_the_name_that_takes_over_a_call_reaches_no_user(ward):  # noqa: F811
    line = ward.line("dialplan.recovery")
    assert line.level == "ok"
    assert "(resume) reaches nobody" in line.found


@pytest.mark.parametrize(
    ("field", "expression"),
    [
        ("destination_number", "^(.*)$"),
        ("destination_number", "^resume$"),
        ("${destination_number}", "^res"),
        ("${sip_to_user}", "^[a-z]+$"),
        ("${sip_req_user}", "."),
        ("${sip_to_uri}", "^resume@"),
    ],
)
def test_a_dialplan_that_takes_it_is_reported_with_what_to_put_before(ward, field, expression):  # noqa: F811
    ward.change(DIALPLAN, "</context>", rule(field, expression))
    line = ward.line("dialplan.recovery")
    assert line.level == "warning"
    assert "all (playback)" in line.found
    before = line.remedy.split(": ", 1)[1].split(". Or")[0]
    start, end = '<context name="default">', "\n"
    ward.change(DIALPLAN, start + end, f"{start}{before}{end}")
    assert ward.line("dialplan.recovery").level == "ok"


def test_an_extension_of_that_name_is_a_fault(ward):  # noqa: F811
    ward.ini["sipapp.phone.recovery_user"] = "Rescue"
    assert ward.line("dialplan.recovery").level == "ok"
    ward.storage.create(Extension("rescue", password="x"))
    line = ward.line("dialplan.recovery")
    assert line.level == "fault"
    assert "its phones ring" in line.found


# Files with secrets.


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "event_socket.password"
    file.write_text("s3cret\n")
    return file


def lines(secret, **environ):
    ini = {
        "sipapp.storage": "memory",
        "sipapp.reloaders": "a",
        "sipapp.reloader.a.use": "esl",
        "sipapp.reloader.a.password_file": str(secret),
    }
    return list(secret_files.examine(parse_settings(ini, {}), environ))


@pytest.mark.parametrize(
    ("setting", "maker"), [("users", "`sipapp user add`"), ("secret_file", "the server's start")]
)
def test_a_file_that_is_not_written_yet_is_no_fault(tmp_path, setting, maker):
    path = tmp_path / "file"
    ini = {"sipapp.storage": "memory", f"sipapp.{setting}": str(path)}
    (line,) = secret_files.examine(parse_settings(ini, {"SIP_ADMIN_PASS": "x"}), {})
    assert (line.level, line.found) == (
        "ok",
        f"{path} is not written yet: {maker} does that.",
    )


@pytest.mark.parametrize(
    ("mode", "word"), [(0o644, "read"), (0o604, "read"), (0o666, "change"), (0o602, "change")]
)
def test_a_password_that_others_can_read(secret, mode, word):
    secret.chmod(mode)
    (line,) = lines(secret)
    assert line.level == "fault"
    assert str(secret) in line.found
    assert f"can {word} it (mode {mode:04o})" in line.found
    assert "s3cret" not in repr(line)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_a_password_that_is_closed_to_others(secret, mode):
    secret.chmod(mode)
    (line,) = lines(secret)
    assert (line.level, line.remedy) == ("ok", "")
    assert f"{secret} ({mode:04o})" in line.found


def test_the_administrators_file_is_looked_at_too(secret, tmp_path):
    secret.chmod(0o600)
    admin = tmp_path / "admin"
    admin.write_text("x" * 20)
    admin.chmod(0o644)
    found = lines(secret, SIP_ADMIN_PASS_FILE=str(admin))
    assert [line.level for line in found] == ["fault", "ok"]
    (gone, _) = lines(secret, SIP_ADMIN_PASS_FILE=str(tmp_path / "gone"))
    assert "No such file" in gone.found
