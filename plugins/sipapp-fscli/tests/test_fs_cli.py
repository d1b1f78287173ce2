"""What an administrator, and anybody else on the machine, sees of ``fs_cli``."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from sipapp.api import (
    SwitchContext,
    SwitchProtocolError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnreachable,
)
from sipapp.testing.fake_freeswitch import HUGE, FakeEventSocket, FakeFsCli
from sipapp.testing.listed_view import ListedView
from sipapp.testing.waiting import eventually
from sipapp_fscli import transport as module
from sipapp_fscli.plugin import make_strategy as make
from sipapp_fscli.profile import home_with
from sipapp_fscli.transport import MAX_COMMAND, FsCli

PASSWORD = "event-socket-s3cret = > [x] 'y' ;z "


@pytest.fixture
def switch():
    with FakeEventSocket(password=PASSWORD) as switch:
        yield switch


@pytest.fixture
def fs_cli(tmp_path):
    return FakeFsCli(tmp_path)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where temporary files go: nothing may be left there."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    yield directory
    assert [each.name for each in directory.rglob("*") if each != homes(directory)] == []


def homes(temporary):
    """The folder in which each run of fs_cli has a home."""
    return temporary / f"sipapp-fs_cli-{os.geteuid()}"


def strategy(switch, fs_cli, **options):
    given = {
        "command": str(fs_cli.command),
        "host": "127.0.0.1",
        "port": switch.port,
        "password_file": PASSWORD,
        "timeout": 5.0,
    }
    return make(**given | options)


def script(tmp_path, text):
    """A program in place of fs_cli."""
    file = tmp_path / "program"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return FsCli(str(file))


def test_only_the_expected_commands_reach_freeswitch(switch, fs_cli):
    switch.users = {"1000"}
    under_test = strategy(switch, fs_cli)
    under_test.start(SwitchContext("phone.test", ListedView(list)))
    assert under_test.reload(timeout=5) == "+OK [Success]"
    assert under_test.knows("1000", timeout=5) is True
    assert under_test.ping(timeout=5) == "FreeSWITCH 1.10.12-release"
    assert [each.removesuffix("\nconsole_execute: true") for each in switch.commands] == [
        "api reloadxml",
        "api user_exists id 1000 phone.test",
        "api user_data 1000@phone.test attr type",
        "api version short",
    ]


def test_the_password_is_in_a_private_file_and_nowhere_else(switch, fs_cli, temporary, monkeypatch):
    monkeypatch.setenv("SIP_ADMIN_PASS", "the-administrators")
    strategy(switch, fs_cli).reload(timeout=5)
    (run,) = fs_cli.runs
    assert PASSWORD not in " ".join(run.argv)
    assert PASSWORD not in " ".join(run.environ.values())
    assert "the-administrators" not in run.environ.values()
    mode, text = run.profile
    assert mode == "0600"
    assert f"password => {PASSWORD}\n" in text
    home = Path(run.environ["HOME"])
    assert home.parent == homes(temporary)
    assert home.parent.stat().st_mode & 0o777 == 0o700
    assert not home.exists()


def test_the_private_file_is_gone_after_a_failure_too(switch, fs_cli):
    switch.mode = "stalled"
    with pytest.raises(SwitchTimeout):
        strategy(switch, fs_cli).reload(timeout=3)
    (run,) = fs_cli.runs
    assert not Path(run.environ["HOME"]).exists()


def test_what_a_killed_server_left_is_removed_and_what_another_uses_is_not(
    switch, fs_cli, temporary
):
    left = homes(temporary) / "left"
    left.mkdir(parents=True)
    homes(temporary).chmod(0o700)
    (left / ".fs_cli_conf").write_text(f"[default]\npassword => {PASSWORD}\n")
    with home_with("another") as used:
        assert not left.exists()
        left.mkdir()
        strategy(switch, fs_cli)
        assert not left.exists()
        left.mkdir()
        strategy(switch, fs_cli).reload(timeout=5)
        assert not left.exists()
        assert (used / ".fs_cli_conf").exists()


@pytest.mark.parametrize("taken", ["open to others", "a link", "a file"])
def test_a_folder_that_is_not_ours_gets_no_password(switch, fs_cli, temporary, tmp_path, taken):
    place = homes(temporary)
    if taken == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.symlink_to(tmp_path / "elsewhere")
    elif taken == "a file":
        place.touch(mode=0o600)
    else:
        place.mkdir()
        place.chmod(0o777)
    with pytest.raises(SwitchUnreachable, match="No temporary file can be made to give fs_cli"):
        strategy(switch, fs_cli).reload(timeout=5)
    assert fs_cli.runs == []


def test_without_setpriv_fs_cli_runs_all_the_same(switch, fs_cli, monkeypatch):
    monkeypatch.setattr(module, "SETPRIV", "no-such-program")
    assert strategy(switch, fs_cli).reload(timeout=5) == "+OK [Success]"


def test_without_a_password_file_fs_cli_finds_its_own(switch, fs_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    profile = tmp_path / ".fs_cli_conf"
    profile.write_text(
        f"[other]\npassword => no\n[default]\nport => {switch.port}\npassword => {PASSWORD}\n"
    )
    own = strategy(switch, fs_cli, host=None, port=None, password_file=None)
    assert own.reload(timeout=5) == "+OK [Success]"
    assert not {"-H", "-P", "-p"} & set(fs_cli.runs[0].argv)


def test_a_script_that_hands_on_nothing_is_told_what_it_has_to(switch, fs_cli, tmp_path):
    """As ``docker exec freeswitch fs_cli "$@"`` does."""
    script = tmp_path / "fs_cli.sh"
    script.write_text(f'#!/bin/sh\nexec env -i {fs_cli.command} "$@"\n')
    script.chmod(0o755)
    under_test = strategy(switch, fs_cli, command=str(script))
    with pytest.raises(SwitchUnreachable) as caught:
        under_test.reload(timeout=5)
    assert f"If {script} is a script, it has to hand on HOME, and the file there" in str(
        caught.value
    )
    assert PASSWORD not in str(caught.value)
    switch.password = "ClueCon"  # what fs_cli finds by itself
    own = strategy(switch, fs_cli, command=str(script), password_file=None)
    assert own.reload(timeout=5) == "+OK [Success]"


def test_no_folder_for_temporary_files_is_told(switch, fs_cli, monkeypatch):
    """As in a container whose root cannot be written."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc"])
    with pytest.raises(SwitchUnreachable, match=r"a tmpfs\), or name another folder in TMPDIR"):
        strategy(switch, fs_cli).reload(timeout=5)
    assert fs_cli.runs == []


