"""FreeSWITCH's commands and the meaning of its replies, over any transport.

A transport carries one API command and brings back the text that FreeSWITCH
printed.  What the text means is the same for every transport, and is known here
only.  Line numbers are of FreeSWITCH 1.10.12.
"""

import logging
import re
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeVar

from sipapp.freeswitch.parsing import CHANNELS, read_channels_of, read_registrations
from sipapp.freeswitch.redaction import without_quotes
from sipapp.freeswitch.values import (
    NO_REPLY,
    differences,
    is_answer,
    is_still,
    is_user,
    kind_and_name,
    questions,
)
from sipapp.model.apply import UNKNOWN, Values
from sipapp.model.errors import SwitchProtocolError, SwitchRefused, SwitchTimeout
from sipapp.model.extension import check_id, fold_id, split_id
from sipapp.model.live import Registration
from sipapp.model.text import one_line
from sipapp.switches.strategy import ApiCommands

RELOADED: Final = "+OK [Success]"
# mod_commands.c:2847 prints "+OK [%s]" whatever happened; the text inside tells.
_RELOAD_REPLY: Final = re.compile(r"\+OK \[(?P<text>.*)\]", re.DOTALL)
# A host name or an address: nothing that would end an argument or a command.
_DOMAIN: Final = re.compile(r"[A-Za-z0-9\[:][A-Za-z0-9._:\]-]*")
_UUID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_CLEARED: Final = re.compile(r"cleared (\d{1,9}) entr")
_WORD: Final = re.compile(r"[0-9A-Za-z_+~-]{16,128}")
_VOICEMAIL_PROFILE: Final = re.compile(r"^Profile: ([A-Za-z0-9._-]+)\s*$", re.MULTILINE)
_MAX_WORDS: Final = 300

K = TypeVar("K")

log = logging.getLogger(__name__)


