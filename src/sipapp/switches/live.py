"""Live status of all switches, and the two actions on it: end a call, drop a registration."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.model.aliases import NO_ALIASES, Aliases
from sipapp.model.errors import (
    SipappError,
    StorageError,
    StorageUnavailable,
    SwitchRefused,
    SwitchTimeout,
)
from sipapp.model.live import (
    Call,
    LiveStatus,
    Registration,
    call_of_owners,
    registration_of_owner,
    with_ids,
)
from sipapp.model.type_checks import checked_result
from sipapp.switches.aliased_live import AliasedLive
from sipapp.switches.live_view import ListedLive, LiveOverview, LiveView
from sipapp.switches.strategy import ReloadStrategy

log = logging.getLogger(__name__)

MAX_CONFIRM_S: Final = 0.5
"""Seconds that an action waits at most until the live status shows its effect."""

_MAX_CALLERS: Final = 3
"""Requests that may ask a plugin at the same time: if it hangs, other requests are answered."""
_CALLER_WAIT_S: Final = 0.5
"""Seconds that a request waits until it may ask a plugin."""

T = TypeVar("T")


class NotLive(SipappError):
    """There is no such call or registration now."""


class LiveSwitches:
    """Reads the live status of all switches, from their strategies."""

    def __init__(
        self,
        strategies: Mapping[str, ReloadStrategy],
        domains: Sequence[str] = ("",),
        aliases: Callable[[], Aliases] = lambda: NO_ALIASES,
    ) -> None:
        """``domains`` are the storage's, the default one first; ``aliases`` asks it for those."""
        self._strategies = dict(strategies)
        self._domains = domains
        self._stored_aliases = aliases
        self._aliases = NO_ALIASES
        self._reading = ConcurrencyLimit(_MAX_CALLERS, _no_aliases, timeout=_CALLER_WAIT_S)
        self._limits = {
            name: ConcurrencyLimit(_MAX_CALLERS, _no_answer, timeout=_CALLER_WAIT_S)
            for name in strategies
        }
        self._ending = {
            name: ConcurrencyLimit(_MAX_CALLERS, _no_end, timeout=_CALLER_WAIT_S)
            for name in strategies
        }
        self._listed: dict[str, tuple[LiveStatus, ListedLive]] = {}
        self._failing_since: dict[str, float] = {}

    def overview(self) -> LiveOverview:
        """The live status of every switch."""
        aliases = self.aliases()
        views = ((name, self._view(name)) for name in self._strategies)
        if not aliases:
            return LiveOverview([*views])
        named = [(name, view and AliasedLive(view, aliases)) for name, view in views]
        return LiveOverview(named, aliases)

    def aliases(self) -> Aliases:
        """The aliases of extensions; those that were known last if the storage does not answer."""
        try:
            with self._reading.slot():
                self._aliases = checked_result(
                    self._stored_aliases(), Aliases, self._stored_aliases, "aliases()"
                )
        except StorageError:
            pass  # who reads extensions is told
        except Exception:
            log.exception("The storage's plugin does not tell the aliases.")
        return self._aliases

    def end_call(self, switch: str, call_id: str) -> Call:
        """End a call.  Raises ``NotLive`` and ``SwitchError``."""

        def find() -> Call | None:
            return self._current_view(switch).call(call_id)

        call = _found(find)
        strategy = self._strategies[switch]
        with self._ending[switch].slot():
            strategy.end_call(call.id, timeout=strategy.timeout)
        _wait_until_gone(find)
        return call_of_owners(call, self.aliases())

    def drop_registration(self, switch: str, registration_id: str) -> Registration:
        """Drop a registration.  Raises ``NotLive`` and ``SwitchError``."""

        def find() -> Registration | None:
            return self._current_view(switch).registration(registration_id)

        registration = _found(find)
        strategy = self._strategies[switch]
        with self._ending[switch].slot():
            strategy.drop_registration(registration, timeout=strategy.timeout)
        _wait_until_gone(find)
        return registration_of_owner(registration, self.aliases())

    def _current_view(self, switch: str) -> LiveView:
        view = self._view(switch) if switch in self._strategies else None
        if view is None:
            raise NotLive("There is no such switch, or it does not tell what goes on there.")
        if not view.summary.fresh:
            raise SwitchRefused(f"Switch {switch} cannot be asked now: {view.summary.fault}")
        return view

    def _view(self, switch: str) -> LiveView | None:
        status = self._ask(switch)
        if status is None or isinstance(status, LiveView):
            return status
        listed = self._listed.get(switch)
        if listed is None or listed[0] != status:
            listed = self._listed[switch] = status, ListedLive(with_ids(status, self._domains))
        return listed[1]

    def _ask(self, switch: str) -> LiveStatus | LiveView | None:
        strategy = self._strategies[switch]
        try:
            with self._limits[switch].slot():
                status = strategy.live()
            if status is not None and not isinstance(status, LiveView):
                checked_result(status, LiveStatus, strategy, "live()")
        except SwitchTimeout as error:
            log.warning("Switch %s: %s", switch, error)
            return self._failed(switch, str(error))
        except Exception:
            log.exception("Switch %s: its reload plugin does not tell what goes on.", switch)
            return self._failed(switch, "Its reload plugin failed; the server's log says why.")
        self._failing_since.pop(switch, None)
        return status

    def _failed(self, switch: str, why: str) -> LiveStatus:
        """The status of a switch that could tell, and whose plugin fails."""
        since = self._failing_since.setdefault(switch, time.time())
        return LiveStatus("", since, fresh=False, fault=why)


def _no_answer() -> SwitchTimeout:
    return SwitchTimeout("Its reload plugin has been asked what goes on, and does not answer.")


def _no_aliases() -> StorageUnavailable:
    return StorageUnavailable("The storage has been asked for its aliases, and does not answer.")


def _no_end() -> SwitchTimeout:
    return SwitchTimeout("It has not answered yet to others who end calls or registrations.")


def _found(find: Callable[[], T | None]) -> T:
    found = find()
    if found is None:
        raise NotLive("It is over already: there is no such call or registration now.")
    return found


def _wait_until_gone(find: Callable[[], object]) -> None:
    """Wait a moment, so that the page that is shown next does not have it any more."""
    deadline = time.monotonic() + MAX_CONFIRM_S
    with suppress(NotLive, SwitchRefused):
        while find() is not None and time.monotonic() < deadline:
            time.sleep(0.02)
