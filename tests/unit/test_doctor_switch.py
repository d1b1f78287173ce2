"""The doctor's questions to FreeSWITCH: each line by breaking what it looks at."""

# ruff: noqa: S104  (nothing is bound here)

import shutil
import time
from dataclasses import replace

import pytest
from tests.unit.fake_websocket import websocket_server

from sipapp.api import (
    Diagnosis,
    Extension,
    ReloadStrategy,
    StorageUnavailable,
    SwitchAccessDenied,
    SwitchConnectionRefused,
    SwitchTimeout,
    SwitchUnreachable,
    SwitchWrongPassword,
)
from sipapp.doctor import switch, switch_directory
from sipapp.doctor.questions import Questions
from sipapp.doctor.target import DiagnosisTarget, RequestContext
from sipapp.freeswitch.api import FreeSwitchReload, Transport
from sipapp.model.defaults import default_extension
from sipapp.settings.ini import parse_settings
from sipapp.state.memory import MemoryState
from sipapp.switches.fleet import SwitchFleet
from sipapp.testing.fake_freeswitch import BROKEN, FakeFreeSwitch
from sipapp.testing.memory import MemoryStorage

SECRET = "s3cret-of-a-gateway"
PROFILE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<profile>
  <profile-info>
    <name>internal</name>
    <rtp-ip>10.0.0.5</rtp-ip>
    <ext-rtp-ip>10.0.0.5</ext-rtp-ip>
    <ws-bind-url>sip:mod_sofia@0.0.0.0:{port};transport=ws</ws-bind-url>
    <inbound-codecs>OPUS,G722,PCMU,PCMA,H264,VP8</inbound-codecs>
    <aggressive-nat>true</aggressive-nat>
  </profile-info>
</profile>
"""
SOFIA = f"""<configuration name="sofia.conf"><profiles>
<profile name="external"><settings><param name="sip-port" value="5080"/></settings></profile>
<profile name="internal">
  <gateways><gateway name="g"><param name="password" value="{SECRET}"/></gateway></gateways>
  <settings>
    <param name="sip-port" value="5060"></param>
    <param name="ws-binding" value=":PORT"></param>
    <param name="apply-candidate-acl" value="localnet.auto"></param>
    <param name="apply-candidate-acl" value="rfc1918.auto"></param>
    <param name="multiple-registrations" value="contact"></param>
  </settings>
</profile>
</profiles></configuration>
"""
EVENT_SOCKET = f"""<configuration name="event_socket.conf"><settings>
<param name="listen-ip" value="127.0.0.1"/><param name="password" value="{SECRET}"/>
</settings></configuration>
"""
DIALPLAN = """<context name="default">
<extension name="global" continue="true"><condition><action application="set" data="a=b"/>
</condition></extension>
<extension name="Local_Extension"><condition field="destination_number"
  expression="^(10[01][0-9])$"><action application="bridge" data="user/$1"/></condition></extension>
