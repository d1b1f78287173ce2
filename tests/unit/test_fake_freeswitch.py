"""The fakes say what a real FreeSWITCH 1.10.12 was recorded to say, byte for byte."""

import os
import socket
import subprocess

import pytest

from sipapp.testing import fake_fs_cli
from sipapp.testing.fake_freeswitch import BROKEN, HUGE, Account, FakeEventSocket, FakeFsCli

GREETING = b"Content-Type: auth/request\n\n"
ACCEPTED = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
GOODBYE = (
    b"Content-Type: text/disconnect-notice\nContent-Length: 67\n\n"
    b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
)
NOT_CONNECTED = "[ERROR] fs_cli.c:1699 main() Error Connecting []\n"


@pytest.fixture
def switch():
    with FakeEventSocket() as switch:
        switch.users = {"1000"}
        switch.answer("reloadxml")
        yield switch


def said(switch, *packets):
    """All that the Event Socket says to these packets, to the end of the connection."""
    with socket.create_connection((switch.host, switch.port), 5) as connection:
        connection.sendall("".join(f"{each}\n\n" for each in packets).encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            return stream.read()


def api(body):
    return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(body), body)


class TestEventSocket:
    def test_a_reload(self, switch):
        assert said(switch, "auth ClueCon", "api reloadxml") == (
            GREETING + ACCEPTED + api(b"+OK [Success]\n")
        )
        assert (switch.logins, switch.commands) == (["auth ClueCon"], ["api reloadxml"])

    def test_a_wrong_password(self, switch):
        assert said(switch, "auth wrong", "api reloadxml") == (
            GREETING + b"Content-Type: command/reply\nReply-Text: -ERR invalid\n\n" + GOODBYE
        )
        assert switch.commands == []

    def test_no_login_at_all(self, switch):
        assert said(switch) == GREETING

    def test_an_account_with_limits(self, switch):
        switch.accounts["sipapp@phone.test"] = Account("s3cret", frozenset({"version"}))
        assert said(
            switch, "userauth sipapp@phone.test:s3cret", "api version short", "api reloadxml"
        ) == (
            GREETING
            + b"Content-Type: command/reply\nReply-Text: +OK accepted\n"
            + b"Allowed-Events: all\nAllowed-API: version\nAllowed-LOG: true\n\n"
            + api(b"1.10.12-release\n")
            + b"Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n"
        )
        assert "s3cret" not in repr(switch.accounts)

    @pytest.mark.parametrize(
        ("command", "output"),
        [
            ("user_exists id 1000 phone.test", b"true"),
            ("user_exists id 1001 phone.test", b"false"),
            ("user_exists id 1005 phone.test", b"true"),
            ("user_data 1005@phone.test attr type", b"pointer"),
            ("user_data 1005@phone.test attr id", b"1005"),
            ("user_data 1000@phone.test attr type", b"-ERR no reply\n"),
            ("user_data 1001@phone.test attr id", b"-ERR no reply\n"),
            ("user_data 1000@phone.test attr cidr", b"-ERR no reply\n"),
            ("global_getvar domain", b"phone.test"),
            ("version short", b"1.10.12-release\n"),
            ("nosuchcmd", b"-ERR nosuchcmd Command not found!\n"),
        ],
    )
    def test_answers(self, switch, command, output):
        switch.pointers = {"1005"}
        assert said(switch, "auth ClueCon", f"api {command}") == GREETING + ACCEPTED + api(output)

    def test_other_commands_of_event_socket(self, switch):
        assert said(switch, "auth ClueCon", "nonsense").endswith(
            b"Content-Type: command/reply\nReply-Text: -ERR command not found\n\n"
        )

    def test_a_broken_directory_keeps_the_old_one(self, switch):
        switch.users.add("1001")
        with switch.saying("reloadxml", BROKEN):
            assert said(switch, "auth ClueCon", "api reloadxml").endswith(
                api(b"+OK [[error near line 7674]: unexpected closing tag </user>]\n")
            )
        assert switch.answer("user_exists id 1001 phone.test") == "false"
        assert switch.answer("reloadxml") == "+OK [Success]\n"
        assert switch.answer("user_exists id 1001 phone.test") == "true"

    @pytest.mark.parametrize(
        ("mode", "answer"),
        [
            ("rude", b"Content-Type: text/rude-rejection\nContent-Length: 24\n\n"
                     b"Access Denied, go away.\n" + GOODBYE),
            ("silent", b""),
            ("stalled", GREETING + ACCEPTED),
            ("shutdown", GREETING + ACCEPTED + GOODBYE),
            ("cut", GREETING + ACCEPTED + api(b"+OK [Success]\n")[:-4]),
            ("slow", GREETING + ACCEPTED + api(b"+OK [Success]\n")),
            ("huge", GREETING + ACCEPTED + api(b"+OK [Success]\n".ljust(HUGE, b"x"))),
        ],
    )  # fmt: skip
    def test_modes(self, switch, mode, answer):
        switch.pause = 0.001
        with switch.behaving(mode):
            # An unread packet would have a connection that ends be reset.
            packets = () if mode == "rude" else ("auth ClueCon", "api reloadxml")
            assert said(switch, *packets) == answer
        assert said(switch, "auth ClueCon") == GREETING + ACCEPTED

    def test_garbage_is_no_message(self, switch):
        switch.mode = "garbage"
        assert b"Content-Type" not in said(switch)

    def test_off_and_on_at_the_same_port(self, switch):
        with switch.off(), pytest.raises(ConnectionRefusedError):
            said(switch)
        assert said(switch) == GREETING

    def test_stopping_ends_open_connections(self, switch):
        with socket.create_connection((switch.host, switch.port), 5) as connection:
            assert connection.recv(100) == GREETING
            switch.stop()
            assert connection.recv(100) == b""
        assert switch.connections == 0