class FreeSwitch:
    """One FreeSWITCH, asked over a transport.

    Users are named by the ids of extensions; ``domain`` is that of bare ids.
    Every method raises what the transport raises, and ``SwitchProtocolError`` for
    a reply that makes no sense.
    """

    def __init__(self, transport: ApiCommands) -> None:
        self._transport = transport

    def reload_xml(self, *, timeout: float) -> str:
        """Run ``reloadxml``.  Raises ``SwitchRefused`` unless it says exactly Success.

        The error has FreeSWITCH's words, without what they quote of a file, such as ``[error
        near line 7674]: unexpected closing tag </user>``.  The line is one of
        ``freeswitch.xml.fsxml`` in its log directory, where all its files are merged, and the
        true one is some lines further down: line ends in attributes are spaces by then, and
        not counted (switch_xml.c:583; measured 13 with the vanilla configuration).
        """
        reply = self._ask("reloadxml", timeout)
        if reply == RELOADED:
            return reply
        match = _RELOAD_REPLY.fullmatch(reply)
        if match or reply.startswith("-ERR"):
            raise SwitchRefused(without_quotes(_words(match["text"] if match else reply)))
        raise _nonsense("reloadxml", reply)

    def users_exist(
        self, users: Sequence[str], domain: str, *, timeout: float
    ) -> Mapping[str, bool | None]:
        """Whether a phone can register as each; ``None`` if FreeSWITCH does not tell.

        One that there was no time to ask for is left out.

        ``user_exists`` alone is not enough: it is true for a group's pointer to a
        user who is gone (vanilla's default.xml has them for 1000 to 1014), and a user
        of any other ``type`` answers for every id that comes after it
        (switch_xml.c:1906).  Raises ``ValueError`` for what cannot be an argument.
        """
        deadline = time.monotonic() + timeout
        addresses = {user: _address(user, domain) for user in users}
        asked = {user: f"user_exists id {_id_and_domain(user, domain)}" for user in users}
        exist = self._each(asked, deadline)
        found = {user: _exists(reply) for user, reply in exist.items()}
        there = [user for user, exists in found.items() if exists]
        types = self._each(
            {each: f"user_data {addresses[each]} attr type" for each in there}, deadline
        )
        odd = [user for user, reply in types.items() if reply not in {NO_REPLY, "", "pointer"}]
        ids = self._each({each: f"user_data {addresses[each]} attr id" for each in odd}, deadline)
        for user in there:
            del found[user]
            if user in types and (user not in odd or user in ids):
                found[user] = _is_there(user, types[user], ids.get(user, ""))
        return found

    def user_exists(self, user: str, domain: str, *, timeout: float) -> bool | None:
        """As :meth:`users_exist`, for one."""
        return self.users_exist([user], domain, timeout=timeout)[user]

    def differences(
        self, users: Sequence[str], domain: str, values: Mapping[str, Values], *, timeout: float
    ) -> Mapping[str, Sequence[str] | None]:
        """The fields of each user that it has not read as they are stored; ``None`` if unknown.

        ``UNKNOWN`` is among them if a phone cannot register as it at all.  One that there was
        no time to ask for is left out.  Raises ``ValueError`` for what cannot be an argument.
        """
        deadline = time.monotonic() + timeout
        found = self._differences(users, domain, values, deadline)
        stale = [each for each, differ in found.items() if differ and UNKNOWN not in differ]
        if stale:
            # It may have kept them: a reload does not clear its cache (switch_xml.c:2159).
            self._each(
                {each: f"xml_flush_cache id {_id_and_domain(each, domain)}" for each in stale},
                deadline,
            )
            found |= self._differences(stale, domain, values, deadline)
        silent = [each for each, differ in found.items() if differ is None]
        if silent:
            left = deadline - time.monotonic()
            known = self.users_exist(silent, domain, timeout=left)
            found |= {each: (UNKNOWN,) for each, knows in known.items() if knows is False}
        return found

    def _differences(
        self, users: Sequence[str], domain: str, values: Mapping[str, Values], deadline: float
    ) -> dict[str, Sequence[str] | None]:
        none = Values()
        asked = {
            (user, name): f"user_data {address} {what}"
            for user, address in ((each, _address(each, domain)) for each in users)
            for name, what in questions(values.get(user, none))
        }
        replies_by_user: dict[str, dict[str, str]] = {}
        for (user, name), reply in self._each(asked, deadline).items():
            replies_by_user.setdefault(user, {})[name] = reply
        found: dict[str, Sequence[str] | None] = {}
        for user, replies in replies_by_user.items():
            mine = values.get(user, none)
            if len(replies) < len(list(questions(mine))):
                break  # no time was left for the rest
            if not (is_answer(replies["type"]) and is_answer(replies[UNKNOWN])):
                found[user] = None
            elif is_user(user, replies):
                differ = differences(mine, replies)
                own = split_id(user)[1] or domain
                found[user] = self._without_the_domains(differ, mine, own, deadline)
            else:
                found[user] = (UNKNOWN,)
        return found

    def _without_the_domains(
        self, names: Sequence[str], values: Values, domain: str, deadline: float
    ) -> Sequence[str]:
        """Those fields for which it gives the old value, and not because the domain has it."""
        commands = {
            each: f"domain_data {domain} {kind_and_name(each)}"
            for each in names
            if each not in values.now
        }
        theirs = self._each(commands, deadline) if commands else {}
        return [each for each in names if not is_still(each, values, theirs.get(each, ""))]

    def variable(self, name: str, *, timeout: float) -> str | None:
        """A global variable, such as ``conf_dir``; ``None`` if it does not say."""
        reply = self._ask(f"global_getvar {name}", timeout)
        return None if reply.startswith("-ERR") else reply or None

    def default_domain(self, *, timeout: float) -> str | None:
        """The domain that FreeSWITCH calls its own (``$${domain}`` of vars.xml), if it says."""
        reply = self.variable("domain", timeout=timeout)
        return reply if reply and _DOMAIN.fullmatch(reply) else None

    def version(self, *, timeout: float) -> str:
        """What it says to ``version short``, such as ``1.10.12-release``."""
        return _words(self._ask("version short", timeout))

    def end_call(self, call_id: str, *, timeout: float) -> str:
        """Hang up the call of this channel.  Raises ``SwitchRefused`` if it is gone."""
        if not _UUID.fullmatch(call_id):
            raise ValueError(f"{call_id!r} is not the id of a channel.")
        return self._done(f"uuid_kill {call_id}", timeout)

    def drop_registration(
        self,
        registration: Registration,
        profiles: Sequence[str],
        domains: Collection[str],
        *,
        timeout: float,
    ) -> str:
        """Make SIP profiles forget a registration; ``domains`` are all that phones register with.

        By its Call-ID alone if that is a long plain word and none of the domains.  Any other
        could be read as a user or as a whole domain, too, and even as ``reboot``
        (sofia_reg.c:763, mod_sofia.c:3617), and the phone has chosen it.  Otherwise by its
        user, which takes all phones of that user.
        """
        target = registration.call_id
        # Some databases of FreeSWITCH compare without case.
        hosts = {each.casefold() for each in (*domains, registration.domain)}
        if not _WORD.fullmatch(target) or target.casefold() in hosts:
            user, domain = split_id(registration.extension)[0], registration.domain
            if check_id(user) or not _DOMAIN.fullmatch(domain):
                raise SwitchRefused("Its name cannot be part of a command of FreeSWITCH.")
            target = f"{user}@{domain}"
        commands = {each: f"sofia profile {each} flush_inbound_reg {target}" for each in profiles}
        replies = self._each(commands, time.monotonic() + timeout).values()
        done = next((reply for reply in replies if reply.startswith("+OK")), None)
        if done is None:
            raise SwitchRefused(_words(" ".join(replies)))
        return _words(done)

    def registrations_of(self, user: str, domain: str, profile: str, *, timeout: float) -> int:
        """The number of registrations of a user.  Raises ``SwitchRefused`` if it does not say."""
        command = f"sofia xmlstatus profile {profile} user {_address(user, domain)}"
        return len(read_registrations(self._ask(command, timeout), now=0.0))

    def flush_registrations(self, user: str, domain: str, profile: str, *, timeout: float) -> str:
        """Drop all registrations of a user.  Phones hear nothing of it, and calls go on.

        Never without the user: that would take the whole domain (sofia_reg.c:763), or
        everybody (mod_sofia.c:3632).
        """
        target = _address(user, domain)
        return self._done(f"sofia profile {profile} flush_inbound_reg {target}", timeout)

    def flush_cache(self, user: str, domain: str, *, timeout: float) -> int:
        """Drop what it keeps of a user that it once looked up; returns how many entries."""
        said = self._done(f"xml_flush_cache id {_id_and_domain(user, domain)}", timeout)
        count = _CLEARED.search(said)
        return int(count[1]) if count else 0

    def voicemail_profiles(self, *, timeout: float) -> Sequence[str]:
        """The profiles of mod_voicemail that are loaded; none without that module.

        Raises ``SwitchRefused`` if it does not say.
        """
        reply = self._ask("voicemail status", timeout)
        if reply.endswith(" Command not found!"):
            return ()
        if reply.startswith("-ERR"):
            raise SwitchRefused(_words(reply))
        return _VOICEMAIL_PROFILE.findall(reply)

    def own_pins(
        self, users: Sequence[str], domain: str, profile: str, *, timeout: float
    ) -> Mapping[str, bool]:
        """Whether each has set a voicemail PIN by phone; one that was not asked for is left out.

        mod_voicemail keeps it in its table, and opens the mailbox by it beside the one of the
        directory (mod_voicemail.c:2584).  Raises ``SwitchRefused`` if it does not say.
        """
        commands = {each: f"vm_prefs {profile}/{_address(each, domain)}|password" for each in users}
        replies = self._each(commands, time.monotonic() + timeout)
        refused = (reply for reply in replies.values() if reply.startswith("-ERR"))
        why = next((reply for reply in refused if reply != NO_REPLY), None)
        if why is not None:
            raise SwitchRefused(_words(why))
        return {each: reply not in {NO_REPLY, ""} for each, reply in replies.items()}

    def drop_own_pin(self, user: str, domain: str, profile: str, *, timeout: float) -> None:
        """Empty the PIN that a person has set by phone: the directory's alone counts then."""
        name, own = _address(user, domain).split("@")
        self._ask(drop_pin_command(profile, own, name), timeout)

    def channels_of(self, user: str, domain: str, *, timeout: float) -> Sequence[str]:
        """The ids of the channels that a user's phones have."""
        address = _address(user, domain)
        return read_channels_of(self._ask(CHANNELS, timeout), address)

    def _done(self, command: str, timeout: float) -> str:
        reply = self._ask(command, timeout)
        if not reply.startswith("+OK"):
            raise SwitchRefused(_words(reply))
        return _words(reply)

    def _each(self, commands: Mapping[K, str], deadline: float) -> dict[K, str]:
        """The replies by the commands' keys, as many as came in time, and at least one."""
        replies: dict[K, str] = {}
        given = self._transport.commands(
            list(commands.values()), timeout=deadline - time.monotonic()
        )
        try:
            for key, reply in zip(commands, given, strict=False):
                replies[key] = reply.rstrip("\r\n")
        except SwitchTimeout:
            if not replies:
                raise
        return replies

    def _ask(self, command: str, timeout: float) -> str:
        if timeout <= 0:
            raise SwitchTimeout("FreeSWITCH did not answer everything within the time limit.")
        return self._transport.command(command, timeout=timeout).rstrip("\r\n")


