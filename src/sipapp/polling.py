"""Live status of a switch that can only be asked: as seldom as possible, by nobody's request."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sipapp.errors import SwitchError, SwitchRefused
from sipapp.live import Call, LiveStatus, Registration
from sipapp.snapshots import (
    CHANNELS,
    calls_of,
    read_channels,
    read_registrations,
    registrations_command,
    steady,
)

log = logging.getLogger(__name__)

PAUSE: Final = 2.0
"""Seconds from one command to the next, however many look."""
MAX_AGE: Final = 10.0
"""Seconds after which what was heard is not shown any more."""
PATIENCE: Final = 1.0
"""Seconds that the one who looks first waits for the answer."""


class Poller:
    """Asks a FreeSWITCH for registrations and for channels, in turn, while somebody looks.

    ``command`` runs an API command and raises a ``SwitchError``.  Nobody waits for it but
    the one whose look made it run, and that one a moment only.
    """

    def __init__(
        self,
        command: Callable[[str], str],
        profile: str,
        source: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command = command
        self._registrations_command = registrations_command(profile)
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._asked = -PAUSE
        self._turn = "registrations"
        self._since = time.time()
        self._fault = ""
        self._heard: dict[str, float] = {}
        self._notes: dict[str, str] = {}
        self._registrations: tuple[Registration, ...] | None = None
        self._calls: tuple[Call, ...] | None = None

    def status(self) -> LiveStatus:
        """What is known now; makes the next question be asked if it is time for it."""
        asking = self._ask_if_due()
        if asking is not None and not self._known("registrations") and not self._known("calls"):
            asking.join(PATIENCE)
        with self._lock:
            return self._status()

    def forget(self, part: str) -> None:
        """Do not show ``registrations`` or ``calls`` until it was asked again."""
        with self._lock:
            self._heard.pop(part, None)
            self._turn = part

    def _status(self) -> LiveStatus:
        if self._fault:
            return LiveStatus(self._source, self._since, fresh=False, fault=self._fault)
        registrations = self._registrations if self._known("registrations") else None
        calls = self._calls if self._known("calls") else None
        asking = [
            f"The {part} are being asked for."
            for part, value in (("registrations", registrations), ("calls", calls))
            if value is None and part not in self._notes
        ]
        notes = (*asking, *self._notes.values())
        return LiveStatus(
            self._source, self._since, registrations=registrations, calls=calls, notes=notes
        )

    def _known(self, part: str) -> bool:
        heard = self._heard.get(part)
        return heard is not None and self._clock() - heard <= MAX_AGE

    def _ask_if_due(self) -> threading.Thread | None:
        with self._lock:
            if self._running is not None or self._clock() - self._asked < PAUSE:
                return None
            self._asked = self._clock()
            turn = self._turn
            self._turn = "calls" if turn == "registrations" else "registrations"
            self._running = threading.Thread(
                target=self._ask, args=(turn,), name="live-poll", daemon=True
            )
            self._running.start()
            return self._running

    def _ask(self, part: str) -> None:
        try:
            self._take(part)
        except SwitchRefused as error:
            # It answers, so it is there; it just does not tell this.
            with self._lock:
                self._is_there()
                self._heard.pop(part, None)
                self._notes[part] = str(error)
        except SwitchError as error:
            self._is_down(str(error))
        except Exception:
            log.exception("Asking for %s failed.", part)
            self._is_down("Asking failed; the server's log has the details.")
        finally:
            with self._lock:
                self._running = None

    def _take(self, part: str) -> None:
        if part == "registrations":
            reply = self._command(self._registrations_command)
            found = read_registrations(reply, now=time.time())
            with self._lock:
                before = {each.call_id: each for each in self._registrations or ()}
                if self._known(part):
                    found = {
                        key: each if key in before else replace(each, since=time.time())
                        for key, each in found.items()
                    }
                self._registrations = tuple(steady(found.values(), before).values())
                self._heard_of(part)
        else:
            calls = calls_of(read_channels(self._command(CHANNELS)).values())
            with self._lock:
                self._calls = calls
                self._heard_of(part)

    def _heard_of(self, part: str) -> None:
        self._is_there()
        self._heard[part] = self._clock()
        self._notes.pop(part, None)

    def _is_there(self) -> None:
        if self._fault:
            self._fault, self._since = "", time.time()

    def _is_down(self, fault: str) -> None:
        with self._lock:
            if not self._fault:
                self._since = time.time()
            self._fault = fault
            self._heard.clear()