def test_a_profile_of_its_own_that_is_wrong_is_reported(switch, fs_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    tmp_path.joinpath(".fs_cli_conf").write_text(f"[default]\nport => {switch.port}\n")
    own = strategy(switch, fs_cli, host=None, port=None, password_file=None)
    with pytest.raises(SwitchUnreachable, match=r"to FreeSWITCH, .*~/\.fs_cli_conf"):
        own.reload(timeout=5)


@pytest.mark.parametrize(
    "fault", ["wrong password", "nothing listens", "rude", "garbage", "silent"]
)
def test_what_exit_code_255_can_mean_is_reported_in_full(switch, fs_cli, fault):
    under_test = strategy(switch, fs_cli)
    if fault == "wrong password":
        switch.password = "changed"
    elif fault == "nothing listens":
        switch.stop()
    else:
        switch.mode = fault
    with pytest.raises(SwitchUnreachable) as caught:
        under_test.reload(timeout=1)
    if fault != "silent":  # there our own deadline is as likely to be the first
        message = str(caught.value)
        for cause in "running", "password_file", "apply-inbound-acl", f"port {switch.port}":
            assert cause in message
        assert PASSWORD not in message


@pytest.mark.parametrize("mode", ["cut", "shutdown"])
def test_a_lost_connection_is_reported(switch, fs_cli, mode):
    switch.mode = mode
    with pytest.raises(SwitchTimeout, match="ended the connection"):
        strategy(switch, fs_cli).reload(timeout=5)


def test_silence_ends_at_the_deadline(switch, fs_cli):
    switch.mode = "stalled"
    # It would be silent for ever.
    with pytest.raises(SwitchTimeout):
        strategy(switch, fs_cli).reload(timeout=0.4)


def test_a_huge_answer_arrives_whole(switch, fs_cli):
    switch.mode = "huge"
    under_test = FsCli(str(fs_cli.command), port=switch.port, password=PASSWORD)
    assert len(under_test.command("reloadxml", timeout=5)) == HUGE


def test_a_permission_that_is_missing_is_a_refusal(tmp_path):
    # fs_cli.c:1735 on "-ERR permission denied": without the -ERR, and with exit code 0.
    under_test = script(tmp_path, "echo 'Error:  permission denied!'")
    assert under_test.command("reloadxml", timeout=5) == "-ERR permission denied"


def test_a_command_that_freeswitch_does_not_have_is_a_refusal(switch, fs_cli):
    switch.answers["reloadxml"] = "-ERR reloadxml Command not found!\n"
    with pytest.raises(SwitchRefused, match=r"^-ERR reloadxml Command not found!$"):
        strategy(switch, fs_cli).reload(timeout=5)


@pytest.mark.parametrize(
    "bad", ["a\nb", "a\rb", "a\0b", "a;;b", "", "x" * (MAX_COMMAND + 1), "\ud800"]
)
def test_what_would_be_another_command_never_reaches_freeswitch(switch, fs_cli, bad):
    under_test = FsCli(str(fs_cli.command), port=switch.port, password=PASSWORD)
    with pytest.raises(ValueError, match=r"command|surrogates"):
        under_test.command(bad, timeout=5)
    assert fs_cli.runs == []


def test_the_longest_command_arrives_whole(switch, fs_cli):
    under_test = FsCli(str(fs_cli.command), port=switch.port, password=PASSWORD)
    under_test.command("x" * MAX_COMMAND, timeout=5)
    assert switch.commands == [f"api {'x' * MAX_COMMAND}\nconsole_execute: true"]


def test_a_missing_program_says_what_to_do(tmp_path):
    with pytest.raises(SwitchUnreachable, match=r"No such file.*“command”"):
        FsCli(str(tmp_path / "absent")).command("reloadxml", timeout=5)


def test_a_program_without_permission_says_what_to_do(tmp_path):
    file = tmp_path / "program"
    file.write_text("#!/bin/sh\n")
    file.chmod(0o644)
    with pytest.raises(SwitchUnreachable, match=r"Permission denied.*“command”"):
        FsCli(str(file)).command("reloadxml", timeout=5)


def test_a_file_that_is_no_program_says_what_to_do(tmp_path):
    file = tmp_path / "program"
    file.write_bytes(b"\x7fELF nonsense")
    file.chmod(0o755)
    with pytest.raises(SwitchUnreachable, match=r"program cannot be run .*“command”"):
        FsCli(str(file)).command("reloadxml", timeout=5)


def test_a_name_is_found_in_path(switch, fs_cli, monkeypatch):
    monkeypatch.setenv("PATH", str(fs_cli.command.parent), prepend=os.pathsep)
    assert strategy(switch, fs_cli, command="fs_cli").reload(timeout=5) == "+OK [Success]"


def test_a_name_is_found_where_freeswitch_installs_itself(switch, fs_cli, monkeypatch):
    monkeypatch.setattr(module, "_BUILT_FROM_SOURCE", str(fs_cli.command.parent))
    assert strategy(switch, fs_cli, command="fs_cli").reload(timeout=5) == "+OK [Success]"


def test_another_program_is_not_taken_for_fs_cli(tmp_path):
    with pytest.raises(SwitchProtocolError, match="Is it fs_cli"):
        script(tmp_path, "exit 0").command("reloadxml", timeout=5)


@pytest.mark.parametrize(("end", "code"), [("exit 3", 3), ("kill -9 $$", -signal.SIGKILL)])
def test_a_crash_is_reported_with_what_it_said(tmp_path, end, code):
    with pytest.raises(SwitchUnreachable, match=f"exit code {code}: out of cheese$"):
        script(tmp_path, f"echo out of cheese >&2; {end}").command("reloadxml", timeout=5)


def test_output_without_end_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_OUTPUT", 100_000)
    # It is not the time that ends it.
    with pytest.raises(SwitchProtocolError, match="without end"):
        script(tmp_path, "exec yes").command("reloadxml", timeout=60)


@pytest.mark.parametrize(
    "program",
    [
        "sleep 60 & echo $! > {pid}; wait",
        "sleep 60 & echo $! > {pid}; exit 0",
        "sleep 60 > /dev/null 2>&1 & echo $! > {pid}; exec >&- 2>&-; wait",
    ],
    ids=["waits for a child", "leaves a child with its pipes", "closes its pipes"],
)
def test_the_deadline_ends_the_children_of_fs_cli_too(tmp_path, program):
    pid = tmp_path / "pid"
    under_test = script(tmp_path, program.format(pid=pid))
    with pytest.raises(SwitchTimeout):
        under_test.command("reloadxml", timeout=0.5)
    eventually(lambda: not is_running(int(pid.read_text())))


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_full_disk_is_reported(switch, fs_cli, temporary):
    temporary.rmdir()
    with pytest.raises(SwitchUnreachable, match="No temporary file"):
        strategy(switch, fs_cli).reload(timeout=5)
    assert fs_cli.runs == []
