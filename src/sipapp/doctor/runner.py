"""Runs all checks in parallel, with a timeout; one that fails does not affect the others."""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from threading import Lock, Thread
from typing import Final

from sipapp.doctor import (
    admin_password,
    extension_storage,
    history_folder,
    phone_server,
    phone_services,
    secret_files,
    switch,
    web_server,
)
from sipapp.doctor.report import DiagnosisReport
from sipapp.doctor.target import DiagnosisTarget, RequestContext
from sipapp.model.diagnosis import Diagnosis, fault
from sipapp.model.type_checks import checked_result

DIAGNOSIS_TIMEOUT_S: Final = 30.0
"""Topics that take longer are reported as faults."""

Lines = Callable[[], Iterable[Diagnosis]]

log = logging.getLogger(__name__)


@dataclass
class _Topic:
    """Checks that depend on each other; their lines are collected one by one."""

    name: str
    run: Lines
    lines: list[Diagnosis] = field(default_factory=list)
    thread: Thread | None = None

    def start(self) -> None:
        # A daemon: something that hangs must not keep the command from ending.
        self.thread = Thread(target=self._collect, name="doctor", daemon=True)
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


def examine(target: DiagnosisTarget, *, timeout: float = DIAGNOSIS_TIMEOUT_S) -> DiagnosisReport:
    """Look at everything, for ``timeout`` seconds at most.  Never raises."""
    at, started = time.time(), time.monotonic()
    topics = list(_topics(target))
    for topic in topics:
        topic.start()
    lines = [line for topic in topics for line in topic.result(started + timeout)]
    return DiagnosisReport(tuple(lines), at, time.monotonic() - started)


class DoctorRunner:
    """Runs one diagnosis at a time, and keeps the last report.  For several threads."""

    def __init__(self, target: DiagnosisTarget) -> None:
        """``target`` is the application, without a request."""
        self._target = target
        self._lock = Lock()
        self.report: DiagnosisReport | None = None

    def run(self, request: RequestContext) -> bool:
        """Replace the report by a new one; returns ``False`` if a diagnosis is running already."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self.report = examine(replace(self._target, request=request))
        finally:
            self._lock.release()
        return True


def _topics(target: DiagnosisTarget) -> Iterator[_Topic]:
    def topic(name: str, look: Callable[[DiagnosisTarget], Iterable[Diagnosis]]) -> _Topic:
        return _Topic(name, lambda: look(target))

    yield topic("directory", extension_storage.examine)
    yield topic("directory.health", extension_storage.examine_content)
    yield topic("history", history_folder.examine)
    for name in target.strategies:
        yield _Topic(f"switch {name}", lambda name=name: switch.examine(target, name))  # type: ignore[misc]
    if not target.strategies:
        yield topic("switch", switch.none_configured)
    yield topic("webrtc", phone_server.examine)
    yield topic("phone", phone_services.examine)
    yield topic("password", admin_password.examine)
    yield topic("password.files", lambda target: secret_files.examine(target.settings, os.environ))
    yield topic("server", web_server.examine)
