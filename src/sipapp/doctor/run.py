"""Runs all checks at the same time, each with a deadline; one that fails costs only itself."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sipapp.doctor import directory, files, history, offers, passwords, phone, server, switch
from sipapp.doctor.report import Report
from sipapp.doctor.target import Patient
from sipapp.model.diagnosis import Diagnosis, fault
from sipapp.model.type_checks import checked_result

DEADLINE: Final = 30.0
"""Seconds after which the doctor does not wait for a topic any more."""

Lines = Callable[[], Iterable[Diagnosis]]

log = logging.getLogger(__name__)


@dataclass
class _Topic:
    """Checks that need each other's answers; its lines come one by one."""

    name: str
    run: Lines
    lines: list[Diagnosis] = field(default_factory=list)
    thread: threading.Thread | None = None

    def start(self) -> None:
        # A daemon: something that hangs must not keep the command from ending.
        self.thread = threading.Thread(target=self._collect, name="doctor", daemon=True)
        self.thread.start()

    def _collect(self) -> None:
        try:
            for line in self.run():
                self.lines.append(checked_result(line, Diagnosis, self, "a line"))
        except Exception as error:
            # Its text may hold anything, so it goes to the log alone.
            log.exception("The doctor's look at %s failed.", self.name)
            self.lines.append(
                fault(
                    self.name,
                    f"It could not be looked at: {type(error).__name__}.",
                    "The log has the details. This is a fault of sipapp or of a plugin.",
                )
            )

    def result(self, deadline: float) -> list[Diagnosis]:
        if self.thread is not None:
            self.thread.join(max(0.0, deadline - time.monotonic()))
            if self.thread.is_alive():
                late = fault(
                    self.name,
                    "It took too long, and was not looked at to its end.",
                    "See what hangs: a disk, a name server, a switch.",
                )
                return [*self.lines, late]
        return self.lines


def examine(patient: Patient, *, deadline: float = DEADLINE) -> Report:
    """Look at everything, for ``deadline`` seconds at most.  Never raises."""
    at, started = time.time(), time.monotonic()
    topics = list(_topics(patient))
    for topic in topics:
        topic.start()
    lines = [line for topic in topics for line in topic.result(started + deadline)]
    return Report(tuple(lines), at, time.monotonic() - started)


def _topics(patient: Patient) -> Iterator[_Topic]:
    def topic(name: str, look: Callable[[Patient], Iterable[Diagnosis]]) -> _Topic:
        return _Topic(name, lambda: look(patient))

    yield topic("directory", directory.examine)
    yield topic("directory.health", directory.examine_content)
    yield topic("history", history.examine)
    for name in patient.strategies:
        yield _Topic(f"switch {name}", lambda name=name: switch.examine(patient, name))  # type: ignore[misc]
    if not patient.strategies:
        yield topic("switch", switch.none_configured)
    yield topic("webrtc", phone.examine)
    yield topic("phone", offers.examine)
    yield topic("password", passwords.examine)
    yield topic("password.files", lambda patient: files.examine(patient.settings, os.environ))
    yield topic("server", server.examine)
