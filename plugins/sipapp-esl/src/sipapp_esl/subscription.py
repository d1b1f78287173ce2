"""The long-lived connection that knows what goes on at a FreeSWITCH.

It subscribes, *then* takes a snapshot, so that nothing falls in between, and reads events
as they come: FreeSWITCH ends a connection that does not.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, TypeVar

from sipapp.api import (
    IndexedLive,
    LiveSummary,
    LiveView,
    Registration,
    SwitchError,
    SwitchRefused,
    SwitchTimeout,
)
from sipapp.freeswitch.api import CHANNELS, read_channels, read_registrations, registrations_command
from sipapp_esl.calls import NAMES, Calls
from sipapp_esl.client import Client, Login
from sipapp_esl.events import Event, read_event
from sipapp_esl.protocol import Message
from sipapp_esl.registrations import SUBCLASSES, Registrations

log = logging.getLogger(__name__)

EVENTS: Final = f"event json {' '.join(NAMES)} CUSTOM {' '.join(SUBCLASSES)}"
"""``CUSTOM`` is last: what follows are subclasses."""

ANSWER_TIMEOUT_S: Final = 5.0
"""Seconds that one answer may take."""
PROBE_AFTER_S: Final = 5.0
"""Seconds of silence after which FreeSWITCH is asked whether it is still there."""
SNAPSHOT_INTERVAL_S: Final = 60.0
"""Seconds from one snapshot to the next, should events have been lost."""
SNAPSHOT_DELAY_S: Final = 1.0
"""Seconds from an event that does not tell everything to the snapshot that does."""
RECONNECT_PAUSES_S: Final = (0.5, 30.0)
"""Seconds until the first attempt to connect again, and at most."""
FIRST_SNAPSHOT_WAIT_S: Final = 1.0
"""Seconds that the first caller of :meth:`Subscription.view` waits for a snapshot."""

_JITTER: Final = Random()  # noqa: S311  (no secret)
_SOURCE: Final = "Event Socket"
_STOPPED: Final = "The server is being stopped."

T = TypeVar("T")


class Subscription:
    """Follows one FreeSWITCH in a thread of its own, from the first :meth:`view` on."""

    domains: Sequence[str] = ("",)
    """The storage's, the default one first; read when that thread begins."""

    def __init__(self, login: Login, profiles: Sequence[str]) -> None:
        self._login = login
        self._profiles = tuple(profiles)
        self._commands = [registrations_command(each) for each in profiles]
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._thread: threading.Thread | None = None
        self._client: Client | None = None
        self._view = _lost(time.time(), "FreeSWITCH has not answered yet.")
        self._changed = False
        self._forget()

    def view(self) -> LiveView:
        """What is known now."""
        if self._start():
            self._settled.wait(FIRST_SNAPSHOT_WAIT_S)
        with self._lock:
            if self._changed:
                self._changed = False
                known = self._known_parts
                self._view = self._view.updated(
                    LiveSummary(
                        _SOURCE,
                        self._view.summary.since,
                        notes=(*self._notes.values(), *self._profile_notes),
                    ),
                    self._registrations.table() if "registrations" in known else None,
                    self._calls.table() if "calls" in known else None,
                )
            return self._view

    def stop(self) -> None:
        """End the connection and the thread; a later :meth:`view` begins anew."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopping.set()
            if self._client is not None:
                self._client.interrupt()
        if thread is not None:
            thread.join(ANSWER_TIMEOUT_S)

    def _start(self) -> bool:
        with self._lock:
            if self._thread is not None:
                return False
            self._stopping = threading.Event()
            self._settled = threading.Event()
            self._forget()
            self._thread = threading.Thread(
                target=self._run, args=(self._stopping,), name="esl-live", daemon=True
            )
            self._thread.start()
            return True

    def _run(self, stopping: threading.Event) -> None:
        first, most = RECONNECT_PAUSES_S
        pause = first
        while not stopping.is_set():
            try:
                self._follow(stopping)
            except SwitchError as error:
                fault = str(error)
            except Exception:
                log.exception("Following %s failed.", self._login.address)
                fault = "Following it failed; the server's log has the details."
            else:
                fault = _STOPPED
            lost = self._lose(_STOPPED if stopping.is_set() else fault)
            pause = first if lost else min(most, pause * 2)
            # Many servers must not come back at the same moment.
            stopping.wait(pause * _JITTER.uniform(0.5, 1.0))

    def _follow(self, stopping: threading.Event) -> None:
        """Connect, and follow until the connection ends, which is an error."""
        with Client(self._login, deadline=_in(ANSWER_TIMEOUT_S)) as client:
            with self._lock:
                self._client = client
                if stopping.is_set():
                    return
            try:
                client.subscribe(EVENTS, deadline=_in(ANSWER_TIMEOUT_S))
                self._synchronise(client)
                while not stopping.is_set():
                    self._listen(client)
            finally:
                with self._lock:
                    self._client = None

    def _listen(self, client: Client) -> None:
        """Wait for an event, or until it is time to ask something."""
        try:
            message = client.next_event(deadline=min(_in(PROBE_AFTER_S), self._resync_at))
        except SwitchTimeout:
            if time.monotonic() < self._resync_at:
                # Whatever the answer, it is one.
                self._ask(client, "version short")
        else:
            self._take(message)
        if time.monotonic() >= self._resync_at:
            self._synchronise(client)

    def _synchronise(self, client: Client) -> None:
        self._resync_at = _in(SNAPSHOT_INTERVAL_S)
        self._snapshot(
            "registrations",
            lambda: self._read_registrations(client),
            lambda found: self._registrations.take_snapshot(found, time.monotonic()),
        )
        self._snapshot(
            "calls",
            lambda: read_channels(self._ask(client, CHANNELS), self._profiles),
            lambda found: self._calls.take_snapshot(found, time.monotonic()),
        )
        with self._lock:
            if not self._view.summary.fresh:
                self._view = IndexedLive(LiveSummary(_SOURCE, time.time()))
            self._changed = True
        self._settled.set()

    def _read_registrations(self, client: Client) -> dict[str, Registration]:
        """Those of all profiles that run; raises ``SwitchRefused`` if none answers."""
        found: dict[str, Registration] = {}
        refusals: list[SwitchRefused] = []
        for command in self._commands:
            try:
                found |= read_registrations(self._ask(client, command), now=time.time())
            except SwitchRefused as error:
                refusals.append(error)
        if len(refusals) == len(self._commands):
            raise refusals[0]
        with self._lock:
            self._profile_notes: tuple[str, ...] = tuple(map(str, refusals))
        return found

    def _snapshot(self, part: str, read: Callable[[], T], take: Callable[[T], None]) -> None:
        """Read a part and take it over, or note why FreeSWITCH refuses it."""
        try:
            found = read()
        except SwitchRefused as error:
            with self._lock:
                self._known_parts.discard(part)
                self._notes[part] = str(error)
        else:
            take(found)
            with self._lock:
                self._known_parts.add(part)
                self._notes.pop(part, None)

    def _ask(self, client: Client, command: str) -> str:
        return client.api(command, deadline=_in(ANSWER_TIMEOUT_S))

    def _take(self, message: Message) -> None:
        event = read_event(message)
        with self._lock:
            if event is None or self._apply(event):
                self._resync_at = min(self._resync_at, _in(SNAPSHOT_DELAY_S))
            self._changed = True

    def _apply(self, event: Event) -> bool:
        """Take an event over; returns whether a snapshot is needed for the rest."""
        if event.get("Event-Name") == "CUSTOM":
            return self._registrations.take(event, time.monotonic())
        self._calls.take(event, time.monotonic())
        return False

    def _lose(self, fault: str) -> bool:
        """Tell that nothing is known any more; says whether something was."""
        with self._lock:
            before = self._view.summary
            known = before.fresh
            self._view = _lost(time.time() if known else before.since, fault)
            self._changed = False
            self._forget()
        if known and fault != _STOPPED:
            log.warning("Live status of %s is lost: %s", self._login.address, fault)
        self._settled.set()
        return known

    def _forget(self) -> None:
        self._registrations = Registrations(self._profiles, self.domains)
        self._calls = Calls(self._profiles, self.domains)
        self._known_parts: set[str] = set()
        self._notes: dict[str, str] = {}
        self._profile_notes = ()
        self._resync_at = 0.0


def _lost(since: float, fault: str) -> IndexedLive:
    return IndexedLive(LiveSummary(_SOURCE, since, fresh=False, fault=fault))


def _in(seconds: float) -> float:
    return time.monotonic() + seconds
