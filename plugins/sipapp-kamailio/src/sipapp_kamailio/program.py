"""Where the kamailio program is, and how it is called."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

CONFIG: Final = Path(str(files("sipapp_kamailio") / "kamailio.cfg"))
MEMORY: Final = ("-m", "64", "-M", "8")
"""Megabytes of shared memory, and of memory of each process."""


LOOPBACK_ORIGINS: Final = ("localhost", ".+[.]localhost", "127[.][0-9.]+", "[[]::1[]]")
"""Hosts of pages on this machine, as regular expressions of Kamailio."""


class KamailioMissing(Exception):
    """There is no kamailio program that could be run; the text says what to do."""


@dataclass(frozen=True)
class Program:
    """A kamailio program with what it needs to find its modules and libraries."""

    binary: Path
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def arguments(
        self, *, directory: Path, port: int, domains: Sequence[str], hosts: Sequence[str] = ()
    ) -> list[str]:
        """The command that runs it in ``directory`` with our configuration, in the foreground.

        It serves these domains, the default one first, which every other name stands for.
        Pages of this machine and of ``hosts`` may open its WebSocket.

        Every path in the configuration is relative to the directory: a unix socket's own
        path could not be longer than 107 bytes (unix(7)), and nothing needs quoting.
        """
        return [
            *(str(self.binary), *self.options, "-f", str(CONFIG), "-DD", "-E", *MEMORY),
            *("-w", str(directory), "-Y", "."),
            *("-A", f'REALM="{domains[0]}"', "-A", f'DOMAINS="{",".join(domains)}"'),
            *("-A", f'ORIGINS="{_origins(hosts)}"', "--substdef", f"!WS_PORT!{port}!g"),
        ]

    def variables(self) -> dict[str, str]:
        """All of its environment: the server's own may hold secrets."""
        return {"PATH": os.defpath, "LC_ALL": "C", **self.environment}

    def fault(self, directory: Path) -> str:
        """Say why it cannot read our configuration (modules, libraries); empty if it can."""
        command = self.arguments(directory=directory, port=7080, domains=["localhost"])
        done = subprocess.run(
            [*command, "-c"],
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode == 0:
            return ""
        lines = (done.stderr + done.stdout).strip().splitlines()
        errors = [line for line in lines if "ERROR" in line] or lines
        return errors[0].strip() if errors else f"it ended with status {done.returncode}"


def _origins(hosts: Iterable[str]) -> str:
    """The origins of pages (RFC 6454) of some hosts on any port, as one regular expression."""
    # In brackets instead of behind a backslash, which a string of the configuration would take.
    literal = (
        re.sub(r"[.\[]|\]", r"[\g<0>]", f"[{each}]" if ":" in each else each) for each in hosts
    )
    return f"^https?://({'|'.join((*LOOPBACK_ORIGINS, *literal))})(:[0-9]+)?$"


def find_program(directory: Path, command: Path | None = None) -> Program:
    """The program to run: ``command`` if given, else the unpacked one, else the machine's.

    Raises :class:`KamailioMissing`.
    """
    if command is not None:
        if not os.access(command, os.X_OK):
            raise KamailioMissing(f"There is no program {command} (option command).")
        return Program(command)
    found = unpacked_program(directory / "root") or machine_program()
    if found is None:
        raise KamailioMissing(
            "Kamailio is not installed on this machine. Run “make install”, or "
            f"“python -m sipapp_kamailio.install {directory}”."
        )
    return found


def unpacked_program(root: Path) -> Program | None:
    """The program in a tree of unpacked Debian packages."""
    binary = root / "usr/sbin/kamailio"
    modules = sorted(root.glob("usr/lib/*/kamailio/modules"))
    if not modules or not os.access(binary, os.X_OK):
        return None
    private = modules[0].parent
    # The private libraries (libsrdb1), then those that the machine lacks.
    libraries = (private, private.parent, root / "lib" / private.parent.name)
    return Program(
        binary,
        ("-L", str(modules[0])),
        {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))},
    )


def machine_program() -> Program | None:
    """The program that is installed on this machine; its service is none of our business."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    found = shutil.which("kamailio", path=places)
    return Program(Path(found)) if found else None
