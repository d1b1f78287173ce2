"""Runs a program with a deadline and a limit on its output."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO


class OutputTooLong(Exception):
    """The program printed more than it may."""


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit code (negative: the signal) and what it printed.

    The output of FreeSWITCH may be a password.
    """

    code: int
    output: bytes = field(repr=False)
    errors: bytes


def run(argv: Sequence[str], *, environ: Mapping[str, str], timeout: float, limit: int) -> Finished:
    """Run a program without input; ``timeout`` in seconds, ``limit`` in bytes of output.

    A program that overruns is killed with its whole process group.  Raises
    ``TimeoutError``, ``OutputTooLong``, and other ``OSError`` if it cannot be run.
    """
    deadline = time.monotonic() + timeout
    process = subprocess.Popen(
        argv,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = _read(process, deadline, limit)
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _kill(process)
        raise TimeoutError from None
    except BaseException:
        _kill(process)
        raise
    finally:
        for pipe in _pipes(process):
            pipe.close()
    return Finished(code, output, errors)


def _read(process: "subprocess.Popen[bytes]", deadline: float, limit: int) -> tuple[bytes, bytes]:
    """Read both pipes to their end."""
    received: dict[int, bytearray] = {}
    with selectors.DefaultSelector() as selector:
        for pipe in _pipes(process):
            received[pipe.fileno()] = bytearray()
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for key, _ in selector.select(left):
                data = os.read(key.fd, 65536)
                received[key.fd] += data
                if not data:
                    selector.unregister(key.fileobj)
            if sum(map(len, received.values())) > limit:
                raise OutputTooLong
    output, errors = received.values()
    return bytes(output), bytes(errors)


def _pipes(process: "subprocess.Popen[bytes]") -> list[IO[bytes]]:
    return [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]


def _kill(process: "subprocess.Popen[bytes]") -> None:
    # It has not been waited for, so its id, which is also the group's, is still its own.
    with suppress(OSError):  # behind sudo it is not ours to kill
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
