"""Real mounts for tests: file systems that lack what others have, and files mounted alone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

IMAGE_BYTES = 8 << 20
DEVICES = {
    "bindfs": "/dev/fuse",
    "mount.exfat-fuse": "/dev/fuse",
    "losetup": "/dev/loop-control",
}
CAP_SYS_ADMIN = 1 << 21
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _missing(tool: str) -> str:
    """What this machine lacks for a tool, or an empty text."""
    if shutil.which(tool, path=PATH) is None:
        return f"there is no {tool} here (scripts/install-filesystems)"
    if not _may_mount():
        return "only root may mount, with CAP_SYS_ADMIN"
    device = DEVICES.get(tool)
    if device and not os.access(device, os.R_OK | os.W_OK):
        return f"{tool} needs {device}, which cannot be opened here"
    return ""


def _may_mount() -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) & CAP_SYS_ADMIN)


def _run(*command: object) -> str:
    """Run a command; the test is skipped if this machine lacks what the command needs."""
    words = [str(each) for each in command]
    if missing := _missing(words[0]):
        pytest.skip(missing)
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, env={**os.environ, "PATH": PATH}
    )
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}"
    return done.stdout.strip()


def _unmount(place: Path) -> None:
    subprocess.run(["umount", str(place)], check=True)


@contextmanager
def mounted(place: Path, *command: object) -> Iterator[Path]:
    """What a command mounts at a place, for a while."""
    _run(*command)
    try:
        yield place
    finally:
        _unmount(place)


@contextmanager
def bound(source: Path, place: Path) -> Iterator[Path]:
    """A file or folder, mounted at another place as well."""
    with mounted(place, "mount", "--bind", source, place):
        yield place


@contextmanager
def exfat(folder: Path, options: str = "umask=0022") -> Iterator[Path]:
    """A folder on exFAT: no hard links, no rename without replacing, no owners, modes, case."""
    image, place = folder / "exfat.img", folder / "exfat"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    _run("mkfs.exfat", image)
    with ExitStack() as stack:
        device = _run("losetup", "--find", "--show", image)
        stack.callback(subprocess.run, ["losetup", "--detach", device], check=True)
        command = ("mount.exfat-fuse", "-o", f"allow_other,{options}", device, place)
        yield stack.enter_context(mounted(place, *command))


@contextmanager
def fixed_owners(folder: Path) -> Iterator[Path]:
    """A folder through FUSE that refuses chown, chgrp, chmod and attributes; it has hard links."""
    source, place = folder / "source", folder / "fixed"
    source.mkdir()
    place.mkdir()
    options = ("--chmod-deny", "--chown-deny", "--chgrp-deny", "--xattr-none")
    with mounted(place, "bindfs", *options, source, place):
        yield place
