"""What a reload strategy must do, and what comes of applying a change."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from sipapp.diagnosis import Diagnosis
from sipapp.errors import SwitchRefused
from sipapp.extension import Extension
from sipapp.live import LiveStatus, Registration

Outcome = Literal["applied", "refused", "pending"]


@dataclass(frozen=True)
class SwitchContext:
    """What the core tells a strategy when the application starts.

    ``domain`` is the ini's ``sipapp.domain``, empty when the switch's own default
    is meant.  ``extensions()`` reads the active storage, passwords included.
    """

    domain: str
    extensions: Callable[[], Iterable[Extension]]


class ReloadStrategy(ABC):
    """Makes one switch take over what the storage holds.

    Methods may be called from several threads.  Each takes its time limit in
    seconds and raises a :class:`~sipapp.errors.SwitchError`:
    ``SwitchUnreachable`` (or a kind of it) when the switch could not be asked,
    ``SwitchRefused`` with the switch's own words when it said no.
    """

    timeout: float = 10.0
    """Seconds that one change may take on this switch, verification included."""

    def start(self, context: SwitchContext) -> None:
        """The application starts.  Must not fail because the switch is down."""
        return None

    @abstractmethod
    def reload(self, *, timeout: float) -> str:
        """Make the switch read the directory; returns what it said."""

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        """Whether the switch knows the extension now; ``None`` if it cannot be asked that."""
        return None

    def forget(self, extension_id: str, *, timeout: float) -> str:
        """Drop what the switch keeps of an extension: registrations, and what it has cached.

        Called after the reload when an extension was deleted or has another password.
        Returns a sentence about what came of it, empty if there is nothing to say.
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

    def live(self) -> LiveStatus | None:
        """Which phones are registered and which calls are up; ``None`` if it cannot tell.

        Every open page asks every few seconds: answer at once from what is known, and cost
        the switch no more for many of them than for one.  Never raises.
        """
        return None

    def end_call(self, call_id: str, *, timeout: float) -> str:
        """Hang up a call that :meth:`live` told; returns what the switch said."""
        raise SwitchRefused("This switch does not end calls.")

    def drop_registration(
        self,
        registration: Registration,
        *,
        timeout: float,
    ) -> str:
        """Make the switch forget a registration that :meth:`live` told; returns what it said.

        The phone is not told: it registers again when its time has come, if it may.
        """
        raise SwitchRefused("This switch does not drop registrations.")

    def stop(self) -> None:
        """The application ends: end what :meth:`start` began."""
        return None


@dataclass(frozen=True)
class SwitchOutcome:
    """What one switch made of a change: ``detail`` in words, the time it took in seconds."""

    name: str
    outcome: Outcome
    detail: str
    seconds: float


@dataclass(frozen=True)
class Apply:
    """What all switches made of a change."""

    switches: tuple[SwitchOutcome, ...]

    @property
    def state(self) -> Outcome:
        """The worst outcome: refused, else pending, else applied."""
        outcomes = {switch.outcome for switch in self.switches}
        if "refused" in outcomes:
            return "refused"
        return "pending" if "pending" in outcomes else "applied"
