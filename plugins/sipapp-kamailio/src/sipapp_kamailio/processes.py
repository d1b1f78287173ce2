"""End processes that an earlier server left behind, and no others."""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

KILL_TIMEOUT_S: Final = 2.0
"""Seconds to wait for the end of killed processes."""


def end_marked(mark: str) -> int:
    """Kill every process that has ``mark`` (``NAME=value``) in its environment; returns how many.

    No other program gives a process our mark, so it is ours.  The handle of a process
    (pidfd_open(2)) is taken before its environment is read: a number that was
    given to another process in between cannot deceive.
    """
    ended = 0
    deadline = time.monotonic() + KILL_TIMEOUT_S
    while time.monotonic() < deadline:  # again, for what was being forked meanwhile
        with _handles(mark) as handles:
            if not handles:
                break
            for handle in handles:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            _wait(handles, deadline)
            ended += len(handles)
    return ended


@contextmanager
def _handles(mark: str) -> Iterator[list[int]]:
    wanted = os.fsencode(mark)
    with ExitStack() as stack:
        handles = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended meanwhile, or is another user's
                handle = os.pidfd_open(int(entry.name))
                stack.callback(os.close, handle)
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    handles.append(handle)
        yield handles


def _wait(handles: list[int], deadline: float) -> None:
    for handle in handles:
        poll = select.poll()
        poll.register(handle, select.POLLIN)  # readable when the process has ended
        poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
