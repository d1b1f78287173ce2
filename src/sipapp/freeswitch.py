"""FreeSWITCH's commands and the meaning of its replies, over any transport.

A transport carries one API command and brings back the text that FreeSWITCH
printed.  What the text means is the same for every transport, and is known here
only.  Line numbers are of FreeSWITCH 1.10.12.
"""

import re
import time
from abc import ABC, abstractmethod
from typing import Final

from sipapp.errors import SwitchProtocolError, SwitchRefused
from sipapp.reload import ReloadStrategy, SwitchContext

RELOADED: Final = "+OK [Success]"
# mod_commands.c prints "+OK [%s]" whatever happened; the text inside tells.
_RELOAD_REPLY: Final = re.compile(r"\+OK \[(?P<text>.*)\]", re.DOTALL)
# What may stand in an argument: fs_cli and the Event Socket split commands at spaces and
# end them at line ends, so an argument with either would be another command.
_ARGUMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\[\]-]*")


class Transport(ABC):
    """Carries API commands to one FreeSWITCH."""

    @abstractmethod
    def command(self, command: str, *, timeout: float) -> str:
        """Run one API command, such as ``reloadxml``; returns what FreeSWITCH printed.

        ``timeout`` is in seconds, for everything.  Raises a kind of
        ``SwitchUnreachable`` when no answer came, ``ValueError`` for a command
        with CR, LF or NUL in it.
        """

    def close(self) -> None:
        """Release what the transport holds."""
        return None


class FreeSwitch:
    """One FreeSWITCH, asked over a transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def reload_xml(self, *, timeout: float) -> str:
        """Run ``reloadxml``.  Raises ``SwitchRefused`` unless it says exactly Success."""
        reply = self._ask("reloadxml", timeout)
        if reply == RELOADED:
            return reply
        match = _RELOAD_REPLY.fullmatch(reply)
        if match or reply.startswith("-ERR"):
            raise SwitchRefused(match["text"] if match else reply)
        raise SwitchProtocolError(
            f"FreeSWITCH gave an unknown answer to reloadxml: {reply[:200]!r}"
        )

    def user_exists(self, user: str, domain: str, *, timeout: float) -> bool:
        """Whether a phone can register as ``user``.

        ``user_exists`` alone is not enough: it is true for a group's pointer to a
        user who is gone (measured; vanilla's default.xml has them for 1000 to 1014).
        """
        deadline = time.monotonic() + timeout
        _check_arguments(user, domain)
        reply = self._ask(f"user_exists id {user} {domain}", timeout)
        if reply not in {"true", "false"}:
            raise SwitchProtocolError(
                f"FreeSWITCH gave an unknown answer to user_exists: {reply[:200]!r}"
            )
        if reply == "false":
            return False
        kind = self._ask(f"user_data {user}@{domain} attr type", deadline - time.monotonic())
        return kind != "pointer"

    def default_domain(self, *, timeout: float) -> str:
        """The domain that FreeSWITCH calls its own (``$${domain}`` of vars.xml)."""
        reply = self._ask("global_getvar domain", timeout)
        if not reply or reply.startswith("-ERR"):
            raise SwitchProtocolError(
                "FreeSWITCH has no variable “domain”: set sipapp.domain in the ini."
            )
        return reply

    def version(self, *, timeout: float) -> str:
        """The version, such as ``1.10.12-release``."""
        reply = self._ask("version short", timeout)
        if reply.startswith("-ERR"):
            raise SwitchProtocolError(f"FreeSWITCH did not tell its version: {reply[:200]!r}")
        return reply

    def _ask(self, command: str, timeout: float) -> str:
        return self._transport.command(command, timeout=max(timeout, 0.001)).strip("\r\n")


class FreeSwitchReload(ReloadStrategy):
    """The reload strategy of every transport to FreeSWITCH: reloadxml, then ask."""

    def __init__(self, transport: Transport, *, timeout: float) -> None:
        self.timeout = timeout
        self._transport = transport
        self._freeswitch = FreeSwitch(transport)
        self._domain = ""

    def start(self, context: SwitchContext) -> None:
        self._domain = context.domain

    def reload(self, *, timeout: float) -> str:
        return self._freeswitch.reload_xml(timeout=timeout)

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        deadline = time.monotonic() + timeout
        domain = self._domain or self._freeswitch.default_domain(timeout=timeout)
        return self._freeswitch.user_exists(
            extension_id, domain, timeout=deadline - time.monotonic()
        )

    def ping(self, *, timeout: float) -> str:
        return f"FreeSWITCH {self._freeswitch.version(timeout=timeout)}"

    def stop(self) -> None:
        self._transport.close()


def _check_arguments(*arguments: str) -> None:
    for argument in arguments:
        if not _ARGUMENT.fullmatch(argument):
            raise ValueError(f"{argument!r} cannot be an argument of a FreeSWITCH command.")
