"""The reload strategy of every way to FreeSWITCH."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sipapp.freeswitch.client import FreeSwitch
from sipapp.freeswitch.conf_dir import is_part_of
from sipapp.freeswitch.poller import freeswitch_poller
from sipapp.freeswitch.transport import Transport
from sipapp.freeswitch.user_cleanup import drop_own_pins, end_calls_of, forget_user
from sipapp.model.apply import Values
from sipapp.model.diagnosis import Diagnosis
from sipapp.model.errors import SwitchError
from sipapp.model.extension import check_id, split_id
from sipapp.model.live import Registration
from sipapp.switches.live_view import LiveView
from sipapp.switches.strategy import FreeSwitchAccess, ReloadStrategy, SwitchContext, spread

COMPARED: Final = 20
"""Extensions whose values are asked for after a change of many; of all others, who they are."""

log = logging.getLogger(__name__)


class FreeSwitchReload(ReloadStrategy):
    """The reload strategy of every transport to FreeSWITCH: reloadxml, then ask.

    Its live status is polled while it is shown; see :mod:`sipapp.freeswitch.poller`.
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
        self._directory: Path | None = None
        self._is_new = False

    def start(self, context: SwitchContext) -> None:
        self._domain = context.domain
        self._directory = context.directory
        self._poller.domains = context.domains
        self._is_new = True

    def reload(self, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        said = self._freeswitch.reload_xml(timeout=timeout)
        if self._is_new:
            self._is_new = False
            self._warn_of_another_directory(deadline)
        return said

    def _warn_of_another_directory(self, deadline: float) -> None:
        try:
            conf_dir = self.conf_dir(timeout=deadline - time.monotonic())
        except SwitchError:
            return  # the reload was well, and it is asked again where a change is not taken over
        if conf_dir and self._directory and is_part_of(self._directory, conf_dir) is False:
            log.warning("%s", _another_directory(conf_dir, self._directory))

    def conf_dir(self, *, timeout: float) -> str | None:
        """Where FreeSWITCH has its configuration, if it is on this machine and says."""
        if self._directory is None or not self._transport.is_local:
            return None
        return self._freeswitch.variable("conf_dir", timeout=timeout)

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        return self.knows_each([extension_id], timeout=timeout)[extension_id]

    def knows_each(
        self, extension_ids: Sequence[str], *, timeout: float
    ) -> Mapping[str, bool | None]:
        deadline = time.monotonic() + timeout
        odd, asked, domain = self._questions(extension_ids, timeout)
        if not asked:
            return dict.fromkeys(odd)
        left = deadline - time.monotonic()
        return {**dict.fromkeys(odd), **self._freeswitch.users_exist(asked, domain, timeout=left)}

    def differences(
        self, extension_ids: Sequence[str], values: Mapping[str, Values], *, timeout: float
    ) -> Mapping[str, Sequence[str] | None]:
        deadline = time.monotonic() + timeout
        odd, asked, domain = self._questions(extension_ids, timeout)
        if not asked:
            return dict.fromkeys(odd)
        compared = spread([each for each in asked if each in values], COMPARED)
        found = self._freeswitch.differences(
            asked,
            domain,
            {each: values[each] for each in compared},
            timeout=deadline - time.monotonic(),
        )
        return {**dict.fromkeys(odd), **found}

    def _questions(
        self, extension_ids: Sequence[str], timeout: float
    ) -> tuple[Sequence[str], Sequence[str], str]:
        """Those who cannot be asked for, those who are, and the domain of bare ids."""
        # From a file that another program wrote. It could be read as another command.
        odd = [each for each in extension_ids if check_id(each)]
        others = [each for each in extension_ids if not check_id(each)]
        domain = self._domain_of(others, timeout)
        if domain is None:
            log.warning(
                "FreeSWITCH does not tell its domain, so changes are not verified: "
                "set sipapp.domain in the ini."
            )
            odd += [each for each in others if not split_id(each)[1]]
            others = [each for each in others if split_id(each)[1]]
        return odd, spread(others, self.questions), domain or ""

    def explain(self, extension_id: str, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        _, other = split_id(extension_id)
        own = None if other else self._freeswitch.default_domain(timeout=timeout)
        if self._domain and own and own.casefold() != self._domain.casefold():
            return (
                f"FreeSWITCH does not know {extension_id}@{self._domain}; its own domain is {own}. "
                f"Set sipapp.domain = {own} in the ini, or leave it empty."
            )
        conf_dir = self.conf_dir(timeout=deadline - time.monotonic())
        if not conf_dir or self._directory is None:
            return super().explain(extension_id, timeout=timeout)
        inside = is_part_of(self._directory, conf_dir)
        if inside is None:
            return (
                f"FreeSWITCH's conf_dir is {conf_dir}, sipapp writes {self._directory}: is that "
                "the directory that it reads?"
            )
        if other:
            return (
                f"See that a file of {conf_dir}/directory has the domain {other}, which includes "
                "its folder, and in “Directory health” that no other file has the same extension."
            )
        if inside:
            return (
                f"{self._directory} is in its conf_dir: see that directory/default.xml there "
                "includes it, and in “Directory health” that no other file has the same extension."
            )
        return _another_directory(conf_dir, self._directory)

    def forget(self, extension_id: str, *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        if check_id(extension_id):
            return "Its registrations were not dropped: its name cannot be part of a command."
        domain = self._domain_of([extension_id], timeout)
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
        domain = self._domain_of([extension_id], timeout)
        if domain is None:
            return "Its calls were not ended: FreeSWITCH does not tell its domain."
        said = end_calls_of(self._freeswitch, extension_id, domain, deadline=deadline)
        self._poller.forget("calls")
        return said

    def drop_own_pins(self, extension_ids: Sequence[str], *, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        _, asked, domain = self._questions(extension_ids, timeout)
        said = ""
        if asked:
            said = drop_own_pins(self._freeswitch, asked, domain, deadline=deadline)
        left_out = len(extension_ids) - len(asked)
        if not left_out:
            return said
        boxes = "the mailbox of 1 extension"
        if left_out > 1:
            boxes = f"the mailboxes of {left_out} extensions"
        return f"{said} It is not known whether a PIN set by phone still opens {boxes}.".strip()

    def _domain_of(self, extension_ids: Iterable[str], timeout: float) -> str | None:
        """The domain of the bare ids; empty if all have a domain, ``None`` if it does not say."""
        if all(split_id(each)[1] for each in extension_ids):
            return ""
        return self._domain or self._freeswitch.default_domain(timeout=timeout)

    def ping(self, *, timeout: float) -> str:
        version = self._freeswitch.version(timeout=timeout)
        return f"FreeSWITCH {version}"

    def freeswitch(self) -> FreeSwitchAccess:
        return FreeSwitchAccess(self._transport, self._profiles[0])

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:
        return self._transport.diagnose(timeout=timeout)

    def live(self) -> LiveView | None:
        return self._poller.view()

    def end_call(self, call_id: str, *, timeout: float) -> str:
        said = self._freeswitch.end_call(call_id, timeout=timeout)
        self._poller.forget("calls")
        return said

    def drop_registration(self, registration: Registration, *, timeout: float) -> str:
        view = self.live()
        phones = view.all_registrations() if view else ()
        domains = {self._domain, *(each.domain for each in phones)}
        said = self._freeswitch.drop_registration(
            registration, self._profiles, domains, timeout=timeout
        )
        self._poller.forget("registrations")
        return said

    def _command(self, command: str) -> str:
        return self._transport.command(command, timeout=self.timeout)

    def stop(self) -> None:
        self._transport.close()


def _another_directory(conf_dir: str, written: Path) -> str:
    return (
        f"FreeSWITCH reads its configuration from {conf_dir}, and sipapp writes {written}, which "
        "is not in it: set the storage's directory in the ini to the one that FreeSWITCH reads."
    )
