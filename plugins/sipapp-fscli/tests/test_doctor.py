"""What the doctor hears of fs_cli."""

import pytest

from sipapp.testing.fake_freeswitch import FakeFsCli
from sipapp_fscli.transport import FsCli


@pytest.fixture
def program(tmp_path):
    return FakeFsCli(tmp_path).command


def test_where_it_was_found(program, monkeypatch):
    monkeypatch.setenv("PATH", str(program.parent))
    (line,) = FsCli("fs_cli", password="s3cret").diagnose(timeout=1)
    assert line.level == "ok"
    assert str(program) in line.found
    assert "s3cret" not in line.found


@pytest.mark.parametrize("mode", [None, 0o600])
def test_not_there_or_not_to_be_run(program, mode):
    if mode is None:
        program.unlink()
    else:
        program.chmod(mode)
    (line,) = FsCli(str(program)).diagnose(timeout=1)
    assert line.level == "fault"
    assert str(program) in line.found
    assert "/usr/local/freeswitch/bin/fs_cli" in line.remedy
