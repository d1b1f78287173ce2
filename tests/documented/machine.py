"""A Debian of its own, made of this one's programs, in which root may do what the documents say.

Runs as a program in new namespaces (see :func:`run`): users, folders and ports are its own, and
all of it is gone when it ends. What it has of the machine around it, it cannot write, except for
the source, where nobody is told to write anything.
"""

import base64
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Literal

from tests.documented.blocks import ROOT

SOURCE = Path("/opt/sipapp")
FREESWITCH = Path("/usr/local/freeswitch")
DIRECTORY = FREESWITCH / "conf" / "vanilla" / "directory" / "default"
HELPERS = Path("/srv/programs")
ADMIN_PASSWORD = Path("/etc/sipapp/admin.password")
SERVER = ("127.0.0.1", 6543)
START_LIMIT = 120.0
_NAMESPACES = ("unshare", *["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"])


@dataclass(frozen=True)
class Step:
    """What a block of commands is to do here: ``run`` or ``serve`` until everything is over."""

    how: Literal["run", "serve"]
    folder: str = str(SOURCE)
    status: int = 0


@dataclass(frozen=True)
class Done:
    """What came of a block."""

    status: int
    output: str


@lru_cache
def refusal() -> str:
    """Why there can be no machine of its own here; empty if there can."""
    if os.geteuid() != 0:
        return "only root may make users and folders in a machine of its own"
    missing = [name for name in ("unshare", "runuser", "useradd") if shutil.which(name) is None]
    if missing:
        return f"not on this machine: {', '.join(missing)}"
    tried = subprocess.run([*_NAMESPACES, "true"], check=False, capture_output=True, text=True)
    return tried.stderr.strip()


def run(program: str, folder: Path, *arguments: str) -> Any:
    """Run ``main(*arguments)`` of a module in a machine of its own; returns its JSON."""
    done = subprocess.run(
        [
            *_NAMESPACES,
            *(sys.executable, "-m", program, folder, *arguments),
        ],
        cwd=ROOT,
        # Nothing of what the tests are started with, such as the measuring of coverage.
        env={"PATH": _path(), "PYTHONPATH": _sources(ROOT), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def enter(folder: Path, more: Sequence[Path] = ()) -> None:
    """Make the machine below an empty folder, and be in it from now on.

    ``more`` are folders that are seen there too.
    """
    here = folder / "root"
    here.mkdir()
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "tmpfs", here)
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if Path("/", name).is_symlink():
            (here / name).symlink_to(Path("/", name).readlink())
        elif Path("/", name).is_dir():
            _show(here, Path("/", name))
    for name in ("usr", "dev", "proc", "sys"):
        _show(here, Path("/", name))
    shutil.copytree("/etc", here / "etc", symlinks=True)
    _make_folders(here)
    # Python, where this environment has it.
    python = {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    for path in (ROOT, *(each for each in python if not each.is_relative_to("/usr")), *more):
        _show(here, path)
    _show(here, ROOT, SOURCE)
    os.chroot(here)
    os.chdir("/")
    os.umask(0o022)


def _make_folders(here: Path) -> None:
    # /usr/local as it is, beside a folder of our own.
    _mount("-t", "tmpfs", "tmpfs", here / "usr" / "local")
    for path in Path("/usr/local").iterdir():
        if path.is_dir() and not path.is_symlink() and path != FREESWITCH:
            _show(here, path)
    for name in ("opt", "root", "run", "srv", "tmp", "var/lib", "var/tmp"):
        (here / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (here / name).chmod(0o1777)


def raise_loopback() -> None:
    """Bring up the loopback of new namespaces."""
    with socket.socket() as any_socket:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def bash(block: str, step: Step, log: Path) -> "subprocess.Popen[bytes]":
    """Start a block, as root's shell would run it, but with an end at the first fault."""
    return subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=step.folder,
        env={
            "PATH": f"{HELPERS}:{FREESWITCH}/bin:{_path()}",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            # The environment's own sipapp may be that of another folder.
            "PYTHONPATH": _sources(SOURCE),
        },
        stdin=subprocess.DEVNULL,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )


@contextmanager
def following(blocks: Sequence[str], steps: Sequence[Step | str]) -> Iterator[list[Done]]:
    """Do what the blocks say; yields what came of each.

    Servers run inside, and until this machine ends.
    """
    done: list[Done] = []
    servers = []
    for number, (block, step) in enumerate(zip(blocks, steps, strict=True)):
        if isinstance(step, str):
            continue
        log = Path(f"/tmp/block-{number}.log")  # noqa: S108  (of this machine alone)
        process = bash(block, step, log)
        if step.how == "serve":
            wait_for_the_server(process, log)
            servers.append(log)
            continue
        status = process.wait(START_LIMIT)
        output = log.read_text(encoding="utf-8")
        done.append(Done(status, output))
        if status != step.status:
            sys.exit(f"{block}\nended with {status}:\n{output}")
    yield done
    done.extend(Done(0, log.read_text(encoding="utf-8")) for log in servers)


def ask(method: str, path: str, given: object = None) -> tuple[int, Any]:
    """Ask the server as its administrator: the status, and the JSON or text of the answer."""
    password = ADMIN_PASSWORD.read_text(encoding="ascii").strip()
    connection = HTTPConnection(*SERVER, timeout=30)
    connection.request(
        method,
        path,
        None if given is None else json.dumps(given),
        {
            "Authorization": "Basic " + base64.b64encode(f"admin:{password}".encode()).decode(),
            "Content-Type": "application/json",
        },
    )
    answer = connection.getresponse()
    text = answer.read().decode()
    is_json = "json" in answer.getheader("Content-Type", "")
    return answer.status, json.loads(text) if is_json else text


def report(**results: object) -> None:
    """Tell what came of it, to :func:`run`."""
    json.dump(results, sys.stdout, default=asdict)


def wait_for_the_server(process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server listens; ends this program with the server's words if it ended."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(SERVER, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"The server did not start:\n{log.read_text(encoding='utf-8')}")


def _show(root: Path, path: Path, as_: Path | None = None) -> None:
    """Let a folder be seen below the new root."""
    seen = root / (as_ or path).relative_to("/")
    seen.mkdir(parents=True, exist_ok=True)
    _mount("--rbind", path, seen)


def _mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def _path() -> str:
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _sources(root: Path) -> str:
    plugins = sorted(each.name for each in (ROOT / "plugins").iterdir())
    folders = [root, root / "src", *(root / "plugins" / name / "src" for name in plugins)]
    return os.pathsep.join(map(str, folders))
