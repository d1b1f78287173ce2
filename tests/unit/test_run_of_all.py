"""``scripts/test``: the tests of the front end beside the others, one result, and nothing left."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from sipapp.testing.waiting import eventually

SCRIPT = Path(__file__).parents[2] / "scripts" / "test"
# Stands for Python: pytest is what the test says, coverage has nothing to complain of.
PYTHON = """#!/bin/sh
case "$*" in *pytest*) eval "$PYTEST" ;; esac
"""
CLOSING = "echo '== 3 passed in 1.00s =='"


@pytest.fixture
def folder(tmp_path):
    """A source tree with nothing but the script, and what it calls."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts" / "test")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    write(tmp_path / ".venv" / "bin" / "python", PYTHON)
    return tmp_path


def write(program, text):
    program.write_text(text)
    program.chmod(0o755)


def start(folder, pytest, vitest):
    write(folder / "scripts" / "npm", f"#!/bin/sh\n{vitest}\n")
    # A run in the background has SIGINT ignored, and so would have what it starts.
    return subprocess.Popen(
        ["env", "--default-signal=INT", folder / "scripts" / "test"],
        env={**os.environ, "PYTEST": pytest},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # What is started in the background of a script ignores it, and no shell can undo that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


@pytest.mark.parametrize(
    ("pytest", "vitest", "status"),
    [
        (CLOSING, "echo all of the front end", 0),
        (f"{CLOSING}; exit 1", "true", 1),
        (CLOSING, "exit 1", 1),
    ],
)
def test_what_fails_makes_all_fail_and_the_closing_line_is_pytests(folder, pytest, vitest, status):
    said, _ = (running := start(folder, pytest, vitest)).communicate()
    assert running.returncode == status
    assert said.splitlines()[-1] == "== 3 passed in 1.00s =="


def test_all_that_a_failed_front_end_said_is_shown(folder):
    said, _ = start(folder, CLOSING, "seq 1 1000; exit 1").communicate()
    assert [line for line in said.splitlines() if line.isdigit()] == [*map(str, range(1, 1001))]
    assert "The tests of the front end failed" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(folder, number):
    running = start(
        folder,
        "sleep 60 & trap 'kill $!; exit 2' INT TERM; touch begun; wait",
        f"sleep 60 & echo $! >{folder}/child; wait",
    )
    eventually((folder / "begun").exists)
    eventually(lambda: (folder / "child").exists() and (folder / "child").read_text())
    child = int((folder / "child").read_text())

    # As a terminal does it: to all that is in the foreground.
    os.killpg(running.pid, number)

    assert running.wait(30) != 0
    running.communicate()
    eventually(lambda: not Path(f"/proc/{child}").exists())
