"""FreeSWITCH's commands and the meaning of its replies, over any transport.

A transport carries one API command and brings back the text that FreeSWITCH
printed.  What the text means is the same for every transport, and is known here
only.  Line numbers are of FreeSWITCH 1.10.12.
"""

import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final

from sipapp.diagnosis import Diagnosis
from sipapp.errors import SwitchProtocolError, SwitchRefused, SwitchTimeout
from sipapp.extension import check_id
from sipapp.live import LiveStatus, Registration
from sipapp.polling import Poller
from sipapp.reload import ReloadStrategy, SwitchContext

RELOADED: Final = "+OK [Success]"
# mod_commands.c:2847 prints "+OK [%s]" whatever happened; the text inside tells.
_RELOAD_REPLY: Final = re.compile(r"\+OK \[(?P<text>.*)\]", re.DOTALL)
# mod_event_socket.c:1587, in place of an empty output.
_NO_REPLY: Final = "-ERR no reply"
# A host name or an address: nothing that would end an argument or a command.
_DOMAIN: Final = re.compile(r"[A-Za-z0-9\[:][A-Za-z0-9._:\]-]*")
_UUID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_WORD: Final = re.compile(r"[0-9A-Za-z_+~-]{16,128}")
_MAX_WORDS: Final = 300

log = logging.getLogger(__name__)


class Transport(ABC):
    """Carries API commands to one FreeSWITCH."""

    @abstractmethod
    def command(self, command: str, *, timeout: float) -> str:
        """Run one API command, such as ``reloadxml``; returns what FreeSWITCH printed.

        ``timeout`` is in seconds, for everything.  What FreeSWITCH itself says to a
        command, such as ``-ERR permission denied``, is a reply and no error.  May be
        called from several threads.  Raises a kind of ``SwitchUnreachable`` when no
        answer came, ``ValueError`` for a command with CR, LF or NUL in it.
        """

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:  # noqa: ARG002  (for those who do)
        """What the doctor should say of the way to FreeSWITCH; by default, nothing."""
        return ()

    def close(self) -> None:
        """Release what the transport holds; it may be used again afterwards."""
        return None


