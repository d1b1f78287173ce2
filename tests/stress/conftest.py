"""The server as it runs in production, on a small disk, beside a switch that misbehaves."""

import subprocess
from pathlib import Path

import pytest
from tests.browser.server import Application, Switch
from tests.stress.clients import Stressed

from sipapp.testing.fake_freeswitch import FakeEventSocket
from sipapp.testing.ports import reserve_port

EXTENSIONS = 200


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A file system of a few megabytes."""
    path = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


@pytest.fixture(scope="module")
def switch():
    with FakeEventSocket() as switch:
        yield switch


@pytest.fixture(scope="module")
def stressed(small_disk, switch, tmp_path_factory):
    """A server with some extensions."""
    folder: Path = tmp_path_factory.mktemp("stress")
    directory = small_disk / "directory"
    directory.mkdir()
    reloaders = (
        f"sipapp.history = {small_disk}/history\n"
        "sipapp.reloaders = pbx\nsipapp.reloader.pbx.use = esl\n"
        f"sipapp.reloader.pbx.port = {switch.port}\n"
        f"sipapp.reloader.pbx.password = {switch.password}\n"
        "sipapp.reloader.pbx.timeout = 2\n"
    )
    ids = [str(1000 + number) for number in range(EXTENSIONS)]
    switch.directory = directory
    configured = Switch(switch.domain, reserve_port(), directory, reloaders)
    with Application(folder, configured) as running:
        made = running.api("POST", "/batch", {"items": [{"id": each} for each in ids]})
        assert made.status == 201, made
        yield Stressed(running, small_disk)


def pytest_terminal_summary(terminalreporter):
    """What was measured, beside what was asked."""
    for report in terminalreporter.getreports("passed"):
        if report.user_properties:
            figures = ", ".join(f"{value:,.2f} {unit}" for unit, value in report.user_properties)
            terminalreporter.line(f"{report.nodeid.rpartition('::')[2]}: {figures}")
