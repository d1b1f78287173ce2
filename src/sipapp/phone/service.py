"""The services for phones: log-in, directory, ICE servers, conference rooms, reports."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sipapp.concurrency.limit import ConcurrencyLimit
from sipapp.files.signing_key import SigningKey
from sipapp.model.address import UNKNOWN_ADDRESS
from sipapp.model.errors import ExtensionNotFound, ServerBusy, SipappError, TooManyAttempts
from sipapp.model.extension import fold_id, id_in, split_id
from sipapp.model.secret import Secret
from sipapp.phone.directory import Directory, Entry, Listing
from sipapp.phone.presence import PresenceState, presence_states
from sipapp.phone.proof import Nonces, is_valid
from sipapp.phone.report_folder import report_store
from sipapp.phone.reports import PhoneReport
from sipapp.phone.rooms import Rooms
from sipapp.phone.sessions import Sessions
from sipapp.phone.turn import ice_servers
from sipapp.settings.phone import PhoneSettings
from sipapp.state.shared import SharedState
from sipapp.state.throttle import PHONES, LoginThrottle, Throttle
from sipapp.storages.base import ExtensionStorage
from sipapp.switches.live import LiveSwitches

log = logging.getLogger(__name__)

MAX_STORAGE_READERS: Final = 4
"""Requests of phones that read the storage at the same time.  They need no log-in, and while the
storage hangs, all other requests must be answered."""
STORAGE_WAIT_S: Final = 1.0
"""How long a request waits for one of these readers to end."""
_MAX_REPORT_WRITERS: Final = 2
"""Requests that write a report at the same time."""
_REPORT_WAIT_S: Final = 1.0
"""How long a request waits for one of these writers to end."""
RETRY_AFTER_S: Final = 10
"""When a phone tries again: a thousand of them would keep the server busy too."""
_REPORTS_WITHOUT_WAIT: Final = 5
"""Reports of one extension before each further one has to wait."""
_WRONG: Final = "The password is not that of this extension."


class NotProved(SipappError):
    """The proof is invalid."""


class Unavailable(SipappError):
    """A service for phones is unavailable now."""


class PhoneService:
    """The services that phones are offered.  For several threads."""

    def __init__(
        self,
        settings: PhoneSettings,
        storage: ExtensionStorage,
        live: LiveSwitches,
        key: SigningKey,
        state: SharedState,
        *,
        domain: str = "",
    ) -> None:
        """``domain`` is the name of the default domain in the ini, empty if it has none there."""
        self.settings = settings
        self.nonces = Nonces(key, state)
        self.sessions = Sessions(self._stored_secret, key)
        self.reports = report_store(settings.reports_directory)
        self._storage = storage
        self._reading = ConcurrencyLimit(MAX_STORAGE_READERS, _busy, timeout=STORAGE_WAIT_S)
        self._writing = ConcurrencyLimit(_MAX_REPORT_WRITERS, _no_report, timeout=_REPORT_WAIT_S)
        self._live = live
        self._guesses = LoginThrottle(state, PHONES)
        self._reporting = Throttle(state, "reports of phones", _REPORTS_WITHOUT_WAIT)
        self._rooms = Rooms(settings.conference_prefix, state)
        self._directory = Directory(storage, domain)

    def prove(
        self, extension: str, realm: str, nonce: str, proof: str, *, address: str | None
    ) -> str:
        """Start a session; returns its token.

        ``extension`` is the user or an alias, whose domain is the ``realm`` if the storage has
        such a domain beside the default one.  ``address`` is the client's, as the web server
        knows it.
        Raises ``NotProved``, ``TooManyAttempts`` and ``ServerBusy``.
        """
        with self._reading.slot():
            named = id_in(extension, realm, self._storage.domains())
            extension_id = self._storage.aliases().id_of(named)
        with self._guesses.attempt(address, extension_id) as attempt:
            known, secret = self._find_secret(extension_id)
            # Both are always looked at, so that the time tells nothing of either.
            fresh = self.nonces.use(nonce, extension)
            right = is_valid(secret, extension, realm, nonce, proof)
            attempt.right = fresh and right
            if known and secret is None:
                # Nothing can be guessed there: a phone that tries does not lock out others.
                log.warning("Extension %a has no password that is known here.", extension_id)
                raise NotProved(_WRONG)
        if secret is None or not attempt.right:
            client = address or UNKNOWN_ADDRESS
            log.warning("Wrong proof for extension %a from %s.", extension_id, client)
            raise NotProved(_WRONG)
        return self.sessions.start(extension_id, secret)

    def directory(self, extension: str, search: str, limit: int) -> Listing:
        """Extensions by a search, ``limit`` of them at most; without one, the first ones.

        They have the numbers that this extension dials.
        """
        _, domain = split_id(extension)
        with self._reading.slot():
            if search:
                return self._directory.search(search, domain, limit)
            return self._directory.first(domain)

    def names(self, extension: str, numbers: Collection[str]) -> Sequence[Entry]:
        """The names of the extensions among numbers that this extension dials or is called by."""
        _, domain = split_id(extension)
        with self._reading.slot():
            return self._directory.named(numbers, domain)

    def presence(self, extension: str, numbers: Collection[str]) -> Mapping[str, PresenceState]:
        """The presence of the extensions among numbers that this extension dials, where known."""
        _, domain = split_id(extension)
        with self._reading.slot():
            ids = self._directory.ids(numbers, domain)
        states = presence_states(self._live.overview(), frozenset(ids.values()))
        return {number: states[each] for number, each in ids.items() if each in states}

    def ice_servers(self, extension: str) -> Sequence[Mapping[str, Any]]:
        """STUN and TURN servers, with credentials for this extension."""
        try:
            return ice_servers(self.settings, extension)
        except ValueError as error:
            log.error("No TURN credentials for phones: %s", error)  # noqa: TRY400  (the text says it all)
            raise Unavailable("The TURN server's secret cannot be read here now.") from error

    def room(self, extension: str) -> str:
        """The number of a free conference room.  Raises ``Unavailable``."""
        calls = [call for view in self._live.overview().views for call in view.all_calls()]
        in_use = {number for call in calls for number in (call.caller, call.callee)}
        room = self._rooms.reserve(extension, in_use)
        if room is None:
            raise Unavailable("All conference rooms are in use.")
        return room

    def report(self, extension: str, content: Mapping[str, Any]) -> PhoneReport:
        """Keep a report for the administrator.  Raises ``TooManyAttempts`` and ``ServerBusy``."""
        wait = self._reporting.attempt(fold_id(extension))
        if wait:
            raise TooManyAttempts("Too many reports.", wait)
        with self._writing.slot():
            return self.reports.add(extension, content)

    def _find_secret(self, extension: str) -> tuple[bool, Secret | None]:
        """Whether there is such an extension, and its secret."""
        try:
            return True, self._stored_secret(extension)
        except ExtensionNotFound:
            return False, None

    def _stored_secret(self, extension: str) -> Secret | None:
        with self._reading.slot():
            return self._storage.secret(extension)


def _busy() -> ServerBusy:
    return ServerBusy("The server cannot look at its extensions now.", RETRY_AFTER_S)


def _no_report() -> ServerBusy:
    return ServerBusy("The server cannot keep reports now.", RETRY_AFTER_S)
