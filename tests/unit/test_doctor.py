"""What the doctor says of storage, passwords and server, and how it puts all together."""

import json
import threading
import time

import pytest
from tests.unprivileged import let_in, only_root, unprivileged

from sipapp.accounts.user_file import UserFile
from sipapp.api import (
    Diagnosis,
    Examination,
    Finding,
    ReloadStrategy,
    StorageUnavailable,
    SwitchConnectionRefused,
)
from sipapp.doctor import admin_password, extension_storage, phone_services, switch, web_server
from sipapp.doctor.report import DiagnosisReport
from sipapp.doctor.runner import examine
from sipapp.doctor.target import DiagnosisTarget, RequestContext
from sipapp.model.account import Role
from sipapp.settings.ini import parse_settings
from sipapp.testing.memory import MemoryStorage


def target(storage=None, strategies=None, environ=None, ini=None, **given):
    settings = parse_settings(
        {"sipapp.phone.server": "ws://127.0.0.1:1", **(ini or {})}, environ or {}
    )
    return DiagnosisTarget(settings, storage or MemoryStorage(), strategies or {}, **given)


def offered(**ini):
    ini = {f"sipapp.phone.{key}": str(value) for key, value in ini.items()}
    return {line.check: line for line in phone_services.examine(target(ini=ini))}


def test_a_plain_phone_needs_no_files():
    assert offered() == {}


def test_the_secret_of_turn_has_to_be_there_still(tmp_path):
    file = tmp_path / "turn.secret"
    file.write_text("north-wind")
    ini = {"sipapp.phone.turn_urls": "turn:a", "sipapp.phone.turn_secret_file": str(file)}
    made = target(ini=ini)
    (line,) = phone_services.examine(made)
    assert line.level == "ok"
    file.unlink()
    (gone,) = phone_services.examine(made)
    assert gone.level == "fault"
    assert "cannot read" in gone.found


@only_root
def test_a_place_for_reports(tmp_path):
    let_in(tmp_path)
    assert offered(reports_directory=tmp_path)["phone.reports"].level == "ok"
    # The server makes it.
    assert offered(reports_directory=tmp_path / "missing")["phone.reports"].level == "ok"
    with unprivileged():
        line = offered(reports_directory=tmp_path / "missing")["phone.reports"]
    assert line.level == "fault"
    assert f"{tmp_path} belongs to user root" in line.found
    assert offered(reports_directory=tmp_path, reports="false") == {}


class Storage(MemoryStorage):
    """One that says what the test wants."""

    error = None
    findings = ()
    lines = ()

    def check(self):
        if self.error:
            raise self.error

    def examine(self):
        if self.error:
            raise self.error
        return Examination(self.findings, looked_at=("2 files",))

    def diagnose(self):
        return self.lines


def finding(severity, code="no-password", line=3):
    return Finding(code, severity, "/d/1000.xml", line, "A title", "A meaning.", "A remedy.")


def test_a_storage_that_can_be_written():
    storage = Storage()
    storage.lines = [Diagnosis("directory.place", "ok", "It is here.")]
    lines = list(extension_storage.examine(target(storage)))
    assert [(line.check, line.level) for line in lines] == [
        ("directory.writable", "ok"),
        ("directory.place", "ok"),
    ]
    (line,) = extension_storage.examine_content(target(storage))
    assert (line.check, line.level) == ("directory.health", "ok")
    assert "2 files" in line.found


def test_a_storage_that_cannot_be_written():
    storage = Storage()
    storage.error = StorageUnavailable("/d: Permission denied.")
    (line,) = extension_storage.examine(target(storage))
    assert line.level == "fault"
    assert "/d: Permission denied." in line.found
    assert list(extension_storage.examine_content(target(storage))) == []


def test_findings_are_put_together_the_worst_first():
    storage = Storage()
    storage.findings = (
        finding("note", "cidr", None),
        finding("warning", "type"),
        finding("critical"),
        finding("critical"),
    )
    lines = list(extension_storage.examine_content(target(storage)))
    assert [(line.check, line.level) for line in lines] == [
        ("directory.health.no-password", "fault"),
        ("directory.health.type", "warning"),
        ("directory.health.cidr", "ok"),
    ]
    assert "A title: /d/1000.xml:3, and 1 more like it. A meaning." in lines[0].found
    assert lines[0].remedy.startswith("A remedy.")
    assert "/d/1000.xml. A meaning" in lines[2].found
    assert not lines[2].remedy


def test_of_very_many_findings_the_doctor_tells_the_worst_and_how_many_others_there_are():
    storage = Storage()
    storage.findings = (
        finding("note", "cidr"),
        *(finding("critical", line=line) for line in range(1, 1001)),
    )
    first, more = extension_storage.examine_content(target(storage))
    assert "and 999 more like it" in first.found
    assert (more.check, more.level) == ("directory.health", "warning")
    assert "not told here: 1." in more.found