def drop_pin_command(profile: str, domain: str, user: str) -> str:
    """The command that empties a PIN in the table of mod_voicemail, for sipapp and for people."""
    return f"vm_fsdb_pref_password_set {profile} {domain} {user} ''"


def _address(extension_id: str, domain: str) -> str:
    """The ``user@domain`` of an extension; ``domain`` is that of a bare id."""
    user, own = split_id(extension_id)
    if check_id(extension_id) or not (own or _DOMAIN.fullmatch(domain)):
        raise ValueError(f"{extension_id!r} and {domain!r} are not a user and a domain.")
    return f"{user}@{own or domain}"


def _id_and_domain(extension_id: str, domain: str) -> str:
    """The two arguments that commands such as ``user_exists id`` take."""
    return _address(extension_id, domain).replace("@", " ")


def _exists(reply: str) -> bool | None:
    if not _may_ask("user_exists", reply):
        return None
    if reply not in {"true", "false"}:
        raise _nonsense("user_exists", reply)
    return reply == "true"


def _is_there(user: str, kind: str, found: str) -> bool | None:
    """Whether FreeSWITCH finds this user, by the ``type`` and ``id`` in its answer."""
    if kind in {NO_REPLY, "", "pointer"}:
        return kind != "pointer"
    if not (_may_ask("user_data", kind) and (found == NO_REPLY or _may_ask("user_data", found))):
        return None
    return fold_id(found) == fold_id(split_id(user)[0])


def _may_ask(command: str, reply: str) -> bool:
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
    return one_line(reply, _MAX_WORDS) or "nothing"
