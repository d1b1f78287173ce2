"""Ending calls and dropping registrations: what was done, by whom, goes to log and history."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sipapp.history.history import History
from sipapp.model.change import Actor
from sipapp.model.errors import SwitchError
from sipapp.model.live import Call, Registration
from sipapp.switches.live import LiveSwitches

log = logging.getLogger(__name__)


class LiveActions:
    """Ends calls and drops registrations of :class:`LiveSwitches`, for one actor."""

    def __init__(self, live: LiveSwitches, history: History, actor: Actor) -> None:
        self._live = live
        self._history = history
        self._actor = actor

    def end_call(self, switch: str, call_id: str) -> Call:
        """End a call.  Raises ``NotLive`` and ``SwitchError``."""
        with self._failure_logged(f"call {call_id} on switch {switch}"):
            call = self._live.end_call(switch, call_id)
        self._history.record_operation(
            self._actor,
            "call_ended",
            extension=next(iter(call.extensions), ""),
            detail=f"from {call.caller} to {call.callee} on switch {switch}, call {call.id}",
        )
        return call

    def drop_registration(self, switch: str, registration_id: str) -> Registration:
        """Drop a registration.  Raises ``NotLive`` and ``SwitchError``."""
        with self._failure_logged(f"registration {registration_id} on switch {switch}"):
            dropped = self._live.drop_registration(switch, registration_id)
        self._history.record_operation(
            self._actor,
            "registration_dropped",
            extension=dropped.extension,
            detail=(
                f"phone {dropped.user_agent or 'without a name'} at {dropped.address}, "
                f"on switch {switch}, registration {dropped.id}"
            ),
        )
        return dropped

    @contextmanager
    def _failure_logged(self, what: str) -> Iterator[None]:
        try:
            yield
        except SwitchError as error:
            actor = ascii(str(self._actor))
            log.warning("%s was not ended for %s: %s", ascii(what), actor, ascii(str(error)))
            raise
