"""What the doctor looks at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sipapp.model.apply import Apply
from sipapp.settings.ini import Settings
from sipapp.storages.base import ExtensionStorage
from sipapp.switches.strategy import ReloadStrategy


@dataclass(frozen=True)
class Visit:
    """A request to the page, from which can be seen what stands before the server."""

    scheme: str
    forwarded_scheme: str
    """What ``X-Forwarded-Proto`` says; empty without one."""


@dataclass(frozen=True)
class Patient:
    """An application: what its ini says, and what was made of it.

    ``host`` is the name by which browsers reach the pages, empty if that is not known, and
    ``port`` their port if it is not that of http or https.
    ``server`` is the ini's section ``[server:main]``, ``visit`` the request of the page;
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
    visit: Visit | None = None
    must_have_password: bool = False
    apply: Callable[[str], Apply] | None = None

    @property
    def running(self) -> bool:
        """Whether this is the server itself."""
        return self.visit is not None
