"""Kamailio as a child of the server, which ends with it in every case."""

import errno
import fcntl
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from sipapp.api import SwitchConnectionRefused, SwitchUnreachable, with_parent_death_signal
from sipapp_kamailio import control
from sipapp_kamailio.processes import end_marked
from sipapp_kamailio.program import KamailioMissing, Program

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
END_TIMEOUT_S: Final = 3.0
"""Seconds from the signal to end until Kamailio is killed; it takes some hundredths."""
POLL: Final = 0.02


class Child:
    """At most one Kamailio, in a directory that no other server uses meanwhile.

    Methods are called by one thread at a time.  What keeps Kamailio from running
    is raised as ``SwitchUnreachable`` with words for the administrator.
    """

    def __init__(
        self, directory: Path, port: int, find: Callable[[], Program], hosts: Sequence[str] = ()
    ) -> None:
        """``hosts`` are those of pages beside this machine's own."""
        self._hosts = hosts
        self._directory = directory
        self._port = port
        self._find = find
        self._mark = f"SIPAPP_KAMAILIO={directory}"
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._fault = ""

    @property
    def running(self) -> bool:
        """Whether it runs; it may still be starting."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def log_file(self) -> Path:
        """What Kamailio itself has to say, since its last start."""
        return self._directory / "kamailio.log"

    def claim(self) -> None:
        """Take the directory, and end the Kamailio of an earlier server in it."""
        if self._thread is not None:
            self._thread.join()  # it ends what is left of ours, and would take a new one for that
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = _lock(self._directory / "lock")
        except BlockingIOError:
            raise self._failure(
                f"Another server runs its Kamailio in {self._directory}. End that server, "
                "or set another directory and port (sipapp.reloader.NAME.directory, .port)."
            ) from None
        except OSError as error:
            raise self._failure(
                f"Kamailio's directory {self._directory} cannot be used: {error.strerror}."
            ) from error
        if ended := end_marked(self._mark):
            log.warning("Ended %d processes of a Kamailio that an earlier server left.", ended)

    def spawn(self, domains: Sequence[str]) -> None:
        """Start it for these domains; it answers some hundredths of a second later."""
        self._check_port()
        try:
            program = self._find()
        except KamailioMissing as error:
            raise self._failure(str(error)) from error
        command = program.arguments(
            directory=self._directory, port=self._port, domains=domains, hosts=self._hosts
        )
        # Kamailio is signalled when the thread that made it ends: that thread waits for its end.
        started: Future[subprocess.Popen[bytes]] = Future()
        self._stopping = False
        self._thread = threading.Thread(
            target=self._watch,
            args=(with_parent_death_signal(command, "TERM"), program.variables(), started),
            name="kamailio",
            daemon=True,
        )
        self._thread.start()
        try:
            self._process = started.result()
        except OSError as error:
            raise self._failure(
                f"Kamailio could not be started: {error.filename}: {error.strerror}."
            ) from error
        self._fault = ""
        log.info(
            "Started Kamailio at ws://%s:%d, process %d; what it says is in %s.",
            HOST,
            self._port,
            self._process.pid,
            self.log_file,
        )

    def version(self, *, timeout: float) -> str:
        """Its version, as it says itself; waits for one that is just starting."""
        deadline = time.monotonic() + timeout
        while self.running:
            try:
                return control.version(HOST, self._port, timeout=deadline - time.monotonic())
            except SwitchConnectionRefused:
                if time.monotonic() + POLL > deadline:
                    raise
            time.sleep(POLL)
        raise SwitchUnreachable(self._why_not_running)

    @property
    def _why_not_running(self) -> str:
        if self._fault or self._process is None:
            return self._fault or "Kamailio is not running."
        return (
            f"Kamailio ended with status {self._process.returncode}; {self.log_file} says why. "
            "It needs version 5.6 or later with its websocket and sqlite modules."
        )

    def _failure(self, fault: str) -> SwitchUnreachable:
        self._fault = fault
        return SwitchUnreachable(fault)

    def stop(self) -> None:
        """End it, and let go of the directory."""
        self._stopping = True
        if self._process is not None and self._thread is not None:
            self._process.terminate()
            self._thread.join(END_TIMEOUT_S)
            self._process.kill()
            self._thread.join()
            self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _watch(
        self,
        command: Sequence[str],
        variables: dict[str, str],
        started: "Future[subprocess.Popen[bytes]]",
    ) -> None:
        try:
            with open(self.log_file, "wb", opener=_private) as output:
                process = subprocess.Popen(
                    command,
                    env={**variables, **dict([self._mark.split("=", 1)])},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C in the terminal is for the server alone
                )
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process)
        status = process.wait()
        # If its first process was killed, the others did not notice.
        end_marked(self._mark)
        if not self._stopping:
            log.error("Kamailio ended with status %d; %s says why.", status, self.log_file)

    def _check_port(self) -> None:
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((HOST, self._port))
        except OSError as error:
            reason = (
                "is taken by another program"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used ({error.strerror})"
            )
            raise self._failure(
                f"Port {self._port} on {HOST} {reason}. Free it, or set another one in both "
                "sipapp.reloader.NAME.port and sipapp.phone.server of the ini."
            ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _lock(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
