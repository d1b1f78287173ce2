"""In a machine of its own, run the server as in a container, beside a fake FreeSWITCH.

The root is mounted read-only, the user has no name and no home, passwords are files with a line
end, FreeSWITCH's user is another one without a name, and fs_cli is a script that hands on neither
the environment nor files.  Argument: a folder.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.documented.first_extension import API, USER, FreeSwitch, create_and_change
from tests.documented.machine import (
    ADMIN_PASSWORD,
    DIRECTORY,
    FREESWITCH,
    HELPERS,
    SOURCE,
    ask,
    enter,
    raise_loopback,
    report,
    wait_for_the_server,
)

from sipapp.testing.fake_freeswitch import FakeFsCli

FREESWITCH_USER = "54321"
SIPAPP_USER = "54322"
AS_SIPAPP = (
    f"setpriv --reuid {SIPAPP_USER} --regid {SIPAPP_USER} --groups {FREESWITCH_USER} "
    f'env -i PATH="$PATH" PYTHONPATH="$PYTHONPATH" SIP_ADMIN_PASS_FILE={ADMIN_PASSWORD} '
)
SERVER = f"{AS_SIPAPP} .venv/bin/pserve production.ini"
DOCTOR = f"{AS_SIPAPP} .venv/bin/sipapp doctor production.ini --host localhost"


def run(*command: object) -> None:
    subprocess.run([str(each) for each in command], check=True)


def volume(place: Path, owner: str, mode: str) -> None:
    """Mount a folder that can be written although the root cannot."""
    place.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", f"uid={owner},gid={owner},mode={mode}", "tmpfs", place)


def make() -> None:
    volume(DIRECTORY, FREESWITCH_USER, "2770")
    volume(Path("/var/lib/sipapp"), SIPAPP_USER, "0700")
    volume(HELPERS, SIPAPP_USER, "0755")
    for number in ("1000", "1001"):
        file = DIRECTORY / f"{number}.xml"
        file.write_text(USER.format(number))
        file.chmod(0o640)
        run("chown", f"{FREESWITCH_USER}:{FREESWITCH_USER}", file)
    (FREESWITCH / "bin").mkdir(parents=True)
    real = FakeFsCli(HELPERS)
    wrapper = FREESWITCH / "bin" / "fs_cli"
    wrapper.write_text(f'#!/bin/sh\nexec env -i {real.command} "$@"\n')
    wrapper.chmod(0o755)
    ADMIN_PASSWORD.parent.mkdir()
    ADMIN_PASSWORD.write_text("x7-Qp.9zz-Ue4\r\n")
    run("mount", "-o", "remount,ro", "/")


@contextmanager
def server() -> Iterator[Path]:
    """The server, while it runs, and what it prints."""
    log = HELPERS / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {SERVER}"], cwd=SOURCE, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for_the_server(process, log)
        yield log
    finally:
        process.terminate()
        process.wait()


def main(folder: str) -> None:
    enter(Path(folder))
    raise_loopback()
    make()
    tempfile.tempdir = str(HELPERS)
    as_freeswitch = ("setpriv", "--reuid", FREESWITCH_USER, "--regid", FREESWITCH_USER)
    switch = FreeSwitch(*as_freeswitch, "--clear-groups")
    with switch, server() as log:
        results = {
            **create_and_change(switch),
            "renamed": ask("POST", f"{API}/1000/rename", {"id": "1009"}),
            "deleted": ask("DELETE", f"{API}/1001"),
            "findings": ask("GET", "/sip/api/v1/health/directory"),
            "page": ask("GET", "/sip/admin"),
            "read at last": dict(switch.passwords),
        }
        doctor = subprocess.run(
            ["sh", "-c", DOCTOR], cwd=SOURCE, check=False, capture_output=True, text=True
        )
    report(doctor=doctor.stdout + doctor.stderr, log=log.read_text(), **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
