"""The target of a diagnosis: the application whose settings and services are checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sipapp.model.apply import Apply
from sipapp.settings.ini import Settings
from sipapp.storages.base import ExtensionStorage
from sipapp.switches.strategy import ReloadStrategy


@dataclass(frozen=True)
class RequestContext:
    """The scheme of the page's request, which shows whether a proxy before the server ends TLS."""

    scheme: str
    forwarded_scheme: str
    """What ``X-Forwarded-Proto`` says; empty without one."""


@dataclass(frozen=True)
class DiagnosisTarget:
    """An application: its settings, its storage and the strategies of its switches.

    ``host`` is the name by which browsers reach the pages, empty if that is not known, and
    ``port`` their port if it is not that of http or https.
    ``server`` is the ini's section ``[server:main]``, ``request`` the request of the page;
    the command has the first, the page the second.  ``must_have_password`` is
    ``sipapp.require_admin_password``.  ``apply`` makes the switch of a name reload in turn with the
    server's own reloads; the command, which looks at a server from outside, has none.
    """

    settings: Settings
    storage: ExtensionStorage
    strategies: Mapping[str, ReloadStrategy]
    host: str = ""
    port: int | None = None
    server: Mapping[str, str] | None = field(default=None, repr=False)
    request: RequestContext | None = None
    must_have_password: bool = False
    apply: Callable[[str], Apply] | None = None

    @property
    def running(self) -> bool:
        """Whether this is the server itself."""
        return self.request is not None
