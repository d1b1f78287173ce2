"""The target of a diagnosis: the application whose settings and services are checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sipapp.model.apply import Apply
from sipapp.settings.hosts import Host
from sipapp.settings.ini import Settings
from sipapp.storages.base import ExtensionStorage
from sipapp.switches.strategy import ReloadStrategy


@dataclass(frozen=True)
class RequestContext:
    """The request of the page, which shows whether a proxy before the server ends TLS."""

    scheme: str
    forwarded_scheme: str
    """What ``X-Forwarded-Proto`` says; empty without one."""
    host: str = ""
    """The name that the browser asked for.  It is never connected to: it can be any."""


@dataclass(frozen=True)
class DiagnosisTarget:
    """An application: its settings, its storage and the strategies of its switches.

    ``host`` is the name by which browsers reach the pages, as :func:`public_host` or the command
    line says, empty if that is not known, and ``port`` their port if it is not that of http or
    https.
    ``server`` is the ini's section ``[server:main]``, ``request`` the request of the page;
    the command has the first, the page the second.  ``must_have_password`` is
    ``sipapp.require_admin_password``, ``account_plugins`` are the names of the plugins that have
    accounts.  ``apply`` makes the switch of a name reload in turn with the server's own reloads;
    the command, which looks at a server from outside, has none.
    """

    settings: Settings
    storage: ExtensionStorage
    strategies: Mapping[str, ReloadStrategy]
    host: str = ""
    port: int | None = None
    server: Mapping[str, str] | None = field(default=None, repr=False)
    request: RequestContext | None = None
    must_have_password: bool = False
    account_plugins: Sequence[str] = ()
    apply: Callable[[str], Apply] | None = None

    @property
    def is_open(self) -> bool:
        """Whether every client is the administrator, because no account is set up at all."""
        has_account = self.settings.admin.password is not None or self.settings.users is not None
        return not (has_account or self.account_plugins or self.must_have_password)

    @property
    def running(self) -> bool:
        """Whether this is the server itself."""
        return self.request is not None


def public_host(settings: Settings) -> Host:
    """The name by which browsers reach the pages, as far as the ini tells; else an empty one."""
    if settings.hosts:
        return settings.hosts[0]
    server = settings.phone.server
    # The port is that of the WebSocket, and not of the pages.
    return Host("" if "{host}" in server else urlsplit(server).hostname or "")
