"""deploy/sipapp.service: what the server can do to the machine around it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "sipapp.service"
MAX_EXPOSURE = "1.4"
"""Of 10, as systemd-analyze rates it."""


def settings():
    found = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_it_runs_as_a_user_of_its_own_in_freeswitchs_group():
    found = settings()
    assert (found["User"], found["Group"]) == (["sipapp"], ["sipapp"])
    assert found["SupplementaryGroups"] == ["freeswitch"]


def test_it_reaches_this_machine_only():
    assert settings()["IPAddressDeny"] == ["any"]
    assert settings()["IPAddressAllow"] == ["localhost"]


def test_it_leaves_nothing_and_sees_processes_only():
    assert settings()["RemoveIPC"] == ["yes"]
    assert settings()["ProcSubset"] == ["pid"]


def knows_offline():
    program = shutil.which("systemd-analyze")
    if program is None:
        return False
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
    return "--offline" in said


@pytest.mark.skipif(not knows_offline(), reason="systemd-analyze 250 or newer is not here")
def test_systemd_rates_it_as_little_exposed():
    limit = str(round(float(MAX_EXPOSURE) * 10))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={limit}", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr
