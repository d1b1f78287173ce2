"""What a reload strategy must do."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from sipapp.model.apply import UNKNOWN, Values
from sipapp.model.diagnosis import Diagnosis
from sipapp.model.errors import SwitchRefused, SwitchTimeout
from sipapp.model.extension import Extension
from sipapp.model.live import LiveStatus, Registration
from sipapp.storages.view import StorageView
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.live_view import LiveView

T = TypeVar("T")


class ApiCommands(Protocol):
    """Runs API commands of a FreeSWITCH, as :class:`sipapp.freeswitch.api.Transport` does."""

    @property
    def is_local(self) -> bool:
        """Whether FreeSWITCH is on this machine."""

    def command(self, command: str, *, timeout: float) -> str:
        """Run one; returns its output."""

    def commands(self, commands: Sequence[str], *, timeout: float) -> Iterator[str]:
        """Run several; gives their outputs in order."""


@dataclass(frozen=True)
class FreeSwitchAccess:
    """What the doctor examines a FreeSWITCH by: API commands, and the SIP profile of browsers."""

    api: ApiCommands
    profile: str


@dataclass(frozen=True)
class SwitchContext:
    """What the core gives a strategy when the application starts.

    ``domain`` is the ini's ``sipapp.domain``, empty when the switch's own default
    is meant.  ``storage`` reads the active storage.  ``directory`` is where that writes the
    files that the switch reads itself, if there are any.  ``domains`` are the storage's, the
    default one first: the ids of others have theirs, as in ``1000@branch.example``.
    """

    domain: str
    storage: StorageView
    directory: Path | None = None
    domains: Sequence[str] = ("",)

    @property
    def extensions(self) -> Callable[[], Iterable[Extension]]:
        """Reads every extension, with passwords: of a million, in many seconds."""
        return self.storage.iterate


class ReloadStrategy(ABC):
    """Makes one switch take over what the storage holds.

    Methods may be called from several threads.  Each takes its time limit in
    seconds and raises a :class:`~sipapp.model.errors.SwitchError`:
    ``SwitchUnreachable`` (or a kind of it) when the switch could not be asked,
    ``SwitchRefused`` with the switch's own words when it said no.
    """

    timeout: float = 10.0
    """Seconds that one change may take on this switch, verification included."""
    questions: int = 20
    """Extensions that it is asked for after a change of many; 1 or more."""

    def start(self, context: SwitchContext) -> None:
        """The application starts.  Must not fail because the switch is down."""
        return None

    @abstractmethod
    def reload(self, *, timeout: float) -> str:
        """Make the switch take over all that is stored; returns what it said."""

    def apply(self, changes: ChangeSet, *, timeout: float) -> str:
        """Make the switch take over the changes; returns what it said.

        The storage has the values.  Changes that are made at the same time come as one set; those
        of a call that failed come again with the next.  The first set after the start is
        ``everything``, and so is that of a reload by hand.  By default :meth:`reload`.
        """
        return self.reload(timeout=timeout)

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        """Whether the switch knows the extension now; ``None`` if it cannot be asked that."""
        return None

    def knows_each(
        self, extension_ids: Sequence[str], *, timeout: float
    ) -> Mapping[str, bool | None]:
        """As :meth:`knows`, for several; one that was not asked for is left out.

        By default :attr:`questions` of them are asked for one by one, evenly spread, until
        there is no time left.  A strategy that can ask for many at once should.
        """
        deadline = time.monotonic() + timeout
        found: dict[str, bool | None] = {}
        for each in spread(extension_ids, self.questions):
            left = deadline - time.monotonic()
            try:
                if left <= 0:
                    break
                found[each] = self.knows(each, timeout=left)
            except SwitchTimeout:
                if not found:
                    raise
                break
        return found

    def differences(
        self, extension_ids: Sequence[str], values: Mapping[str, Values], *, timeout: float
    ) -> Mapping[str, Sequence[str] | None]:
        """Which fields of each the switch has not taken over; ``None`` if it does not tell.

        :data:`UNKNOWN` among them says that it does not know the extension, an empty
        sequence that all is well.  One that was not asked for is left out.  ``values`` are those
        that a change made, by id, and not of all; a field that the switch has not is no
        difference.  What it answers may be secret: it must not get into a log or an error,
        nor a stored value into a command line.  By default only :meth:`knows_each` is asked.
        """
        found = self.knows_each(extension_ids, timeout=timeout)
        unknown: Mapping[bool | None, Sequence[str] | None] = {True: (), False: (UNKNOWN,)}
        return {each: unknown.get(known) for each, known in found.items()}

    def explain(self, extension_id: str, *, timeout: float) -> str:
        """Why the switch may not have taken over what is stored: sentences, also on what to do.

        Asked for when a reload succeeded and :meth:`differences` were found; an error of the
        switch is as good as no answer.
        """
        return "Is the directory that sipapp writes the one that the switch reads?"

    def forget(self, extension_id: str, *, timeout: float) -> str:
        """Drop what the switch keeps of an extension: registrations, and what it has cached.

        Called after the reload when an extension was deleted or disabled, or has another
        password or id.  Returns a sentence about the result, empty if there is nothing to
        report.
        """
        return ""

    def end_calls(self, extension_id: str, *, timeout: float) -> str:
        """Hang up all calls that an extension takes part in; returns a sentence, as above."""
        raise SwitchRefused("this switch does not end calls.")

    def drop_own_pins(self, extension_ids: Sequence[str], *, timeout: float) -> str:
        """Make the stored voicemail PIN of extensions the only one that opens their mailboxes.

        A switch may keep another one, which the person has set by phone.  Called after the
        reload for extensions that are new, or have another id or PIN.  Returns sentences about
        the result, also on what to do if such a PIN still opens one; empty if none did.
        """
        return ""

    @abstractmethod
    def ping(self, *, timeout: float) -> str:
        """Ask for a sign of life; returns a few words, such as the switch's version."""

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:
        """What the doctor should say of the way to the switch, beside whether it answers.

        Of the strategy's own options and programs, such as a password that everybody
        knows.  A switch that is down is no news here.  By default, nothing.
        """
        return ()

    def freeswitch(self) -> FreeSwitchAccess | None:
        """The access by which the doctor examines this switch, if it is a FreeSWITCH."""
        return None

    def live(self) -> LiveStatus | LiveView | None:
        """Which phones are registered and which calls are up; ``None`` if it cannot tell.

        A ``LiveStatus`` holds all of them, which is good for some thousands; of more, a
        ``LiveView`` gives a page, and those of some extensions, by their ids: ``IndexedLive`` is
        one, of tables that are changed where something changes.
        Every open page asks every few seconds: answer at once from what is known, and cost
        the switch no more for many of them than for one.  Never raises.
        """
        return None

    def end_call(self, call_id: str, *, timeout: float) -> str:
        """Hang up a call of :meth:`live`; returns what the switch said."""
        raise SwitchRefused("This switch does not end calls.")

    def drop_registration(
        self,
        registration: Registration,
        *,
        timeout: float,
    ) -> str:
        """Make the switch drop a registration of :meth:`live`; returns what it said.

        The phone gets no message: it registers again when its time has come, if it may.
        """
        raise SwitchRefused("This switch does not drop registrations.")

    def stop(self) -> None:
        """The application ends: end what :meth:`start` began."""
        return None


def spread(items: Sequence[T], most: int) -> Sequence[T]:
    """At most ``most`` of the items, spread evenly from the first to the last."""
    if len(items) <= most:
        return items
    last = max(1, most - 1)
    return [items[place * (len(items) - 1) // last] for place in range(most)]
