"""The reload strategy of every way to FreeSWITCH."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence

from sipapp.diagnosis import Diagnosis
from sipapp.extension import check_id
from sipapp.forgetting import end_calls_of, forget_user
from sipapp.freeswitch import FreeSwitch
from sipapp.live import LiveStatus, Registration
from sipapp.polling import freeswitch_poller
from sipapp.reload import ReloadStrategy, SwitchContext, spread
from sipapp.transport import Transport

log = logging.getLogger(__name__)


class FreeSwitchReload(ReloadStrategy):
    """The reload strategy of every transport to FreeSWITCH: reloadxml, then ask.

    What goes on there is asked for while somebody looks; see :mod:`sipapp.polling`.
    """

    def __init__(
        self, transport: Transport, *, timeout: float, profiles: Sequence[str] = ("internal",)
    ) -> None:
        """``profiles`` are the SIP profiles that phones register with, browsers with the first."""
        self.timeout = timeout
        self.questions = transport.questions
        self._profiles = tuple(profiles)
        self._transport = transport
        self._poller = freeswitch_poller(self._command, self._profiles, "asked every few seconds")
        self._freeswitch = FreeSwitch(transport)
        self._domain = ""

    def start(self, context: SwitchContext) -> None:
        self._domain = context.domain

    def reload(self, *, timeout: float) -> str:
        return self._freeswitch.reload_xml(timeout=timeout)

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        return self.knows_each([extension_id], timeout=timeout)[extension_id]

    def knows_each(
        self, extension_ids: Sequence[str], *, timeout: float
    ) -> Mapping[str, bool | None]:
        deadline = time.monotonic() + timeout
        # Of a file that somebody else wrote. It could be read as another command.
        odd = [each for each in extension_ids if check_id(each)]
        others = [each for each in extension_ids if not check_id(each)]
        if not others:
            return dict.fromkeys(odd)
        domain = self._domain_now(timeout)
        if domain is None:
            log.warning(
                "FreeSWITCH does not tell its domain, so changes are not verified: "
                "set sipapp.domain in the ini."
            )
            return dict.fromkeys(extension_ids)
        asked = spread(others, self.questions)
        left = deadline - time.monotonic()
        return {**dict.fromkeys(odd), **self._freeswitch.users_exist(asked, domain, timeout=left)}

    def forget(self, extension_id: str, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        if check_id(extension_id):
            return "Its registrations were not dropped: its name cannot be part of a command."
        domain = self._domain_now(timeout)
        if domain is None:
            return (
                "Its registrations were not dropped: FreeSWITCH does not tell its domain. "
                "Set sipapp.domain in the ini."
            )
        said = forget_user(
            self._freeswitch, extension_id, domain, self._profiles, deadline=deadline
        )
        self._poller.forget("registrations")
        return said

    def end_calls(self, extension_id: str, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        if check_id(extension_id):
            return "Its calls were not ended: its name cannot be part of a command."
        domain = self._domain_now(timeout)
        if domain is None:
            return "Its calls were not ended: FreeSWITCH does not tell its domain."
        said = end_calls_of(self._freeswitch, extension_id, domain, deadline=deadline)
        self._poller.forget("calls")
        return said

    def _domain_now(self, timeout: float) -> str | None:
        return self._domain or self._freeswitch.default_domain(timeout=timeout)

    def ping(self, *, timeout: float) -> str:
        version = self._freeswitch.version(timeout=timeout)
        return f"FreeSWITCH {version}"

    @property
    def transport(self) -> Transport:
        """What carries commands, for those who ask FreeSWITCH other things."""
        return self._transport

    @property
    def profile(self) -> str:
        """The SIP profile that browsers register with."""
        return self._profiles[0]

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:
        return self._transport.diagnose(timeout=timeout)

    def live(self) -> LiveStatus | None:
        return self._poller.status()

    def end_call(self, call_id: str, *, timeout: float) -> str:
        said = self._freeswitch.end_call(call_id, timeout=timeout)
        self._poller.forget("calls")
        return said

    def drop_registration(self, registration: Registration, *, timeout: float) -> str:
        said = self._freeswitch.drop_registration(registration, self._profiles, timeout=timeout)
        self._poller.forget("registrations")
        return said

    def _command(self, command: str) -> str:
        return self._transport.command(command, timeout=self.timeout)

    def stop(self) -> None:
        self._transport.close()
