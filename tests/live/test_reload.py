"""Both reload plugins on a real FreeSWITCH, and the fakes compared with it."""

import re
import subprocess
import time

import pytest
from tests.live.settings import live_settings

from sipapp.api import (
    SwitchConnectionRefused,
    SwitchContext,
    SwitchRefused,
    SwitchUnreachable,
    SwitchWrongPassword,
)
from sipapp.testing.fake_freeswitch import FakeEventSocket, FakeFsCli
from sipapp.testing.listed_view import ListedView
from sipapp.testing.reload_contract import ReloadContract
from sipapp_esl.client import Login
from sipapp_esl.plugin import EventSocket
from sipapp_esl.plugin import make_strategy as make_esl
from sipapp_fscli.plugin import make_strategy as make_fscli

pytestmark = pytest.mark.live

USER = """<include>
  <user id="{id}">
    <params>
      <param name="password" value="{password}"/>{params}
    </params>
  </user>
</include>
"""
MALFORMED = '<include>\n  <user id="zz">\n    <params>\n  </user>\n</include>\n'


def write_user(freeswitch, user, password, params=""):
    file = freeswitch.directory / f"{user}.xml"
    file.write_text(USER.format(id=user, password=password, params=params))


def esl(freeswitch, **options):
    given = {
        "host": freeswitch.esl_host,
        "port": freeswitch.esl_port,
        "user": "",
        "password": freeswitch.esl_password,
        "password_file": None,
        "timeout": 5.0,
    }
    return make_esl(**given | options)


def fs_cli(freeswitch, **options):
    given = {
        "command": str(freeswitch.fs_cli),
        "host": freeswitch.esl_host,
        "port": freeswitch.esl_port,
        "password_file": freeswitch.esl_password,
        "timeout": 5.0,
    }
    return make_fscli(**given | options)


BOTH = pytest.mark.parametrize("make", [esl, fs_cli])


class OnFreeSwitch(ReloadContract):
    """The contract, with files in a real directory."""

    @pytest.fixture
    def publish(self, restored):
        def publish(extensions):
            for file in restored.directory.glob("[0-9]*.xml"):
                file.unlink()
            for each in extensions:
                write_user(restored, each.id, each.password)

        return publish

    @pytest.fixture
    def broken_directory(self, restored):
        return lambda: Malformed(restored)

    @pytest.fixture
    def switched_off(self, restored):
        return restored.off

    @pytest.fixture
    def hanging(self, restored):
        return restored.hanging


class Malformed:
    """A malformed neighbour in the directory."""

    def __init__(self, freeswitch):
        self._file = freeswitch.directory / "zz-malformed.xml"

    def __enter__(self):
        self._file.write_text(MALFORMED)

    def __exit__(self, *_):
        self._file.unlink()


class TestEventSocket(OnFreeSwitch):
    @pytest.fixture
    def make_strategy(self, freeswitch):
        return lambda: esl(freeswitch)


class TestFsCli(OnFreeSwitch):
    @pytest.fixture
    def make_strategy(self, freeswitch):
        return lambda: fs_cli(freeswitch)


@BOTH
def test_a_malformed_neighbour_is_named_by_line(restored, make):
    with Malformed(restored), pytest.raises(SwitchRefused) as caught:
        make(restored).reload(timeout=5)
    assert re.fullmatch(r"\[error near line \d+\]: .*</user>.*", str(caught.value))


@BOTH
def test_several_commands_get_the_replies_that_each_gets_alone(restored, make):
    transport = make(restored).freeswitch().api
    address = f"1001@{restored.domain}"
    commands = [
        f"user_data {address} attr id",
        f"user_data {address} attr type",
        f"user_data {address} param nothing",
        f"user_data {address} var effective_caller_id_name",
        "user_data",
        "nosuchcommand a",
        "nosuchcommand b",
        "global_getvar domain",
        "global_getvar nothing",
        "show registrations",
        "show calls as json",
    ]
    alone = [transport.command(each, timeout=5) for each in commands]
    assert list(transport.commands(commands, timeout=5)) == alone
    assert list(transport.commands(commands[:5] * 20, timeout=5)) == alone[:5] * 20


@BOTH
def test_after_a_deletion_a_pointer_is_no_user(restored, make):
    groups = (restored.directory.parent / "default.xml").read_text()
    pointers = set(re.findall(r'<user id="(\w+)" type="pointer"/>', groups))
    user = next(each for each in sorted(pointers) if (restored.directory / f"{each}.xml").exists())
    strategy = make(restored)
    strategy.start(SwitchContext(restored.domain, ListedView(list)))
    assert strategy.knows(user, timeout=5) is True
    (restored.directory / f"{user}.xml").unlink()
    strategy.reload(timeout=5)
    assert restored.command(f"user_exists id {user} {restored.domain}") == "true"
    assert strategy.knows(user, timeout=5) is False


def test_a_wrong_password(freeswitch):
    with pytest.raises(SwitchWrongPassword):
        esl(freeswitch, password="wrong").reload(timeout=5)
    with pytest.raises(SwitchUnreachable, match="password_file"):
        fs_cli(freeswitch, password_file="wrong").reload(timeout=5)


