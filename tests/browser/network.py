"""Two network namespaces: a laptop's, and the one where it finds the switch.

Two ways lead from one to the other, one at a time; each gives the laptop another address, as two
networks do. This machine's own interfaces stay as they are: browsers of other tests would
notice, and stop what they load.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.browser import chromium
from tests.browser.cuttable import Cuttable

# The third byte of the addresses tells pairs of namespaces apart.
_MOST: Final = 250
PAGE_HOST: Final = "sipapp.test"
"""The name of the gateway's address for browsers in a namespace, by which they get the pages."""
# From sched.h.
_CLONE_NEWNET: Final = 0x40000000


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


def missing() -> str | None:
    """Why there can be no namespace here; None if there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program in ("ip", "iptables"):
        if shutil.which(program) is None:
            return f"network namespaces need {program}: make test-tools installs it"
    probe = f"sipapp-probe-{os.getpid()}"
    try:
        _run("ip", "netns", "add", probe)
        _run("ip", "-n", probe, "link", "add", "probe0", "type", "veth", "peer", "name", "probe1")
    except OSError as error:
        return f"this kernel gives no network namespaces with veth pairs: {error}"
    finally:
        subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)
    return None


def _listen_in(namespace: str, address: tuple[str, int]) -> socket.socket:
    """A listening socket stays in the namespace that its thread was in when it was made."""
    made: list[socket.socket | OSError] = []

    def make() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            with Path("/run/netns", namespace).open("rb") as entry:
                if libc.setns(entry.fileno(), _CLONE_NEWNET) != 0:
                    made.append(OSError(ctypes.get_errno(), "setns"))
                    return
            made.append(socket.create_server(address))
        except OSError as error:
            made.append(error)

    # The namespace is the thread's alone, and goes with it.
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


class Network:
    """A context manager around a laptop's namespace, which has the first of its two addresses."""

    def __init__(self) -> None:
        self._number = 0
        self._way = 0
        self._dropped: list[tuple[str, ...]] = []
        self._forwards = ExitStack()

    @property
    def name(self) -> str:
        return f"sipapp-{self._number}"

    @property
    def home(self) -> str:
        """The namespace at the other end, with the server and the switch."""
        return f"{self.name}-home"

    @property
    def gateway(self) -> str:
        """The server's and the switch's address there, which can be reached by both ways."""
        return f"10.213.{self._number}.129"

    def __enter__(self) -> Self:
        self._take_a_name()
        try:
            self._connect()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._forwards.close()
        self._remove()

    def forward(self, port: int) -> Cuttable:
        """Let both namespaces reach this port of the loopback, by the gateway's address."""
        listener = _listen_in(self.home, (self.gateway, port))
        return self._forwards.enter_context(Cuttable(("127.0.0.1", port), listener))

    def browser(self, namespace: str, folder: Path) -> Path:
        """A program that starts Chromium in this namespace."""
        program = folder / f"chromium-{namespace}"
        program.write_text(
            f'#!/bin/sh\nexec ip netns exec {namespace} {chromium.find()} "$@"\n', encoding="utf-8"
        )
        program.chmod(0o700)
        return program

    def flags(self, origin: str) -> list[str]:
        """What that Chromium needs to call from a page of this origin."""
        return [
            # There are addresses enough, and one that leads nowhere would be offered.
            *(flag for flag in chromium.FLAGS if flag != "--allow-loopback-in-peer-connection"),
            # It is no localhost for the browser, which would refuse the microphone.
            f"--unsafely-treat-insecure-origin-as-secure={origin}",
            f"--host-resolver-rules=MAP {PAGE_HOST} {self.gateway}",
        ]

    @property
    def address(self) -> str:
        """What the namespace had as its address most lately."""
        return self._address(self._way, 2)

    def leave(self) -> None:
        """Lose the address, as a laptop does that is carried away."""
        way = f"way{self._way}"
        self._inside("ip", "addr", "flush", "dev", way)
        self._inside("ip", "link", "set", way, "down")

    def join_other(self) -> None:
        """Get another address in another network, which is the way to this machine from now on."""
        self._way = 1 - self._way
        self._join()

    def drop_media(self, address: str | None = None) -> None:
        """Let no UDP through any more; with an address only not from and to that one."""
        for chain, end in (("OUTPUT", "--source"), ("INPUT", "--destination")):
            which = () if address is None else (end, address)
            rule = (chain, "--protocol", "udp", *which, "--jump", "DROP")
            self._inside("iptables", "--wait", "--append", *rule)
            self._dropped.append(rule)

    def let_through(self) -> None:
        """Drop nothing any more."""
        while self._dropped:
            self._inside("iptables", "--wait", "--delete", *self._dropped.pop())

    def _take_a_name(self) -> None:
        for self._number in range(1, _MOST):
            with suppress(OSError):
                _run("ip", "netns", "add", self.name)
                return
        raise OSError("too many namespaces are left: ip netns list")

    def _connect(self) -> None:
        _run("ip", "netns", "add", self.home)
        self._inside("ip", "link", "set", "lo", "up")
        at_home = ("ip", "-n", self.home)
        _run(*at_home, "link", "set", "lo", "up")
        for way in (0, 1):
            name = f"way{way}"
            ends = f"link add {name} type veth peer name {name} netns {self.name}"
            _run(*at_home, *ends.split())
            _run(*at_home, "addr", "add", f"{self._address(way, 1)}/26", "dev", name)
            _run(*at_home, "link", "set", name, "up")
        _run(*at_home, "addr", "add", f"{self.gateway}/32", "dev", "way0")
        self._join()

    def _join(self) -> None:
        way = f"way{self._way}"
        self._inside("ip", "link", "set", way, "up")
        self._inside("ip", "addr", "replace", f"{self.address}/26", "dev", way)
        self._inside("ip", "route", "replace", "default", "via", self._address(self._way, 1))

    def _remove(self) -> None:
        # An interface goes with its other end, but only after the last process has left.
        for way in (0, 1):
            subprocess.run(
                ["ip", "-n", self.home, "link", "del", f"way{way}"],
                capture_output=True,
                check=False,
            )
        for namespace in (self.home, self.name):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)

    def _inside(self, *command: str) -> None:
        _run("ip", "netns", "exec", self.name, *command)

    def _address(self, way: int, host: int) -> str:
        return f"10.213.{self._number}.{64 * way + host}"