class FreeSwitch:
    """One FreeSWITCH, asked over a transport.

    Every method raises what the transport raises, and ``SwitchProtocolError`` for
    a reply that makes no sense.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def reload_xml(self, *, timeout: float) -> str:
        """Run ``reloadxml``.  Raises ``SwitchRefused`` unless it says exactly Success.

        The error has FreeSWITCH's words, such as ``[error near line 7674]: unexpected
        closing tag </user>``.  The line is one of ``freeswitch.xml.fsxml`` in its log
        directory, where all its files are merged, and the true one is some lines
        further down: line ends in attributes are spaces by then, and not counted
        (switch_xml.c:583; measured 13 with the vanilla configuration).
        """
        reply = self._ask("reloadxml", timeout)
        if reply == RELOADED:
            return reply
        match = _RELOAD_REPLY.fullmatch(reply)
        if match or reply.startswith("-ERR"):
            raise SwitchRefused(_words(match["text"] if match else reply))
        raise _nonsense("reloadxml", reply)

    def user_exists(self, user: str, domain: str, *, timeout: float) -> bool | None:
        """Whether a phone can register as ``user``; ``None`` if FreeSWITCH does not tell.

        ``user_exists`` alone is not enough: it is true for a group's pointer to a
        user who is gone (vanilla's default.xml has them for 1000 to 1014), and a user
        of any other ``type`` answers for every id that comes after it
        (switch_xml.c:1906).  Raises ``ValueError`` for what cannot be an argument.
        """
        deadline = time.monotonic() + timeout
        if check_id(user) or not _DOMAIN.fullmatch(domain):
            raise ValueError(f"{user!r} and {domain!r} are not a user and a domain.")
        reply = self._ask(f"user_exists id {user} {domain}", timeout)
        if not _told("user_exists", reply):
            return None
        if reply not in {"true", "false"}:
            raise _nonsense("user_exists", reply)
        if reply == "false":
            return False
        kind = self._attribute(user, domain, "type", deadline)
        if kind in {None, "", "pointer"}:
            return None if kind is None else kind == ""
        found = self._attribute(user, domain, "id", deadline)
        return None if found is None else found.casefold() == user.casefold()

    def default_domain(self, *, timeout: float) -> str | None:
        """The domain that FreeSWITCH calls its own (``$${domain}`` of vars.xml), if it tells."""
        reply = self._ask("global_getvar domain", timeout)
        return reply if _DOMAIN.fullmatch(reply) else None

    def version(self, *, timeout: float) -> str:
        """What it says to ``version short``, such as ``1.10.12-release``."""
        return _words(self._ask("version short", timeout))

    def end_call(self, call_id: str, *, timeout: float) -> str:
        """Hang up the call of this channel.  Raises ``SwitchRefused`` if it is gone."""
        if not _UUID.fullmatch(call_id):
            raise ValueError(f"{call_id!r} is not the id of a channel.")
        return self._done(f"uuid_kill {call_id}", timeout)

    def drop_registration(self, registration: Registration, profile: str, *, timeout: float) -> str:
        """Make a SIP profile forget a registration.

        By its Call-ID alone if that is a long plain word.  Any other could be read as a
        user or as a whole domain, too, and even as ``reboot`` (sofia_reg.c:763,
        mod_sofia.c:3617), and the phone has chosen it.  Otherwise by its user, which takes
        all phones of that user.
        """
        target = registration.call_id
        if not _WORD.fullmatch(target):
            user, domain = registration.extension, registration.domain
            if check_id(user) or not _DOMAIN.fullmatch(domain):
                raise SwitchRefused("Its name cannot be part of a command of FreeSWITCH.")
            target = f"{user}@{domain}"
        return self._done(f"sofia profile {profile} flush_inbound_reg {target}", timeout)

    def forget_user(self, user: str, domain: str, profile: str, *, timeout: float) -> str:
        """Empty the cache of a user, and drop all of its registrations; says how that went.

        Never without the user: that would take the whole domain (sofia_reg.c:763), or
        everybody (mod_sofia.c:3632).  A phone hears nothing of it, and calls go on.
        Raises ``ValueError`` for what cannot be an argument.
        """
        if check_id(user) or not _DOMAIN.fullmatch(domain):
            raise ValueError(f"{user!r} and {domain!r} are not a user and a domain.")
        deadline = time.monotonic() + timeout
        steps = (
            ("Its cache entry was not dropped", f"xml_flush_cache id {user} {domain}"),
            (
                "Its registrations were not dropped",
                f"sofia profile {profile} flush_inbound_reg {user}@{domain}",
            ),
        )
        faults = []
        for fault, command in steps:
            try:
                self._done(command, deadline - time.monotonic())
            except SwitchRefused as error:
                faults.append(f"{fault}: {error}.")
        return " ".join(faults) or "Its registrations were dropped."

    def _done(self, command: str, timeout: float) -> str:
        reply = self._ask(command, timeout)
        if not reply.startswith("+OK"):
            raise SwitchRefused(_words(reply))
        return _words(reply)

    def _attribute(self, user: str, domain: str, name: str, deadline: float) -> str | None:
        """An attribute of a user's element: empty when absent, ``None`` when not told."""
        command = f"user_data {user}@{domain} attr {name}"
        reply = self._ask(command, deadline - time.monotonic())
        if reply == _NO_REPLY:
            return ""
        return reply if _told("user_data", reply) else None

    def _ask(self, command: str, timeout: float) -> str:
        if timeout <= 0:
            raise SwitchTimeout("FreeSWITCH did not answer everything within the time limit.")
        return self._transport.command(command, timeout=timeout).rstrip("\r\n")


class FreeSwitchReload(ReloadStrategy):
    """The reload strategy of every transport to FreeSWITCH: reloadxml, then ask.

    What goes on there is asked for while somebody looks; see :mod:`sipapp.polling`.
    """

    def __init__(self, transport: Transport, *, timeout: float, profile: str = "internal") -> None:
        """``profile`` is the SIP profile that phones register with."""
        self.timeout = timeout
        self._profile = profile
        self._transport = transport
        self._poller = Poller(self._command, profile, "asked every few seconds")
        self._freeswitch = FreeSwitch(transport)
        self._domain = ""

    def start(self, context: SwitchContext) -> None:
        self._domain = context.domain

    def reload(self, *, timeout: float) -> str:
        return self._freeswitch.reload_xml(timeout=timeout)

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:
        if check_id(extension_id):
            # Of a file that somebody else wrote. It could be read as another command.
            return None
        deadline = time.monotonic() + timeout
        domain = self._domain_now(timeout)
        if domain is None:
            log.warning(
                "FreeSWITCH does not tell its domain, so changes are not verified: "
                "set sipapp.domain in the ini."
            )
            return None
        left = deadline - time.monotonic()
        return self._freeswitch.user_exists(extension_id, domain, timeout=left)

    def forget(self, extension_id: str, *, timeout: float) -> str:
        if check_id(extension_id):
            return "Its registrations were not dropped: its name cannot be part of a command."
        deadline = time.monotonic() + timeout
        domain = self._domain_now(timeout)
        if domain is None:
            return (
                "Its registrations were not dropped: FreeSWITCH does not tell its domain. "
                "Set sipapp.domain in the ini."
            )
        left = deadline - time.monotonic()
        said = self._freeswitch.forget_user(extension_id, domain, self._profile, timeout=left)
        self._poller.forget("registrations")
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
        """The SIP profile that phones register with."""
        return self._profile

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:
        return self._transport.diagnose(timeout=timeout)

    def live(self) -> LiveStatus | None:
        return self._poller.status()

    def end_call(self, call_id: str, *, timeout: float) -> str:
        said = self._freeswitch.end_call(call_id, timeout=timeout)
        self._poller.forget("calls")
        return said

    def drop_registration(self, registration: Registration, *, timeout: float) -> str:
        said = self._freeswitch.drop_registration(registration, self._profile, timeout=timeout)
        self._poller.forget("registrations")
        return said

    def _command(self, command: str) -> str:
        return self._transport.command(command, timeout=self.timeout)

    def stop(self) -> None:
        self._transport.close()


def _told(command: str, reply: str) -> bool:
    """Whether this is an answer: an account of Event Socket may not be allowed to ask."""
    if not reply.startswith("-ERR"):
        return True
    log.warning("Changes cannot be verified: FreeSWITCH says %s to %s.", _words(reply), command)
    return False


def _nonsense(command: str, reply: str) -> SwitchProtocolError:
    return SwitchProtocolError(
        f"FreeSWITCH gave an unknown answer to {command}: {_words(reply)!r}. "
        "Is it FreeSWITCH that answers there?"
    )


def _words(reply: str) -> str:
    """FreeSWITCH's words as one line of sane length, without control characters."""
    printable = "".join(char if char.isprintable() else " " for char in reply)
    line = " ".join(printable.split()) or "nothing"
    return line if len(line) <= _MAX_WORDS else line[:_MAX_WORDS] + "…"
