"""What the doctor asks a FreeSWITCH, each question once.  Line numbers are of 1.10.12.

Some answers hold passwords (``sofia.conf`` those of gateways, ``event_socket.conf`` its
own): they do not leave this module, nor get into a text.
"""

import re
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Final
from xml.etree import ElementTree as ET

from sipapp.freeswitch.client import FreeSwitch
from sipapp.freeswitch.vanilla import EVENT_SOCKET_PASSWORD
from sipapp.model.errors import SipappError, SwitchTimeout
from sipapp.model.text import one_line
from sipapp.switches.strategy import FreeSwitchAccess

MAX_QUESTION_S: Final = 5.0
"""Seconds that one question may take at most."""

_WORD: Final = re.compile(r"[A-Za-z0-9_.-]+")
_ACCESS_LIST: Final = re.compile(r"[A-Za-z0-9_.,:/-]+")
# A document of another type would be a way to make the parser work for hours.
_DOCTYPE: Final = re.compile(r"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


class NotTold(SipappError):
    """FreeSWITCH answered, and does not tell; the text is a sentence."""


class Questions:
    """One FreeSWITCH, asked by API commands; each of them is run once.

    Everything raises ``NotTold`` where FreeSWITCH does not tell, and a kind of
    ``SwitchUnreachable`` where it does not answer.
    """

    def __init__(self, access: FreeSwitchAccess, timeout: float) -> None:
        """``timeout`` is in seconds, for each question."""
        self._api = access.api
        self._answers: dict[str, str] = {}
        self.profile = access.profile
        self.is_local = access.api.is_local
        self.timeout = min(MAX_QUESTION_S, timeout)
        self.freeswitch = FreeSwitch(access.api)

    def variable(self, name: str) -> str | None:
        """A global variable, ``None`` if there is none of that name."""
        reply = self._ask(f"global_getvar {name}")
        return None if reply == "-ERR no reply" else reply

    def module_exists(self, name: str) -> bool:
        """Whether a module is loaded."""
        return self._ask(f"module_exists {name}") == "true"

    def access_list_has(self, name: str, address: str) -> bool:
        """Whether an access list, as FreeSWITCH uses it now, lets an address in.

        The name may also be a network, such as ``10.0.0.0/8`` (switch_core.c:1405).
        """
        if not _ACCESS_LIST.fullmatch(name):
            raise NotTold("The name of an access list cannot be part of a command.")
        return self._ask(f"acl {address} {name}") == "true"

    def clock(self) -> tuple[float, float]:
        """FreeSWITCH's clock, and ours in the middle of the question: seconds since 1970."""
        before = time.time()
        reply = self._ask("strepoch")
        if not reply.isdecimal():
            raise NotTold("It did not tell its time.")
        return float(reply), (before + time.time()) / 2

    @cached_property
    def running_profile(self) -> Mapping[str, str] | None:
        """What the SIP profile runs with; ``None`` if it does not run."""
        reply = self._ask(f"sofia xmlstatus profile {self.profile}")
        if "<profile-info>" not in reply:
            return None
        # It claims ISO-8859-1 (mod_sofia.c:3258), and is UTF-8.
        profile = _parse(re.sub(r"^<\?xml[^>]*\?>", "", reply))
        return {each.tag: (each.text or "").strip() for each in profile.iterfind("profile-info/*")}

    @cached_property
    def profile_params(self) -> Mapping[str, tuple[str, ...]]:
        """The parameters of the SIP profile as FreeSWITCH has read them, not its gateways'."""
        configuration = self._located("configuration configuration name sofia.conf")
        for profile in configuration.iter("profile"):
            if profile.get("name") == self.profile:
                return _params(profile.find("settings"))
        raise NotTold(f"There is no profile {self.profile} in what FreeSWITCH has read.")

    @cached_property
    def event_socket(self) -> Mapping[str, tuple[str, ...]]:
        """The settings of Event Socket, without the password."""
        params = dict(_params(self._event_socket.find("settings")))
        params.pop("password", None)
        return params

    @cached_property
    def event_socket_is_vanilla(self) -> bool:
        """Whether the password of Event Socket is the publicly known default."""
        return _params(self._event_socket.find("settings")).get("password") == (
            EVENT_SOCKET_PASSWORD,
        )

    @cached_property
    def _event_socket(self) -> ET.Element:
        return self._located("configuration configuration name event_socket.conf")

    def context(self, name: str) -> ET.Element:
        """A context of the static dialplan."""
        if not _WORD.fullmatch(name):
            raise NotTold("Its name cannot be part of a command.")
        return self._located(f"dialplan context name {name}")

    def _located(self, what: str) -> ET.Element:
        reply = self._ask(f"xml_locate {what}")
        if not reply.startswith("<"):
            raise NotTold(f"It has not read a {what.rsplit(maxsplit=1)[-1]}.")
        return _parse(reply)

    def _ask(self, command: str) -> str:
        if command not in self._answers:
            try:
                reply = self._api.command(command, timeout=self.timeout)
            except SwitchTimeout as error:
                raise SwitchTimeout(
                    f"{error} That was for {command.split(maxsplit=1)[0]}."
                ) from error
            self._answers[command] = reply.strip("\r\n")
        reply = self._answers[command]
        if reply.startswith("-ERR") and reply != "-ERR no reply":
            raise NotTold(f"To {command.split(maxsplit=1)[0]} it says {one_line(reply)}.")
        return reply


def _parse(text: str) -> ET.Element:
    try:
        if _DOCTYPE.search(text):
            raise NotTold("Its answer has a document type.")
        return ET.fromstring(text)  # noqa: S314  (no entities: see above)
    except ET.ParseError as error:
        # Not the error's text: it may quote.
        raise NotTold("Its answer is no XML.") from error


def _params(section: ET.Element | None) -> Mapping[str, tuple[str, ...]]:
    params: dict[str, tuple[str, ...]] = {}
    for param in section.iter("param") if section is not None else ():
        name = param.get("name", "")
        params[name] = (*params.get(name, ()), param.get("value", ""))
    return params