@pytest.mark.parametrize(
    ("password", "level"),
    [
        ("1234", "fault"),
        ("Password", "fault"),
        ("admin", "fault"),
        ("aaaaaaaaaaaaaaaa", "fault"),
        ("x7-Qp", "fault"),
        ("x7-Qp.9zz", "warning"),
        ("x7-Qp.9zz-Ue4", "ok"),
    ],
)
def test_the_administrators_password(password, level):
    (line,) = admin_password.examine(target(environ={"SIP_ADMIN_PASS": password}))
    assert line.level == level
    assert bool(line.remedy) is (level != "ok")
    assert password not in {line.found, *line.found.split()}


def test_no_administrators_password():
    (line,) = admin_password.examine(target())
    assert line.level == "fault"
    assert "SIP_ADMIN_PASS" in line.remedy
    (line,) = admin_password.examine(target(ini={"sipapp.demo": "true"}))
    assert line.level == "warning"
    # The server has one, or would not run; it is this command's environment that has none.
    (line,) = admin_password.examine(target(must_have_password=True))
    assert line.level == "warning"
    assert "environment" in line.remedy
    (line,) = admin_password.examine(target(account_plugins=["ldap"]))
    assert line.level == "ok"
    assert "ldap" in line.found


def test_administrators_of_the_file_of_users(tmp_path):
    path = tmp_path / "users"
    ini = {"sipapp.users": str(path)}

    def line(**given):
        (found,) = admin_password.examine(target(ini=ini, **given))
        return found.level, found.found

    file = UserFile(path)
    file.put("olga", Role.OPERATOR, "a long password")
    running = {"request": RequestContext("https", "")}
    level, found = line(**running)
    assert level == "fault"
    assert f"There is no administrator: the server's environment has no password, and {path}" in (
        found
    )
    # The command does not see the server's environment.
    assert line()[0] == "warning"
    file.put("anna", Role.ADMINISTRATOR, "a long password")
    assert line() == line(**running) == ("ok", f"{path} has an administrator.")
    path.write_text("nonsense")
    assert line()[0] == "fault"
    assert "line 1" in line()[1]


PROXY = {
    "trusted_proxy": "127.0.0.1",
    "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto",
    "clear_untrusted_proxy_headers": "true",
}


@pytest.mark.parametrize(
    ("section", "tls", "proxy"),
    [
        ({"listen": "127.0.0.1:6543 [::1]:6543"} | PROXY, "ok", "ok"),
        ({"listen": "localhost:6543"}, "ok", "ok"),
        ({"unix_socket": "/run/sipapp"} | PROXY, "ok", "ok"),
        (
            {
                "listen": "localhost:1",
                "trusted_proxy": "127.0.0.1",
                "trusted_proxy_headers": "x-forwarded-proto",
            },
            "ok",
            "ok",
        ),
        ({"listen": "*:6543"}, "fault", "ok"),
        ({}, "fault", "ok"),
        ({"host": "10.0.0.5", "port": "80"}, "fault", "ok"),
        ({"listen": "0.0.0.0:6543"} | PROXY, "warning", "ok"),
        ({"listen": "localhost:6543", "trusted_proxy": "*"}, "ok", "fault"),
        ({"listen": "localhost:6543"} | PROXY | {"trusted_proxy_headers": ""}, "ok", "warning"),
        (
            {"listen": "localhost:1"} | PROXY | {"clear_untrusted_proxy_headers": "no"},
            "ok",
            "warning",
        ),
    ],
)
def test_where_the_server_listens_and_whom_it_trusts(section, tls, proxy):
    lines = {line.check: line for line in web_server.examine(target(server=section))}
    assert lines["server.tls"].level == tls
    assert lines["server.proxy"].level == proxy


@pytest.mark.parametrize(
    ("section", "level", "words"),
    [
        ({"clear_untrusted_proxy_headers": "false"}, "ok", "172.18.0.0/16, proxy is trusted"),
        ({}, "fault", "the web server drops what it says"),
        ({"clear_untrusted_proxy_headers": "true"}, "fault", "all clients have the proxy's"),
        (PROXY, "warning", "and 127.0.0.1 (trusted_proxy) are trusted"),
    ],
)
def test_proxies_that_sipapp_trusts_itself(section, level, words):
    ini = {"sipapp.trusted_proxies": "172.18.0.0/16 proxy"}
    server = {"listen": "*:6543"} | section
    lines = {line.check: line for line in web_server.examine(target(server=server, ini=ini))}
    assert lines["server.proxy"].level == level
    assert words in lines["server.proxy"].found
    assert lines["server.tls"].level == "warning"


@pytest.mark.parametrize(
    ("context", "check", "level"),
    [
        (RequestContext("https", "https", "phone.test"), "server.tls", "ok"),
        (RequestContext("http", "", "localhost"), "server.tls", "ok"),
        (RequestContext("http", "", "phone.test"), "server.tls", "fault"),
        (RequestContext("http", "https", "phone.test"), "server.proxy", "fault"),
    ],
)
def test_how_a_page_came(context, check, level):
    line, *_ = web_server.examine(target(request=context))
    assert (line.check, line.level) == (check, level)


