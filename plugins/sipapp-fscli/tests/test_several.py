"""Several commands in one run of fs_cli: each gets the reply that it would have got by itself."""

import pytest

from sipapp.api import SwitchTimeout
from sipapp.testing.fake_freeswitch import Account, FakeEventSocket, FakeFsCli
from sipapp_fscli.transport import MAX_COMMAND, FsCli

DATA = [f"user_data 1000@phone.test var name-{number}" for number in range(40)]


@pytest.fixture
def switch():
    with FakeEventSocket() as switch:
        yield switch


@pytest.fixture
def fs_cli(tmp_path):
    return FakeFsCli(tmp_path)


@pytest.fixture
def transport(fs_cli, switch):
    return FsCli(str(fs_cli.command), "127.0.0.1", switch.port, switch.password)


def alone(transport, commands):
    return [transport.command(each, timeout=5) for each in commands]


def together(transport, commands):
    return list(transport.commands(commands, timeout=20))


@pytest.mark.parametrize(
    "outputs",
    [
        ["a", "b", "c"],
        ["", "", ""],
        ["", "two\nlines\n", "-ERR no reply"],
        ["with ;; and echo", "\n", "INVALID"],
        ["-ERR user_data Command not found!\n", "", "b"],
        ["a", "b", "-ERR user_data Command not found!\n"],
    ],
    ids=ascii,
)
def test_each_reply_is_what_it_is_alone(transport, switch, fs_cli, outputs):
    commands = DATA[:3]
    switch.answers |= dict(zip(commands, outputs, strict=True))
    expected = alone(transport, commands)
    runs = len(fs_cli.runs)
    assert together(transport, commands) == expected
    assert len(fs_cli.runs) == runs + 1


def test_a_line_is_never_longer_than_fs_cli_takes(transport, switch, fs_cli):
    switch.answers |= {each: each[-2:] for each in DATA}
    assert together(transport, DATA) == [each[-2:] for each in DATA]
    lines = [run.argv[-1] for run in fs_cli.runs]
    assert 1 < len(lines) < 5
    assert all(len(each) <= MAX_COMMAND for each in lines)


def test_commands_of_other_names_are_not_in_one_line(transport, fs_cli):
    # FreeSWITCH looks at the first one only when it checks what an account may do.
    together(transport, ["user_exists id 1000 phone.test", DATA[0], DATA[1]])
    lines = [run.argv[-1] for run in fs_cli.runs]
    assert lines[0] == "user_exists id 1000 phone.test"
    assert lines[1].startswith(f"{DATA[0]};;echo ")
    assert len(lines) == 2


@pytest.mark.parametrize("echo", ["-ERR echo Command not found!\n", "something else"])
def test_without_its_marks_each_is_run_by_itself(transport, switch, fs_cli, echo):
    class Mute(dict):
        def __contains__(self, command):
            return command.startswith("echo") or super().__contains__(command)

        def __missing__(self, command):
            return echo

    switch.answers = Mute({each: each[-1] for each in DATA[:3]})
    assert together(transport, DATA[:3]) == ["0", "1", "2"]
    assert len(fs_cli.runs) == 4


def test_what_is_denied_is_denied_for_each(transport, switch, fs_cli, tmp_path, monkeypatch):
    switch.accounts["sipapp@phone.test"] = Account("s3cret", frozenset({"version"}))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".fs_cli_conf").write_text(
        f"[default]\nport => {switch.port}\nuser => sipapp@phone.test\npassword => s3cret\n"
    )
    limited = FsCli(str(fs_cli.command))
    assert together(limited, DATA[:2]) == ["-ERR permission denied"] * 2


def test_one_time_limit_covers_all_of_them(transport, switch, fs_cli):
    with pytest.raises(SwitchTimeout):
        list(transport.commands(DATA, timeout=0))
    assert fs_cli.runs == []


def test_nothing_is_run_for_no_command(transport, fs_cli):
    assert together(transport, []) == []
    assert fs_cli.runs == []


@pytest.mark.parametrize("bad", ["a;;b", "a\nb", "x" * (MAX_COMMAND + 1)])
def test_nothing_is_run_if_one_cannot_be(transport, fs_cli, bad):
    with pytest.raises(ValueError, match="A command for fs_cli"):
        together(transport, [DATA[0], bad])
    assert fs_cli.runs == []


@pytest.mark.parametrize(
    ("host", "local"), [(None, True), ("127.0.0.1", True), ("localhost", True), ("10.0.0.5", False)]
)
def test_where_freeswitch_is(host, local):
    assert FsCli("fs_cli", host).is_local is local
