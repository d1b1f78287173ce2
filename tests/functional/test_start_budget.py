"""What a start may cost: in computing, because a busy machine takes any time for it."""

import os
from pathlib import Path

from tests.browser.server import Application, Switch

from sipapp.testing.ports import reserve_port

# Seconds of computing. It is some 1, and 2 when coverage is measured.
BUDGET = 5.0


def computed(pid):
    """The seconds of computing that a process has had, by itself and with its children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def test_a_start_does_not_compute_much(tmp_path):
    (tmp_path / "directory").mkdir()
    switch = Switch("phone.test", reserve_port(), tmp_path / "directory", reloaders="")
    with Application(tmp_path, switch) as running:
        seconds = computed(running.pid)
    assert 0 < seconds < BUDGET
