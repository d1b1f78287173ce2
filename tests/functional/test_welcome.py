"""What `make run` says of a FreeSWITCH on this machine: which directory it reads."""

import os
import subprocess
from pathlib import Path

import pytest

WELCOME = Path(__file__).parents[2] / "scripts" / "welcome"


@pytest.fixture
def said(tmp_path):
    """Run it beside an fs_cli that is this shell script."""

    def said(script):
        fs_cli = tmp_path / "fs_cli"
        fs_cli.write_text(f"#!/bin/sh\n{script}\n")
        fs_cli.chmod(0o755)
        environ = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(
            [str(WELCOME)], env=environ, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    return said


def test_the_directory_that_freeswitch_reads_is_reported(said, tmp_path):
    directory = tmp_path / "conf" / "directory" / "default"
    directory.mkdir(parents=True)
    text = said(f'[ "$*" = "-T 2000 -t 2000 -x global_getvar conf_dir" ] && echo {tmp_path}/conf')
    assert f"The directory that it reads can be read and written: {directory}\n" in text
    assert text.count("The directory that it reads") == 1


@pytest.mark.parametrize("script", ["exit 255", "echo -ERR no reply"])
def test_one_that_does_not_tell(said, script):
    text = said(script)
    assert "It does not answer, so it does not tell which directory it reads." in text
    assert "The directory that it reads" not in text