def test_nothing_listens(freeswitch):
    with FakeEventSocket() as gone:
        port = gone.port
    with pytest.raises(SwitchConnectionRefused):
        esl(freeswitch, port=port).reload(timeout=5)
    with pytest.raises(SwitchUnreachable, match=f"port {port}"):
        fs_cli(freeswitch, port=port).reload(timeout=5)


def test_a_password_with_odd_characters_arrives_through_the_file_of_fs_cli(restored):
    odd = "a b=c > [x] 'q' ;z \"€"
    settings = restored.configuration / "autoload_configs" / "event_socket.conf.xml"
    before = settings.read_text()
    escaped = odd.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    settings.write_text(before.replace(restored.esl_password, escaped))
    restored.command("reloadxml")
    try:
        restored.command("bgapi reload mod_event_socket")
        for make, option in ((esl, "password"), (fs_cli, "password_file")):
            reached = eventually(lambda make=make, option=option: make(restored, **{option: odd}))
            assert reached.startswith("FreeSWITCH")
    finally:
        settings.write_text(before)
        transport = EventSocket(Login(restored.esl_host, restored.esl_port, odd))
        transport.command("reloadxml", timeout=5)
        transport.command("bgapi reload mod_event_socket", timeout=5)
        eventually(lambda: esl(restored))


def eventually(make):
    """Ask for a sign of life until there is one: Event Socket is just being reloaded."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return make().ping(timeout=5)
        except SwitchUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_an_account_with_limits(restored):
    params = (
        '<param name="esl-password" value="Account-Pass-1"/>'
        '<param name="esl-allowed-api" value="{}"/>'
    )
    write_user(restored, "7001", "Live-Pass-1", params.format("reloadxml,version"))
    write_user(
        restored, "7002", "Live-Pass-1", params.format("user_exists,user_data,global_getvar")
    )
    restored.command("reloadxml")

    def account(user):
        login = {"user": f"{user}@{restored.domain}", "password": "Account-Pass-1"}
        strategy = esl(restored, **login)
        strategy.start(SwitchContext("", ListedView(list)))
        return strategy

    assert account("7001").reload(timeout=5) == "+OK [Success]"
    assert account("7001").knows("7001", timeout=5) is None
    assert account("7002").knows("7001", timeout=5) is True
    with pytest.raises(SwitchRefused, match="-ERR permission denied"):
        account("7002").reload(timeout=5)


@BOTH
def test_the_application_creates_and_deletes(restored, make_app, make):
    use = {esl: "esl", fs_cli: "fs_cli"}[make]
    app = make_app({**live_settings(restored, use), "sipapp.domain": restored.domain})
    created = app.post_json("/sip/api/v1/extensions", {"id": "7020"}, status=201).json
    assert created["apply"]["state"] == "applied"
    read = restored.command(f"user_data 7020@{restored.domain} param password")
    assert read == created["password"]
    app.delete("/sip/api/v1/extensions/7020")
    assert restored.command(f"user_exists id 7020 {restored.domain}") == "false"


COMMANDS = (
    "version short",
    "reloadxml",
    "nosuchcmd",
    "nosuchcmd with arguments",
    "user_exists id 1000 {domain}",
    "user_exists id 4711 {domain}",
    "user_exists id 1000 elsewhere.test",
    "user_data 1000@{domain} attr type",
    "user_data 1000@{domain} attr id",
    "user_data 4711@{domain} attr id",
    "global_getvar domain",
    "reloadxml;;version short",
)


@pytest.fixture
def fake(freeswitch):
    with FakeEventSocket(password=freeswitch.esl_password) as fake:
        fake.domain = freeswitch.domain
        fake.users = {"1000"}
        fake.answer("reloadxml")
        yield fake


@pytest.mark.parametrize("command", COMMANDS)
def test_the_fakes_say_the_same(freeswitch, fake, tmp_path, command):
    command = command.format(domain=freeswitch.domain)
    fake_fs_cli = FakeFsCli(tmp_path).command
    assert run(fake_fs_cli, fake.port, freeswitch, "-x", command) == run(
        freeswitch.fs_cli, freeswitch.esl_port, freeswitch, "-x", command
    )
    if ";;" not in command:
        real, pretended = (
            EventSocket(Login("127.0.0.1", port, freeswitch.esl_password))
            for port in (freeswitch.esl_port, fake.port)
        )
        assert pretended.command(command, timeout=5) == real.command(command, timeout=5)


def test_the_fake_fs_cli_fails_the_same(freeswitch, fake, tmp_path):
    fake_fs_cli = FakeFsCli(tmp_path).command
    wrong = ("-p", "wrong", "-x", "version")
    assert run(fake_fs_cli, fake.port, freeswitch, *wrong) == run(
        freeswitch.fs_cli, freeswitch.esl_port, freeswitch, *wrong
    )
    for mode in "silent", "stalled", "cut", "rude", "garbage", "shutdown":
        with fake.behaving(mode):
            arguments = (fake.port, freeswitch, "-T", "300", "-t", "300", "-x", "version short")
            assert run(fake_fs_cli, *arguments) == run(freeswitch.fs_cli, *arguments), mode


def run(program, port, freeswitch, *arguments):
    """Output, error output and exit code of fs_cli."""
    argv = [program, "-P", str(port), *arguments]
    done = subprocess.run(
        argv, env=freeswitch.environ, capture_output=True, timeout=30, check=False
    )
    return done.stdout, done.stderr, done.returncode
