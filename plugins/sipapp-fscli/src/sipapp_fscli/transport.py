"""FreeSWITCH's API through ``fs_cli -x``.  Line numbers are of FreeSWITCH 1.10.12."""

import math
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import groupby
from secrets import token_hex
from typing import Final

from sipapp.api import (
    SETPRIV,
    Diagnosis,
    SwitchError,
    SwitchProtocolError,
    SwitchTimeout,
    SwitchUnreachable,
    is_here,
    with_parent_death_signal,
)
from sipapp.freeswitch.api import Transport
from sipapp_fscli.process import Finished, OutputTooLong, run
from sipapp_fscli.profile import home_with

MAX_COMMAND: Final = 1023
"""Bytes; fs_cli.c:1567 cuts what is longer, and would run the rest's beginning."""
MAX_OUTPUT: Final = 16 * 1024 * 1024

# A line end would make a header of Event Socket of what follows (fs_cli.c:1719), and ";;" a
# second command (switch_console.c:349; tried).
_ONE_COMMAND: Final = re.compile(r"(?!.*;;)[^\r\n\0]+")
_MARK: Final = 16
"""Characters that tell in its output where one command ends and the next begins."""
# What a command that does not exist prints among others (switch_api_execute).
_INVALID: Final = "INVALID COMMAND!\n"
# What fs_cli makes of a reply without a body (fs_cli.c:1735).
_DENIED: Final = re.compile(r"Error: (?P<text> [^\n]*)!\n")
_CANNOT_RUN: Final = (126, 127)  # setpriv's and the shell's; fs_cli has no such exit code
# Where FreeSWITCH's own `make install` puts it: in no PATH, unless somebody sees to that.
_BUILT_FROM_SOURCE: Final = "/usr/local/freeswitch/bin"
_NEEDED: Final = ("--execute", "--timeout", "--connect-timeout")
_INSTALL: Final = (
    "Install FreeSWITCH's fs_cli, or set the option “command” of this switch to its path, such as "
    f"{_BUILT_FROM_SOURCE}/fs_cli."
)
# sipapp's own environment may hold secrets.
_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class FsCli(Transport):
    """Runs fs_cli once per command, or for several of one name.  What is ``None`` is left to it."""

    program: str
    host: str | None = None
    port: int | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        return self.host is None or is_here(self.host)

    def command(self, command: str, *, timeout: float) -> str:
        self._check(command)
        return self._reply(self._run(command, timeout))

    def commands(self, commands: Sequence[str], *, timeout: float) -> Iterator[str]:
        deadline = time.monotonic() + timeout
        for each in commands:
            self._check(each)
        # An account of the directory may be allowed to run one command and not another, and
        # FreeSWITCH looks at the first one of a line only.
        for _, alike in groupby(commands, lambda each: each.split(" ", 1)[0]):
            for some in _lines(alike):
                yield from self._several(some, deadline)

    def _several(self, commands: Sequence[str], deadline: float) -> Iterator[str]:
        """The replies to commands that fit into one line."""
        if len(commands) > 1:
            mark = token_hex(_MARK // 2)
            line = ";;".join(f"{each};;echo {mark}" for each in commands)
            *outputs, rest = self._reply(self._run(line, _left(deadline))).split(mark)
            if len(outputs) == len(commands) and not rest.strip():
                yield from map(_as_alone, commands, outputs)
                return
        # Also where it has no command “echo”, or the account may not run this one.
        for each in commands:
            yield self.command(each, timeout=_left(deadline))

    def _check(self, command: str) -> None:
        if not _ONE_COMMAND.fullmatch(command):
            raise ValueError("A command for fs_cli must not contain CR, LF, NUL or “;;”.")
        if len(command.encode()) > MAX_COMMAND:
            raise ValueError(f"A command for fs_cli has at most {MAX_COMMAND} bytes.")

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:
        check = "switch.fs_cli"
        found = shutil.which(self.program, path=_search_path())
        if found is None:
            problem = f"{self.program} is not found, or may not be run."
            return [Diagnosis(check, "fault", problem, _INSTALL)]
        lacking = self._lacking_options(timeout)
        if lacking:
            problem = f"{found} is no fs_cli that sipapp can use: it does not know {lacking}."
            return [Diagnosis(check, "fault", problem, _INSTALL)]
        source = "a file of its own" if self.password is not None else "its own configuration"
        words = (
            f"fs_cli is {found}, with the password of {source}. It tells no version of its own; it "
            "knows the options that it is given."
        )
        return [Diagnosis(check, "ok", words)]

    def _lacking_options(self, timeout: float) -> str:
        """Those of its options that it does not name itself (fs_cli.c:800)."""
        environ = _environment()
        with suppress(TimeoutError, OutputTooLong, OSError):
            result = run(
                [self.program, "--help"], environ=environ, timeout=timeout, limit=MAX_OUTPUT
            )
            words = (result.output + result.errors).decode("utf-8", "replace")
            return ", ".join(each for each in _NEEDED if each not in words)
        return ", ".join(_NEEDED)

    def _run(self, command: str, timeout: float) -> Finished:
        with ExitStack() as stack:
            environ = self._environment(stack)
            try:
                return run(
                    self._argv(command, timeout),
                    environ=environ,
                    timeout=timeout,
                    limit=MAX_OUTPUT,
                )
            except TimeoutError as error:
                raise SwitchTimeout("fs_cli got no answer within the time limit.") from error
            except OutputTooLong as error:
                raise SwitchProtocolError("fs_cli printed without end.") from error
            except OSError as error:
                raise self._cannot_run(error) from error

    def _argv(self, command: str, timeout: float) -> list[str]:
        # Our own deadline ends fs_cli; these limits are for one behind sudo when we are killed.
        milliseconds = str(math.ceil(timeout * 1000))
        host = [] if self.host is None else ["-H", self.host]
        port = [] if self.port is None else ["-P", str(self.port)]
        limits = ["-T", milliseconds, "-t", milliseconds]
        argv = [self.program, *host, *port, *limits, "-x", command]
        # If the server is killed, fs_cli ends too. Without its program, the error says so.
        usable = (shutil.which(each, path=_search_path()) for each in (SETPRIV, self.program))
        return [*with_parent_death_signal(argv, "KILL")] if all(usable) else argv

    def _environment(self, stack: ExitStack) -> dict[str, str]:
        """The environment of one run; what it needs is there until ``stack`` ends."""
        environ = _environment()
        if self.password is None:
            return environ
        try:
            home = stack.enter_context(home_with(self.password))
        except OSError as error:
            raise SwitchUnreachable(
                f"No temporary file can be made to give fs_cli its password ({error.strerror}). "
                "Let the server write into /tmp (in a container: a tmpfs), or name another folder "
                "in TMPDIR."
            ) from error
        return environ | {"HOME": str(home)}

    def _cannot_run(self, error: OSError) -> SwitchError:
        return SwitchUnreachable(f"{self.program} cannot be run ({error.strerror}). {_INSTALL}")

    def _reply(self, finished: Finished) -> str:
        output = finished.output.decode("utf-8", "replace")
        match finished.code:
            case 0 if output:
                denied = _DENIED.fullmatch(output)
                return f"-ERR{denied['text']}" if denied else output.removesuffix("\n")
            case 0:
                raise SwitchProtocolError(f"{self.program} printed nothing. Is it fs_cli?")
            case 254:
                raise SwitchTimeout(
                    "fs_cli got no answer: FreeSWITCH was too slow, or ended the connection."
                )
            case 255:
                raise SwitchUnreachable(self._not_connected())
        said = " ".join(finished.errors.decode("utf-8", "replace").split())[:200]
        if finished.code in _CANNOT_RUN:
            raise SwitchUnreachable(f"{self.program} cannot be run ({said}). {_INSTALL}")
        raise SwitchUnreachable(f"{self.program} failed with exit code {finished.code}: {said}")

    def _not_connected(self) -> str:
        """What exit code 255 may mean: fs_cli erases the cause (esl.c:1168)."""
        source, script = "~/.fs_cli_conf", ""
        if self.password is not None:
            source = "password_file"
            script = (
                f" If {self.program} is a script, it has to hand on HOME, and the file there, "
                "which has the password; without password_file, fs_cli looks for it itself."
            )
        return (
            f"fs_cli could not connect to {self._address()}, and does not say why. Is FreeSWITCH "
            "running, with mod_event_socket loaded and listening there? Is the password in "
            f"{source} that of event_socket.conf.xml? Does its apply-inbound-acl let this "
            f"machine in?{script}"
        )

    def _address(self) -> str:
        if self.host is None and self.port is None:
            return "FreeSWITCH"
        return f"FreeSWITCH at {self.host or '127.0.0.1'}, port {self.port or 8021}"


def _lines(commands: Iterable[str]) -> Iterator[Sequence[str]]:
    """As many commands together as fs_cli takes with a mark behind each."""
    some: list[str] = []
    length = 0
    for each in commands:
        size = len(each.encode()) + len(";;echo ;;") + _MARK
        if some and length + size > MAX_COMMAND:
            yield some
            some, length = [], 0
        some.append(each)
        length += size
    if some:
        yield some


def _as_alone(command: str, output: str) -> str:
    """The reply that a command would have got by itself."""
    if output == _INVALID:
        return f"-ERR {command} Command not found!\n"
    return output or "-ERR no reply\n"


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise SwitchTimeout("FreeSWITCH did not answer everything within the time limit.")
    return left


def _environment() -> dict[str, str]:
    environ = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return environ | {"PATH": _search_path()}


def _search_path() -> str:
    """Where programs are looked for."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), _BUILT_FROM_SOURCE])
