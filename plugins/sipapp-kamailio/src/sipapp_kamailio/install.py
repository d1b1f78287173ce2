"""Get Kamailio without root and without a service: ``python -m sipapp_kamailio.install DIRECTORY``.

Installing Debian's package would start Kamailio as a service of the machine.  So its
packages are downloaded and unpacked below DIRECTORY, where the switch finds it.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sipapp_kamailio.program import Program, find_program, machine_program, unpacked_program

PACKAGES: Final = ("kamailio", "kamailio-websocket-modules", "kamailio-sqlite-modules")
_NEW: Final = re.compile(r"^Inst (lib\S+)", re.MULTILINE)
_OLD_LIST: Final = "apt-get's lists of packages are missing or old; fetching them anew.\n"


class InstallError(Exception):
    """Kamailio could not be had; the text says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make sure that there is a Kamailio to run; returns the exit status."""
    parser = argparse.ArgumentParser(prog="sipapp_kamailio.install", description=__doc__)
    parser.add_argument("directory", type=Path, help="the switch's directory, as in the ini")
    directory = parser.parse_args(arguments).directory.expanduser().absolute()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(directory):
            program = install(directory)
    except (InstallError, OSError) as error:
        sys.stderr.write(f"Kamailio, the demo switch: {error}\n")
        return 1
    sys.stdout.write(f"Kamailio, the demo switch, is ready: {program.binary}\n")
    return 0


def install(directory: Path) -> Program:
    """The machine's own Kamailio if it will do, else one unpacked into ``directory``/root.

    Raises :class:`InstallError`, and ``OSError`` for a directory that cannot be written.
    """
    root = directory / "root"
    for found in (unpacked_program(root), machine_program()):
        if found is not None and not found.fault(directory):
            return found
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise InstallError(
            "this machine has no apt-get to fetch it with. Install Kamailio 5.6 or later with "
            "its websocket and sqlite modules, or use a FreeSWITCH."
        )
    sys.stderr.write("Fetching Kamailio, the demo switch, from the distribution (10 MB).\n")
    with tempfile.TemporaryDirectory(prefix="install-", dir=directory) as name:
        work = Path(name)
        unpacked = work / "root"
        for package in _download(work):
            _run(["dpkg-deb", "--extract", str(package), str(unpacked)], work)
        program = unpacked_program(unpacked)
        fault = program.fault(work) if program else "its packages do not hold it"
        if fault:
            raise InstallError(f"what was unpacked does not work: {fault}")
        shutil.rmtree(root, ignore_errors=True)
        unpacked.rename(root)
    return find_program(directory)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Wait for others who install there: they would take away what we have just unpacked."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _download(work: Path) -> list[Path]:
    """Fetch the packages, and those of libraries that the machine lacks; returns the files."""
    try:
        return _fetch(work, [])
    except InstallError:
        sys.stderr.write(_OLD_LIST)
    # Lists of our own: the machine's can be renewed by root alone.
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    options = [
        *("-o", f"Dir::State={work}", "-o", "Dir::State::status=/var/lib/dpkg/status"),
        *("-o", f"Dir::Cache={work / 'cache'}", "-o", "Acquire::Languages=none"),
    ]
    # Its exit status also speaks of other people's repositories and hooks: what counts is
    # whether the packages can be had afterwards.
    updated = _apt(options, "update", work=work)
    try:
        return _fetch(work, options)
    except InstallError as error:
        raise InstallError(f"{error}\n{updated.stderr.strip()}".strip()) from error


def _fetch(work: Path, options: list[str]) -> list[Path]:
    planned = _apt(
        options, "install", "--simulate", "--no-install-recommends", *PACKAGES, work=work
    )
    # libc and its kin are always there, and cannot be mixed with others of another version.
    libraries = [name for name in _NEW.findall(planned.stdout) if not name.startswith("libc6")]
    done = _apt(options, "download", *PACKAGES, *libraries, work=work)
    if done.returncode != 0:
        raise InstallError(f"apt-get could not fetch it: {done.stderr.strip()}")
    return sorted(work.glob("*.deb"))


def _apt(options: list[str], *arguments: str, work: Path) -> "subprocess.CompletedProcess[str]":
    # The sandbox's user could not write here; only root has one.
    unboxed = ("-o", "APT::Sandbox::User=root") if os.geteuid() == 0 else ()
    return subprocess.run(
        ["apt-get", "--quiet", *unboxed, *options, *arguments],
        cwd=work,
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _run(command: list[str], work: Path) -> None:
    done = subprocess.run(
        command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise InstallError(f"{command[0]} failed: {done.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(main())