@pytest.mark.parametrize(
    ("hosts", "environ", "required", "level", "words"),
    [
        ("pbx.test [::1]:80", {}, False, "ok", "answered for pbx.test, ::1, and for no other"),
        ("", {}, False, "ok", "localhost and loopback addresses only"),
        ("", {"SIP_ADMIN_PASS": "x"}, False, "warning", "answered for any host"),
        # The server has a password that this environment does not have.
        ("", {}, True, "warning", "answered for any host"),
    ],
)
def test_the_names_of_the_server(hosts, environ, required, level, words):
    made = target(environ=environ, ini={"sipapp.hosts": hosts}, must_have_password=required)
    (line,) = (line for line in web_server.examine(made) if line.check == "server.hosts")
    assert line.level == level
    assert words in line.found
    assert ("sipapp.hosts = " in line.remedy) is (level == "warning")


def test_the_clock(monkeypatch):
    *_, line = web_server.examine(target())
    assert (line.check, line.level) == ("server.clock", "ok")
    monkeypatch.setattr(time, "time", lambda: 86400.0)
    *_, line = web_server.examine(target())
    assert line.level == "fault"
    assert "1970" in line.found
    assert "NTP" in line.remedy


def test_no_switch():
    (line,) = switch.none_configured(target())
    assert line.level == "warning"
    assert any(line.check == "switch.configured" for line in examine(target()).lines)


class Switch(ReloadStrategy):
    def __init__(self, ping):
        self.ping = ping

    def reload(self, *, timeout):
        raise NotImplementedError

    def ping(self, *, timeout):
        raise NotImplementedError


def refuse(*, timeout):
    raise SwitchConnectionRefused("Nothing listens.")


def test_a_check_that_raises_costs_only_itself(caplog):
    def fail(*, timeout):
        raise RuntimeError("with a s3cret")

    report = examine(target(strategies={"bad": Switch(fail), "off": Switch(refuse)}))
    (bad,) = [line for line in report.lines if line.check == "switch bad"]
    assert bad.level == "fault"
    assert "RuntimeError" in bad.found
    assert "s3cret" not in bad.found
    assert "s3cret" in caplog.text
    assert {"off"} == {line.about for line in report.lines if line.check == "switch.reachable"}
    assert any(line.check == "server.clock" for line in report.lines)


def test_switches_are_asked_at_the_same_time_and_not_for_ever():
    gone = threading.Event()
    both = threading.Barrier(2, timeout=10)

    def meet(*, timeout):
        both.wait()
        return "here"

    def hang(*, timeout):
        gone.wait(60)
        return "late"

    started = time.monotonic()
    strategies = {"a": Switch(meet), "b": Switch(meet), "slow": Switch(hang)}
    report = examine(target(strategies=strategies), timeout=0.5)
    gone.set()
    assert time.monotonic() - started < 30
    assert {line.about for line in report.lines if line.found == "It answers: here."} == {"a", "b"}
    (late,) = [line for line in report.lines if line.check == "switch slow"]
    assert late.level == "fault"
    assert "too long" in late.found


OK = Diagnosis("a.b", "ok", "All well.")
WARNING = Diagnosis("a.c", "warning", "Hm.", "Look.", "local")
FAULT = Diagnosis("a.d", "fault", "Oh.", "Mend.")


@pytest.mark.parametrize(
    ("lines", "status"),
    [((), 0), ((OK,), 0), ((WARNING, OK), 1), ((OK, FAULT, WARNING), 2)],
)
def test_the_exit_status_is_that_of_the_worst_line(lines, status):
    assert DiagnosisReport(lines, 0, 0).status == status


def test_a_report_as_text_and_json():
    report = DiagnosisReport((OK, WARNING, FAULT), 0.0, 1.25)
    assert list(report.as_text()) == [
        "ok a.b: All well.",
        "warning a.c [local]: Hm.",
        "    -> Look.",
        "fault a.d: Oh.",
        "    -> Mend.",
        "1 ok, 1 warnings, 1 faults in 1.2 s",
    ]
    body = json.loads(json.dumps(report.as_json()))
    assert body["status"] == "fault"
    assert body["at"] == "1970-01-01T00:00:00Z"
    assert body["lines"][1] == {
        "check": "a.c",
        "level": "warning",
        "found": "Hm.",
        "remedy": "Look.",
        "about": "local",
    }


def test_nothing_commands_the_terminal():
    line = Diagnosis("a.b", "fault", "A file \x1b[2J\nok", "Remove \x9b it.")
    text = list(DiagnosisReport((line,), 0, 0).as_text())
    assert text[:2] == ["fault a.b: A file [2J ok", "    -> Remove it."]


def test_nothing_is_left_running():
    before = {thread.name for thread in threading.enumerate()}
    examine(target())
    assert "doctor" not in {thread.name for thread in threading.enumerate()} - before