class TestFsCli:
    @pytest.fixture
    def run(self, switch, tmp_path, capfd):
        """Run it in this process; returns standard output, standard error, exit code."""

        def run(*arguments, **environ):
            argv = [str(tmp_path / "fs_cli"), "-P", str(switch.port), *arguments]
            code = fake_fs_cli.main(argv, {"HOME": str(tmp_path)} | environ)
            captured = capfd.readouterr()
            return captured.out, captured.err, code

        return run

    def test_success(self, run):
        assert run("-x", "reloadxml") == ("+OK [Success]\n\n", "", 0)

    def test_a_malformed_file(self, run, switch):
        switch.answers["reloadxml"] = BROKEN
        assert run("-x", "reloadxml") == (
            "+OK [[error near line 7674]: unexpected closing tag </user>]\n\n",
            "",
            0,
        )

    def test_no_such_command(self, run):
        assert run("-x", "nosuchcmd 1") == ("-ERR nosuchcmd 1 Command not found!\n\n", "", 0)

    def test_an_answer_without_a_newline(self, run):
        assert run("-x", "user_exists id 1000 phone.test") == ("true\n", "", 0)

    def test_two_commands_in_one(self, run):
        assert run("-x", "reloadxml;;version short")[0] == "+OK [Success]\n1.10.12-release\n\n"

    def test_a_wrong_password(self, run):
        assert run("-p", "wrong", "-x", "reloadxml") == ("", NOT_CONNECTED, 255)

    def test_nothing_listens(self, run, switch):
        with switch.off():
            assert run("-x", "reloadxml") == ("", NOT_CONNECTED, 255)

    @pytest.mark.parametrize("mode", ["rude", "garbage", "silent"])
    def test_no_greeting(self, run, switch, mode):
        switch.mode = mode
        assert run("-T", "200", "-x", "reloadxml") == ("", NOT_CONNECTED, 255)

    @pytest.mark.parametrize("mode", ["stalled", "cut", "shutdown"])
    def test_no_answer(self, run, switch, mode):
        switch.mode = mode
        assert run("-t", "200", "-x", "reloadxml") == ("Request timed out.\n", "", 254)

    def test_no_permission(self, run, switch):
        switch.accounts["sipapp@phone.test"] = Account("s3cret", frozenset({"version"}))
        login = ("-u", "sipapp@phone.test", "-p", "s3cret")
        assert run(*login, "-x", "reloadxml") == ("Error:  permission denied!\n", "", 0)

    def test_an_empty_output(self, run, switch):
        switch.answers["reloadxml"] = ""
        assert run("-x", "reloadxml") == ("-ERR no reply\n\n", "", 0)

    def test_a_long_command_is_cut(self, run, switch):
        run("-x", "x" * 2000)
        assert switch.commands == [f"api {'x' * 1023}\nconsole_execute: true"]

    def test_the_profile_of_the_home_directory(self, run, switch, tmp_path):
        switch.accounts["sipapp@phone.test"] = Account("s3 cret", None)
        tmp_path.joinpath(".fs_cli_conf").write_text(
            "[other]\npassword => wrong\n"
            "[default]\n# comment = none\n\nhost => 127.0.0.1\nport => 1\nignored => x\n"
            "user = sipapp@phone.test\npassword =>  s3 cret;; a comment\n"
        )
        assert run("-x", "version short") == ("1.10.12-release\n\n", "", 0)

    def test_as_an_executable_it_does_the_same_and_records_it(self, switch, tmp_path):
        fs_cli = FakeFsCli(tmp_path)
        assert fs_cli.runs == []
        argv = [str(fs_cli.command), "-P", str(switch.port), "-x", "reloadxml"]
        done = subprocess.run(
            argv,
            check=False,
            capture_output=True,
            env={"HOME": str(tmp_path), "SECRET": "1"},
            timeout=20,
        )
        assert (done.stdout, done.stderr, done.returncode) == (b"+OK [Success]\n\n", b"", 0)
        (run,) = fs_cli.runs
        assert run.argv == argv
        assert run.environ["SECRET"] == "1"
        assert run.profile is None
        assert os.environ.get("SECRET") is None