<extension name="vmain"><condition field="destination_number" expression="^vmain$|^4000$|^\\*98$">
<action application="answer"/><action application="voicemail" data="check default"/>
</condition></extension>
<extension name="conferences"><condition field="destination_number" expression="^(30\\d{2})$">
<action application="answer"/><action application="conference" data="$1"/></condition></extension>
<extension name="echo"><condition field="destination_number" expression="^9196$">
<action application="answer"/><action application="echo"/></condition></extension>
<extension name="weekend"><condition wday="1,7"><action application="answer"/></condition>
</extension>
<extension name="odd"><condition field="destination_number" expression="(?(DEFINE)x)+*">
<action application="answer"/></condition></extension>
</context>
"""


class Direct(Transport):
    """Asks a fake FreeSWITCH without a way in between."""

    is_local = False

    def __init__(self, fake):
        self.fake = fake
        self.asked = []
        self.faults = {}

    def command(self, command, *, timeout):
        self.asked.append(command)
        for start, error in self.faults.items():
            if command.startswith(start):
                raise error
        return self.fake.answer(command) or "-ERR no reply\n"


class Ward:
    """A FreeSWITCH with which all is well, to be broken."""

    def __init__(self, port, domains=("",)):
        self.storage = MemoryStorage(domains)
        for each in ("1000", "1001"):
            self.storage.create(default_extension(each))
        self.fake = FakeFreeSwitch(extensions=self.storage.list)
        self.fake.answers |= {
            "sofia xmlstatus profile internal": PROFILE.format(port=port),
            "xml_locate configuration configuration name sofia.conf": SOFIA.replace(
                "PORT", str(port)
            ),
            "xml_locate configuration configuration name event_socket.conf": EVENT_SOCKET,
            "xml_locate dialplan context name default": DIALPLAN,
            "module_exists mod_opus": "true",
            "global_getvar conf_dir": "/etc/freeswitch",
            "global_getvar default_password": "one that nobody knows",
            "strepoch": str(int(time.time())),
        }
        self.transport = Direct(self.fake)
        self.strategy = FreeSwitchReload(self.transport, timeout=3)
        self.ini = {"sipapp.phone.server": "wss://{host}/sip/ws"}
        self.host = "127.0.0.1"

    def say(self, question, answer):
        assert question in self.fake.answers
        self.fake.answers[question] = answer

    def change(self, question, old, new):
        before = self.fake.answers[question]
        assert old in before
        self.fake.answers[question] = before.replace(old, new)

    def add_param(self, name, value):
        added = f'<param name="{name}" value="{value}"></param>'
        self.change(
            PARAMS,
            '<param name="sip-port" value="5060">',
            f'{added}<param name="sip-port" value="5060">',
        )

    def lines(self, **given):
        target = DiagnosisTarget(
            parse_settings(self.ini, {}),
            self.storage,
            {"local": self.strategy},
            host=self.host,
            **given,
        )
        found = list(switch.examine(target, "local"))
        assert all(line.about == "local" for line in found)
        assert SECRET not in repr(found)
        assert all(bool(line.remedy) is (line.level != "ok") for line in found)
        return {line.check: line for line in found}

    def line(self, check, **given):
        return self.lines(**given)[check]


PARAMS = "xml_locate configuration configuration name sofia.conf"
RUNNING = "sofia xmlstatus profile internal"


@pytest.fixture(scope="module")
def port():
    with websocket_server() as port:
        yield port


@pytest.fixture
def ward(port):
    return Ward(port)


def test_a_good_one(ward):
    lines = ward.lines()
    assert {check: line.found for check, line in lines.items() if line.level != "ok"} == {}
    assert len(lines) > 12
    assert "10.0.0.5" in lines["webrtc.rtp-address"].found
    assert "5060, where a router's SIP ALG rewrites it" in lines["webrtc.sip-alg"].found
    assert "1.10.12" in lines["switch.reachable"].found
    # Nothing is asked that prints passwords of users.
    asked = " ".join(ward.transport.asked)
    assert "find_user_xml" not in asked
    assert "xml_locate directory" not in asked


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (SwitchConnectionRefused("Nothing listens."), "Start FreeSWITCH"),
        (SwitchAccessDenied("Turned away."), "apply-inbound-acl"),
        (SwitchWrongPassword("No."), "password_file"),
        (SwitchTimeout("Silence."), "stopped, overloaded"),
        (SwitchUnreachable("fs_cli says nothing."), "section 4"),
    ],
)
def test_one_that_cannot_be_asked_is_one_line(ward, error, word):
    ward.transport.faults[""] = error
    lines = ward.lines()
    assert list(lines) == ["switch.reachable"]
    assert lines["switch.reachable"].level == "fault"
    assert str(error) in lines["switch.reachable"].found
    assert word in lines["switch.reachable"].remedy


def test_one_that_stops_answering(ward):
    ward.transport.faults["sofia"] = SwitchTimeout("Silence.")
    lines = ward.lines()
    assert lines["switch.answers"].level == "fault"
    assert "sofia" in lines["switch.answers"].found
    assert "webrtc.candidates" not in lines
    assert lines["switch.reload"].level == "ok"


def test_an_account_that_may_not_ask_loses_those_lines_only(ward):
    for question in (PARAMS, "xml_locate configuration configuration name event_socket.conf"):
        ward.say(question, "-ERR permission denied")
    lines = ward.lines()
    assert lines["webrtc.candidates"].level == "warning"
    assert "xml_locate" in lines["webrtc.candidates"].found
    assert "esl-allowed-api" in lines["webrtc.candidates"].remedy
    assert lines["webrtc.codecs"].level == "ok"


def test_a_refused_reload(ward):
    ward.fake.answers["reloadxml"] = BROKEN
    line = ward.line("switch.reload")
    assert line.level == "fault"
    assert "unexpected closing tag" in line.found


def test_a_refused_reload_names_the_file_that_the_storage_finds(ward, monkeypatch):
    ward.fake.answers["reloadxml"] = BROKEN
    place = "/etc/freeswitch/directory/default/1001.xml, line 7"
    monkeypatch.setattr(MemoryStorage, "find_fault", lambda _, **__: place, raising=False)
    line = ward.line("switch.reload")
    assert f"The fault is in {place}." in line.found
    assert line.remedy == "Correct the file, or move it out of the directory."


def test_in_the_server_its_own_pipeline_reloads(ward):
    switches = SwitchFleet({"local": ward.strategy, "other": ward.strategy}, MemoryState())
    try:
        assert ward.line("switch.reload", apply=switches.apply).level == "ok"
        ward.fake.answers["reloadxml"] = BROKEN
        line = ward.line("switch.reload", apply=switches.apply)
        assert line.level == "fault"
        assert "unexpected closing tag" in line.found
        ward.transport.faults["reloadxml"] = SwitchTimeout("Silence.")
        lines = ward.lines(apply=switches.apply)
        assert "Silence." in lines["switch.answers"].found
        assert "switch.reload" not in lines
    finally:
        switches.stop()


@pytest.mark.parametrize(
    ("ini", "told", "level"),
    [
        ("", "phone.test", "ok"),
        ("phone.test", "Phone.Test", "ok"),
        ("other.test", "phone.test", "warning"),
        ("phone.test", "-ERR no reply", "ok"),
        ("", "-ERR no reply", "fault"),
    ],
)
def test_the_domain(ward, ini, told, level):
    ward.ini["sipapp.domain"] = ini
    ward.fake.answers["global_getvar domain"] = told
    assert ward.line("switch.domain").level == level


class TestDomains:
    """What the SIP profile of vanilla does to a second domain."""

    @pytest.fixture
    def ward(self, port):
        ward = Ward(port, ["", "branch.example"])
        ward.storage.create(default_extension("1000@branch.example"))
        ward.ini["sipapp.domain"] = "phone.test"
        return ward

    def test_a_profile_that_keeps_them_apart(self, ward):
        lines = ward.lines()
        assert {line.level for line in lines.values()} == {"ok"}
        assert "phone.test, branch.example" in lines["webrtc.domains"].found
        assert "1000@phone.test, 1001@phone.test, 1000@branch.example" in (
            lines["directory.read"].found
        )

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("force-register-domain", "register as users of phone.test"),
            ("force-register-db-domain", "take each other's place"),
            ("force-subscription-domain", "presence of the users of phone.test"),
            ("presence-hosts", "rings the phones of that number in all domains"),
            ("challenge-realm", "passwords of users of phone.test"),
        ],
    )
    def test_a_parameter_that_joins_them(self, ward, name, words):
        ward.change(
            PARAMS, "<settings>\n    ", f'<settings><param name="{name}" value="phone.test"/>'
        )
        line = ward.line("webrtc.domains")
        assert line.level == "fault"
        assert f"{name} is set: " in line.found
        assert words in line.found
        assert f"Take {name} out of sip_profiles/internal.xml" in line.remedy
        assert "sofia profile internal restart" in line.remedy

    def test_all_of_them_are_one_line(self, ward):
        given = "".join(
            f'<param name="{name}" value="phone.test"/>'
            for name in ("force-register-domain", "presence-hosts")
        )
        ward.change(PARAMS, "<settings>\n    ", f"<settings>{given}")
        line = ward.line("webrtc.domains")
        assert "force-register-domain is set" in line.found
        assert "Take force-register-domain and presence-hosts out of" in line.remedy

    def test_a_profile_that_was_not_restarted_after_that(self, ward):
        ward.change(RUNNING, "<rtp-ip>", "<pres-hosts>phone.test,10.0.0.5</pres-hosts><rtp-ip>")
        line = ward.line("webrtc.domains")
        assert line.level == "fault"
        assert "presence-hosts" in line.found

    def test_a_realm_that_the_phone_names_is_none(self, ward):
        ward.change(
            PARAMS,
            "<settings>\n    ",
            '<settings><param name="challenge-realm" value="auto_from"/>',
        )
        assert ward.line("webrtc.domains").level == "ok"

    def test_phones_need_the_name_of_the_default_domain(self, ward):
        del ward.ini["sipapp.domain"]
        line = ward.line("webrtc.domains")
        assert line.level == "fault"
        assert "FreeSWITCH knows them in phone.test" in line.found
        assert line.remedy == "Set sipapp.domain = phone.test."
        ward.host = "Phone.test"
        assert ward.line("webrtc.domains").level == "ok"

    def test_the_address_of_the_profile_is_no_good_default_domain(self, ward):
        ward.change(RUNNING, "<rtp-ip>", "<sip-ip>phone.test</sip-ip><rtp-ip>")
        line = ward.line("webrtc.domains")
        assert line.level == "warning"
        assert "told the presence" in line.found

    def test_one_that_freeswitch_does_not_read(self, ward):
        lag(ward)
        ward.storage.create(default_extension("0999@branch.example"))
        found = ward.line("directory.read").found
        assert "does not know 0999@branch.example:" in found

    def test_of_a_profile_that_does_not_run_the_configuration_is_judged(self, ward):
        ward.say(RUNNING, "Invalid Profile!")
        assert ward.line("webrtc.domains").level == "ok"

    def test_one_domain_is_not_looked_at(self, ward, port):
        assert "webrtc.domains" not in Ward(port).lines()


def lag(ward):
    """What FreeSWITCH has now stays what it has."""
    before = tuple(ward.storage.list())
    ward.fake.extensions = lambda: before


def test_a_directory_that_freeswitch_does_not_read(ward):
    lag(ward)
    ward.storage.create(default_extension("1002"))
    line = ward.line("directory.read")
    assert line.level == "fault"
    assert "does not know 1002 in phone.test" in line.found
    assert "/etc/freeswitch" in line.found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"caller_id_name": "Somebody else"}, "the caller ID name of 1001"),
        (
            {"password": "Another-1", "accountcode": "9"},
            "the password and the account code of 1001",
        ),
    ],
)
def test_a_directory_of_which_freeswitch_knows_another_state(ward, changes, words):
    lag(ward)
    ward.storage.update("1001", changes)
    line = ward.line("directory.read")
    assert line.level == "fault"
    assert f"has not what is stored as {words}" in line.found
    assert "Another-1" not in line.found


def test_names_that_cannot_be_compared_are_not(ward):
    lag(ward)
    ward.storage.update("1001", {"caller_id_name": "$${other}"})
    assert ward.line("directory.read").level == "ok"


class TestPaths:
    """Where the storage writes, compared with where FreeSWITCH reads."""

    @pytest.fixture
    def conf(self, tmp_path):
        conf = tmp_path / "conf"
        (conf / "directory" / "default").mkdir(parents=True)
        (conf / "freeswitch.xml").write_text("<document/>")
        for each in ("1000", "1001"):
            (conf / "directory" / "default" / f"{each}.xml").write_text("<include/>")
        return conf

    @pytest.fixture
    def look(self, ward, conf):
        """Look at FreeSWITCH of that configuration, where sipapp writes to ``directory``."""
        ward.fake.answers["global_getvar conf_dir"] = str(conf)

        def look(directory, *, local=True):
            ward.transport.is_local = local
            ward.storage.switch_directory = directory
            for each in ward.storage.list():
                kept = replace(each, source=str(directory / f"{each.id}.xml"))
                ward.storage.delete(each.id)
                ward.storage.create(kept)
            return ward.lines().get("directory.path")

        return look

    def test_the_one_that_is_read(self, look, conf):
        line = look(conf / "directory" / "default")
        assert line.level == "ok"
        assert f"{conf}/directory/default, a part of FreeSWITCH's configuration" in line.found

    def test_a_copy(self, look, conf, tmp_path):
        copy = shutil.copytree(conf, tmp_path / "copy") / "directory" / "default"
        line = look(copy)
        assert line.level == "fault"
        assert str(copy) in line.found
        assert str(conf) in line.found
        assert f"{conf}/directory/default" in line.remedy

    def test_without_extensions_a_copy_is_a_fault_too(self, ward, look, conf, tmp_path):
        for each in ("1000", "1001"):
            ward.storage.delete(each)
        assert look(shutil.copytree(conf, tmp_path / "copy")).level == "fault"

    def test_what_freeswitch_knows_and_does_not_have_it_has_from_here(self, look, conf, tmp_path):
        # As where it runs in a container, and there is another one on this machine.
        mine = shutil.copytree(conf, tmp_path / "mine") / "directory" / "default"
        (conf / "directory" / "default" / "1001.xml").unlink()
        line = look(mine)
        assert line.level == "ok"
        assert "extensions that only that has" in line.found

    def test_a_path_of_another_machine_is_not_compared(self, look, tmp_path):
        assert look(tmp_path, local=False) is None

    def test_a_path_of_a_container_says_nothing(self, ward, look, tmp_path):
        ward.fake.answers["global_getvar conf_dir"] = "/nowhere/etc/freeswitch"
        line = look(tmp_path)
        assert line.level == "ok"
        assert "/nowhere/etc/freeswitch is not to be seen here" in line.found


def test_an_empty_directory(ward):
    ward.storage.delete("1000")
    ward.storage.delete("1001")
    line = ward.line("directory.read")
    assert line.level == "ok"
    assert "no extension" in line.found


def test_an_account_that_may_not_ask_for_users(ward):
    for command in "user_exists id 1000 phone.test", "user_data 1000@phone.test attr type":
        ward.fake.answers[command] = "-ERR permission denied"
    assert ward.line("directory.read").level == "warning"


def test_a_few_are_asked_for_of_many(ward):
    for number in range(2000, 2100):
        ward.storage.create(default_extension(str(number)))
    found = ward.line("directory.read").found
    assert found.count(", ") <= switch_directory.MAX_EXTENSIONS_ASKED


@pytest.mark.parametrize(
    ("listens", "lists", "password", "level"),
    [
        ("127.0.0.1", "", "own", "ok"),
        ("::", "", "own", "ok"),
        ("::", "lan", "own", "ok"),
        ("0.0.0.0", "any_v4.auto", "own", "warning"),
        ("127.0.0.1", "", "ClueCon", "warning"),
        ("0.0.0.0", "lan", "ClueCon", "fault"),
    ],
)
def test_event_socket(ward, listens, lists, password, level):
    acl = f'<param name="apply-inbound-acl" value="{lists}"/>' if lists else ""
    ward.say(
        "xml_locate configuration configuration name event_socket.conf",
        f'<configuration><settings>{acl}<param name="listen-ip" value="{listens}"/>'
        f'<param name="password" value="{password}"/></settings></configuration>',
    )
    line = ward.line("switch.access-list")
    assert line.level == level
    assert listens in line.found
    assert "own" not in line.found


def test_another_time(ward):
    ward.say("strepoch", str(int(time.time()) - 90))
    line = ward.line("switch.clock")
    assert line.level == "warning"
    assert "-90" in line.found or "-89" in line.found
    ward.say("strepoch", "soon")
    assert ward.line("switch.clock").level == "warning"


@pytest.mark.parametrize(
    ("password", "level"),
    [("1234", "fault"), ("s0rt", "warning"), ("-ERR no reply", "ok"), ("long enough", "ok")],
)
def test_the_default_password(ward, password, level):
    ward.say("global_getvar default_password", password)
    line = ward.line("password.default")
    assert line.level == level
    assert password == "1234" or password not in line.found


def test_a_profile_that_does_not_run(ward):
    ward.say(RUNNING, "Invalid Profile!\n")
    lines = ward.lines()
    assert lines["webrtc.profile"].level == "fault"
    assert "sofia profile internal start" in lines["webrtc.profile"].remedy
    assert "webrtc.ws" not in lines
    assert lines["webrtc.candidates"].level == "ok"


def test_no_binding_where_phones_need_one(ward):
    ward.change(RUNNING, "ws-bind-url", "other-url")
    lines = ward.lines()
    assert lines["webrtc.ws"].level == "fault"
    assert '"ws-binding" value="127.0.0.1:5066"' in lines["webrtc.ws"].remedy
    assert lines["webrtc.wss"].level == "ok"


def test_no_wss_binding_where_phones_connect_themselves(ward):
    ward.ini["sipapp.phone.server"] = "wss://{host}:7443"
    line = ward.line("webrtc.wss")
    assert line.level == "fault"
    assert ":7443" in line.remedy


def test_a_binding_that_does_not_answer(ward, port):
    with websocket_server(lambda key: b"HTTP/1.1 400 Bad\r\n\r\n") as broken:
        ward.change(RUNNING, f":{port};", f":{broken};")
        line = ward.line("webrtc.ws")
    assert line.level == "warning"
    assert "HTTP 400" in line.found


def test_a_wss_binding_without_a_certificate(ward):
    ward.change(
        RUNNING,
        "</profile-info>",
        "<wss-bind-url>sips:mod_sofia@127.0.0.1:1</wss-bind-url></profile-info>",
    )
    assert ward.line("webrtc.certificate").level == "warning"


def test_extensions_that_cannot_be_read_cost_those_lines_alone(ward, monkeypatch, caplog):
    def fail(*_):
        raise StorageUnavailable("The directory is gone.")

    for method in ("list", "get"):
        monkeypatch.setattr(ward.storage, method, fail)
    lines = ward.lines()
    for check in ("directory.read", "dialplan.recovery"):
        assert lines[check].level == "warning"
        assert "directory.writable" in lines[check].remedy
    assert lines["switch.reload"].level == "ok"
    assert lines["webrtc.candidates"].level == "ok"
    assert not caplog.records


def test_no_candidate_list(ward):
    ward.change(PARAMS, "apply-candidate-acl", "x")
    line = ward.line("webrtc.candidates")
    assert line.level == "fault"
    assert "488" in line.found
    assert "restart" in line.remedy
    # With STUN, browsers offer public addresses too.
    ward.ini["sipapp.phone.ice_servers"] = "stun:stun.test:3478"
    assert ward.line("webrtc.candidates").level == "warning"


def test_candidate_lists_without_private_addresses(ward):
    ward.change(PARAMS, "localnet.auto", "wan.auto")
    ward.change(PARAMS, "rfc1918.auto", "wan_v4.auto")
    assert ward.line("webrtc.candidates").level == "warning"
    ward.change(PARAMS, "wan_v4.auto", "office")
    assert ward.line("webrtc.candidates").level == "ok"


@pytest.mark.parametrize(
    ("codecs", "level", "word"),
    [
        ("PCMU,PCMA", "warning", "OPUS is not"),
        ("OPUS@48000h,G722", "warning", "PCMU is not"),
        ("G729,GSM", "fault", "488"),
        ("opus@20i,pcmu", "ok", ""),
    ],
)
def test_codecs(ward, codecs, level, word):
    ward.change(RUNNING, "OPUS,G722,PCMU,PCMA,H264,VP8", codecs)
    line = ward.line("webrtc.codecs")
    assert line.level == level
    assert word in line.found


def test_opus_without_its_module(ward):
    ward.say("module_exists mod_opus", "false")
    line = ward.line("webrtc.codecs")
    assert line.level == "warning"
    assert "mod_opus" in line.found


@pytest.mark.parametrize(
    ("told", "host", "level"),
    [
        ("10.0.0.5", "127.0.0.1", "ok"),
        ("10.0.0.5", "8.8.8.8", "fault"),
        ("8.8.8.8", "8.8.4.4", "ok"),
        ("127.0.0.1", "10.0.0.5", "fault"),
        ("127.0.0.1", "127.0.0.1", "ok"),
        ("0.0.0.0", "127.0.0.1", "fault"),
        ("pbx.test", "127.0.0.1", "ok"),
        ("N/A", "127.0.0.1", "ok"),
    ],
)
def test_where_browsers_send_sound(ward, told, host, level):
    ward.change(RUNNING, "<ext-rtp-ip>10.0.0.5", f"<ext-rtp-ip>{told}")
    ward.host = host
    line = ward.line("webrtc.rtp-address")
    assert line.level == level
    assert told in line.found or told == "N/A"


@pytest.mark.parametrize(("source", "level"), [("server", "ok"), ("sip", "warning")])
def test_no_aggressive_nat_detection(ward, source, level):
    ward.ini["sipapp.phone.presence"] = source
    ward.change(RUNNING, "<aggressive-nat>true", "<aggressive-nat>false")
    assert ward.line("webrtc.nat-detection").level == level


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("manage-presence", "true"),
        ("manage-presence", "PASSIVE"),
        ("manage-presence", "pnp"),
        ("manage-shared-appearance", "true"),
    ],
)
def test_presence_by_which_calls_can_be_taken_over(ward, name, value):
    ward.add_param(name, value)
    line = ward.line("webrtc.presence")
    assert line.level == "warning"
    assert f"{name} is on: every extension can ask for the Call-IDs" in line.found
    assert f'<param name="{name}" value="false"/>' in line.remedy
    assert "restart" in line.remedy
    assert "sipapp.phone.presence" not in line.remedy


def test_presence_that_is_told_without_a_password(ward):
    ward.add_param("manage-presence", "true")
    ward.add_param("auth-subscriptions", "false")
    assert "everybody who reaches the SIP port" in ward.line("webrtc.presence").found


@pytest.mark.parametrize("value", ["false", "no", ""])
def test_nothing_is_said_of_presence_that_is_off(ward, value):
    ward.add_param("manage-presence", value)
    assert "webrtc.presence" not in ward.lines()


def test_phones_that_ask_a_switch_for_presence(ward):
    ward.ini["sipapp.phone.presence"] = "sip"
    assert "contacts show no presence" in ward.line("webrtc.presence").found
    ward.add_param("manage-presence", "true")
    line = ward.line("webrtc.presence")
    assert line.remedy.startswith("Set sipapp.phone.presence = server, and ")


@pytest.mark.parametrize(
    ("params", "level", "said"),
    [
        ({}, "ok", "told who is there"),
        ({"send-display-update": "true", "allow-update": "yes"}, "ok", "told who is there"),
        ({"send-display-update": "false"}, "warning", "send-display-update is off"),
        ({"allow-update": "no"}, "warning", "allow-update is off"),
        (
            {"send-display-update": "0", "allow-update": "off"},
            "warning",
            "send-display-update and allow-update are off",
        ),
    ],
)
def test_who_is_there_after_a_transfer(ward, params, level, said):
    for name, value in params.items():
        ward.add_param(name, value)
    line = ward.line("webrtc.identity")
    assert line.level == level
    assert said in line.found
    assert all(name in line.remedy for name in params) or level == "ok"


@pytest.mark.parametrize(("value", "level"), [("false", "warning"), ("true", "ok")])
def test_multiple_registrations(ward, value, level):
    ward.change(PARAMS, 'value="contact"', f'value="{value}"')
    assert ward.line("webrtc.registrations").level == level


def test_no_word_about_multiple_registrations(ward):
    ward.change(PARAMS, "multiple-registrations", "x")
    assert ward.line("webrtc.registrations").level == "warning"


def test_another_sip_port(ward):
    ward.change(PARAMS, '"5060"', '"6060"')
    assert "6060" in ward.line("webrtc.sip-alg").found


CATCH_ALL = """<extension name="{name}">
<condition field="${{module_exists(mod_enum)}}" expression="true"/>
<condition field="destination_number" expression="^(.*)$"><action application="{action}"/>
</condition></extension></context>"""


@pytest.mark.parametrize(
    ("module", "action", "level"),
    [("true", "playback", "warning"), ("false", "playback", "ok"), ("true", "respond", "ok")],
)
def test_a_number_that_no_extension_has(ward, module, action, level):
    ward.fake.answers["module_exists mod_enum"] = module
    rule = CATCH_ALL.format(name="music", action=action)
    ward.change("xml_locate dialplan context name default", "</context>", rule)
    line = ward.line("dialplan.unknown")
    assert line.level == level
    assert ("music (playback)" in line.found) is (level == "warning")


REFUSE = """<extension name="refuse"{more}><condition field="destination_number"
expression="nobody"><action application="respond" data="404"/></condition></extension>"""


@pytest.mark.parametrize(("more", "level"), [("", "ok"), (' continue="true"', "warning")])
def test_what_comes_behind_a_refusal(ward, more, level):
    ward.fake.answers["module_exists mod_enum"] = "true"
    rule = CATCH_ALL.format(name="music", action="playback")
    ward.change(
        "xml_locate dialplan context name default", "</context>", REFUSE.format(more=more) + rule
    )
    assert ward.line("dialplan.unknown").level == level


@pytest.mark.parametrize(
    ("check", "rule"),
    [("voicemail", "98$"), ("conference", "(30"), ("echo", "^9196$")],
)
def test_a_button_of_the_phone_that_leads_nowhere(ward, check, rule):
    assert ward.line(f"dialplan.{check}").level == "ok"
    ward.change("xml_locate dialplan context name default", rule, "never")
    line = ward.line(f"dialplan.{check}")
    assert line.level == "warning"
    assert "leads nowhere" in line.found
    assert "sipapp.phone." in line.remedy


def test_a_button_of_the_phone_that_rings_an_extension(ward):
    ward.change("xml_locate dialplan context name default", '"conference"', '"bridge"')
    line = ward.line("dialplan.conference")
    assert line.level == "warning"
    assert "3047 leads to conferences (answer, bridge)" in line.found


def test_the_password_of_event_socket_stays_where_it_was_asked_for(ward):
    assert set(Questions(ward.strategy.freeswitch(), 5.0).event_socket) == {"listen-ip"}


def test_a_dialplan_that_is_elsewhere(ward):
    ward.say("xml_locate dialplan context name default", "can't find anything\n")
    assert ward.line("dialplan.unknown").level == "warning"


@pytest.mark.parametrize("answer", ["<a", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_answers_that_are_no_xml(ward, answer):
    ward.say(PARAMS, answer)
    assert ward.line("webrtc.candidates").level == "warning"


def test_a_profile_that_is_not_configured(ward):
    ward.change(PARAMS, 'name="internal"', 'name="inside"')
    assert "no profile internal" in ward.line("webrtc.candidates").found


class Demo(ReloadStrategy):
    """A switch that is no FreeSWITCH."""

    error = None

    def reload(self, *, timeout):
        raise NotImplementedError

    def ping(self, *, timeout):
        if self.error:
            raise self.error
        return "Kamailio 5.6"

    def diagnose(self, *, timeout):
        return [Diagnosis("switch.account", "ok", "Nobody asks for a password.")]


def test_another_switch_is_asked_for_a_sign_of_life_only(ward):
    ward.strategy = Demo()
    lines = ward.lines()
    assert list(lines) == ["switch.account", "switch.reachable", "switch.kind"]


def test_another_switch_that_may_live_in_the_server(ward):
    ward.strategy = Demo()
    ward.strategy.error = SwitchUnreachable("Not running.")
    assert ward.line("switch.reachable").level == "warning"
    assert ward.line("switch.reachable", request=RequestContext("http", "")).level == "fault"


def test_extensions_that_freeswitch_need_not_know(ward):
    lag(ward)
    odd = replace(default_extension("1009"), read_only="It has two users.")
    off = Extension("1008", enabled=False)
    for each in (odd, off):
        ward.storage.create(each)
    assert ward.line("directory.read").level == "ok"


@pytest.fixture
def proxied(ward, port):
    """A switch whose WebSocket listens for a proxy on its machine."""
    ward.ini = {"sipapp.phone.server": "wss://{host}/sip/ws"}
    ward.change(RUNNING, f"@0.0.0.0:{port}", f"@127.0.0.1:{port}")
    ward.fake.answers |= {
        "acl 127.0.0.1 domains": "false",
        "acl 127.0.0.1 loopback.auto": "true",
        "acl 127.0.0.1 127.0.0.0/8": "true",
    }
    return ward


def set_lists(ward, *params):
    lines = "".join(f'<param name="{name}" value="{value}"/>' for name, value in params)
    ward.change(PARAMS, '<param name="sip-port" value="5060"></param>', lines)


TRUSTED = "webrtc.trusted-addresses"


def test_no_list_trusts_the_proxy(proxied):
    """As vanilla has it: candidates of the loopback are another matter."""
    set_lists(
        proxied,
        ("apply-inbound-acl", "domains"),
        ("apply-candidate-acl", "loopback.auto"),
        ("apply-nat-acl", "loopback.auto"),
    )
    line = proxied.line(TRUSTED)
    assert line.level == "ok"
    assert "127.0.0.1" in line.found


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ([("apply-inbound-acl", "loopback.auto")], "calls need no password"),
        ([("apply-inbound-acl", "domains"), ("apply-inbound-acl", "127.0.0.0/8")], "127.0.0.0/8"),
        ([("apply-inbound-acl", "loopback.auto:public")], "loopback.auto"),
        ([("apply-register-acl", "loopback.auto")], "register as any extension"),
        ([("apply-proxy-acl", "loopback.auto")], "X-AUTH-IP"),
    ],
)
def test_a_list_trusts_the_proxy(proxied, params, words):
    set_lists(proxied, *params)
    line = proxied.line(TRUSTED)
    assert line.level == "fault"
    assert words in line.found
    assert "127.0.0.1" in line.found
    assert "reloadacl" in line.remedy


def test_a_user_with_the_address_of_the_proxy_is_trusted(proxied):
    """His cidr is in the list of the domain, as FreeSWITCH runs with it."""
    set_lists(proxied, ("apply-inbound-acl", "domains"))
    proxied.say("acl 127.0.0.1 domains", "true")
    assert proxied.line(TRUSTED).level == "fault"


@pytest.mark.parametrize(
    "params",
    [
        [("apply-inbound-acl", "loopback.auto"), ("apply-inbound-acl", "none")],
        [("apply-inbound-acl", "")],
        # For registrations, all have to let the address in.
        [("apply-register-acl", "loopback.auto"), ("apply-register-acl", "domains")],
    ],
)
def test_lists_that_do_not_count(proxied, params):
    set_lists(proxied, *params)
    assert proxied.line(TRUSTED).level == "ok"


def test_phones_that_come_by_themselves_have_addresses_of_their_own(proxied):
    set_lists(proxied, ("apply-inbound-acl", "loopback.auto"))
    proxied.ini = {"sipapp.phone.server": "wss://{host}:7443"}
    assert TRUSTED not in proxied.lines()


def test_a_proxy_on_another_machine_may_have_the_address_of_the_pages(proxied, port):
    proxied.change(RUNNING, f"@127.0.0.1:{port}", f"@0.0.0.0:{port}")
    proxied.host = "192.0.2.7"
    set_lists(proxied, ("apply-inbound-acl", "office"))
    proxied.fake.answers |= {"acl 192.0.2.7 office": "true", "acl 127.0.0.1 office": "false"}
    line = proxied.line(TRUSTED)
    assert line.level == "warning"
    assert "may come from 192.0.2.7" in line.found
    proxied.transport.is_local = True
    assert proxied.line(TRUSTED).level == "warning"
    proxied.say("acl 192.0.2.7 office", "false")
    line = proxied.line(TRUSTED)
    assert line.level == "ok"
    assert "127.0.0.1, 192.0.2.7" in line.found


def test_where_the_proxy_is_cannot_be_told(proxied, port):
    proxied.change(RUNNING, f"@127.0.0.1:{port}", f"@0.0.0.0:{port}")
    proxied.host = ""
    assert TRUSTED not in proxied.lines()
    proxied.change(RUNNING, f"sip:mod_sofia@0.0.0.0:{port};transport=ws", "")
    assert TRUSTED not in proxied.lines()


def test_a_list_whose_name_is_no_word(proxied):
    set_lists(proxied, ("apply-inbound-acl", "a b"))
    line = proxied.line(TRUSTED)
    assert line.level == "warning"
    assert not any(each.startswith("acl ") for each in proxied.transport.asked)
