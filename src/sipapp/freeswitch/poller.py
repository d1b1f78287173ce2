"""Live status by polling, in the background, of a switch that sends no events."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Final

from sipapp.freeswitch.parsing import (
    CHANNELS,
    calls_of,
    read_channels,
    read_registrations,
    registrations_command,
    steady,
)
from sipapp.model.errors import SwitchError, SwitchRefused
from sipapp.model.live import Call, Registration, call_with_ids, registration_with_id
from sipapp.switches.live_table import LiveTable
from sipapp.switches.live_view import IndexedLive, LiveSummary, LiveView

log = logging.getLogger(__name__)

PAUSE_S: Final = 2.0
"""Seconds from one command to the next, for any number of callers; none while nothing is known."""
MAX_AGE_S: Final = 10.0
"""Seconds that an answer is shown for; longer if a turn of all questions takes longer."""
_CALLS: Final = ""
"""Stands for the calls among the names of SIP profiles."""
FIRST_ANSWER_WAIT_S: Final = 1.0
"""Seconds that the first caller of :meth:`Poller.view` waits for an answer."""


def freeswitch_poller(
    command: Callable[[str], str],
    profiles: Sequence[str],
    source: str,
    clock: Callable[[], float] = time.monotonic,
) -> "Poller":
    """Make a poller of a FreeSWITCH; ``command`` runs an API command or raises ``SwitchError``."""

    def registrations(question: str) -> Mapping[str, Registration]:
        return read_registrations(command(question), now=time.time())

    def calls() -> tuple[Call, ...]:
        return calls_of(read_channels(command(CHANNELS), profiles).values())

    questions = {each: partial(registrations, registrations_command(each)) for each in profiles}
    return Poller(questions, calls, source, clock)


class Poller:
    """Asks a switch for registrations and for calls, in turn, while :meth:`view` is called.

    ``registrations`` has the questions by a name, such as that of a SIP profile; each gives
    registrations by Call-ID.  Without ``calls``, these are not known.  Questions raise a
    ``SwitchError``.  They run in a thread, which indexes their answers too, so that a view costs
    the same for any number of registrations; only the first caller waits a moment for it.
    """

    domains: Sequence[str] = ("",)
    """The storage's, the default one first: live status has extension ids of these."""

    def __init__(
        self,
        registrations: Mapping[str, Callable[[], Mapping[str, Registration]]],
        calls: Callable[[], tuple[Call, ...]] | None,
        source: str,
        clock: Callable[[], float] = time.monotonic,
        notes: Sequence[str] = (),
    ) -> None:
        """``notes`` are part of every status."""
        self._questions = registrations
        self._ask_calls = calls
        self._profiles = tuple(registrations)
        first, *others = self._profiles
        self._parts = (first, *others) if calls is None else (first, _CALLS, *others)
        self._max_age = max(MAX_AGE_S, PAUSE_S * (len(self._parts) + 2))
        self._source = source
        self._always = tuple(notes)
        self._clock = clock
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._asked = -PAUSE_S
        self._turn = 0
        self._since = time.time()
        self._fault = ""
        self._heard: dict[str, float] = {}
        self._notes: dict[str, str] = {}
        self._registrations: dict[str, Mapping[str, Registration]] = {}
        self._table: LiveTable[Registration] = LiveTable.of()
        self._table_of: Collection[str] = ()
        self._calls: LiveTable[Call] = LiveTable.of()
        self._shown = IndexedLive(LiveSummary(source, self._since))

    def view(self) -> LiveView:
        """What is known now.  Starts the next question if it is due."""
        poll = self._ask_if_due()
        if poll is not None and not (self._fault or any(map(self._known, self._parts))):
            poll.join(FIRST_ANSWER_WAIT_S)
        with self._lock:
            return self._view()

    def wait(self, timeout: float) -> None:
        """Wait for the end of the question that is being asked, if one is."""
        running = self._running
        if running is not None:
            running.join(timeout)

    def forget(self, part: str) -> None:
        """Do not show ``registrations`` or ``calls`` until it was asked again."""
        parts = (_CALLS,) if part == "calls" else self._profiles
        with self._lock:
            for each in parts:
                self._heard.pop(each, None)
            self._turn = self._parts.index(parts[0])

    def _view(self) -> LiveView:
        """The view that was given last, unless it would tell something else now."""
        known = [each for each in self._parts if self._known(each)]
        waiting = [each for each in self._parts if each not in (*known, *self._notes)]
        pending = [
            f"The {what} are being asked for." for what in dict.fromkeys(map(_what, waiting))
        ]
        notes = (*pending, *self._notes.values(), *self._always)
        profiles = [each for each in known if each != _CALLS]
        if profiles and profiles != self._table_of:
            # Of one of several profiles the last answer is too old.
            self._table, self._table_of = (
                self._table_of_all(self._registrations, profiles),
                profiles,
            )
        if self._fault:
            lost = LiveSummary(self._source, self._since, fresh=False, fault=self._fault)
            self._shown = self._shown.updated(lost)
        else:
            self._shown = self._shown.updated(
                LiveSummary(self._source, self._since, notes=notes),
                self._table if profiles else None,
                self._calls if _CALLS in known else None,
            )
        return self._shown

    def _table_of_all(
        self, answers: Mapping[str, Mapping[str, Registration]], profiles: Iterable[str]
    ) -> LiveTable[Registration]:
        """The table of what was answered for these profiles."""
        listed = chain.from_iterable(answers[each].values() for each in profiles)
        return self._table.replaced(registration_with_id(each, self.domains) for each in listed)

    def _known(self, part: str) -> bool:
        heard = self._heard.get(part)
        return heard is not None and self._clock() - heard <= self._max_age

    def _ask_if_due(self) -> threading.Thread | None:
        with self._lock:
            if self._running is not None or self._clock() - self._asked < PAUSE_S:
                return None
            self._asked = self._clock()
            turn = self._parts[self._turn : self._turn + 1]
            self._turn = (self._turn + 1) % len(self._parts)
            if not (self._fault or any(map(self._known, self._parts))):
                # The first page that is looked at should show everything.
                turn, self._turn = self._parts, 0
            self._running = threading.Thread(
                target=self._ask_each, args=(turn,), name="live-poll", daemon=True
            )
            self._running.start()
            return self._running

    def _ask_each(self, parts: Sequence[str]) -> None:
        try:
            for part in parts:
                self._ask(part)
                if self._fault:
                    break
        finally:
            with self._lock:
                self._running = None

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
            log.exception("Asking for %s failed.", _what(part))
            self._is_down("Asking failed; the server's log has the details.")

    def _take(self, part: str) -> None:
        if part == _CALLS and self._ask_calls is not None:
            # Outside of the lock, for which requests wait: a table of many takes a while.
            calls = self._calls.replaced(
                call_with_ids(each, self.domains) for each in self._ask_calls()
            )
            with self._lock:
                self._calls = calls
                self._heard_of(part)
            return
        found = self._questions[part]()
        with self._lock:
            was_known = self._known(part)
            profiles = [each for each in self._profiles if each == part or self._known(each)]
        # Only this thread changes what follows, one at a time.
        before = self._registrations.get(part, {})
        if was_known:
            found = {
                key: each if key in before else replace(each, since=time.time())
                for key, each in found.items()
            }
        answer = steady(found.values(), before)
        table = self._table_of_all({**self._registrations, part: answer}, profiles)
        with self._lock:
            self._registrations[part] = answer
            self._table, self._table_of = table, profiles
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


def _what(part: str) -> str:
    return "calls" if part == _CALLS else "registrations"
