"""The health check for monitoring: storage, history, reports, switches, checks of plugins."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED

from sipapp.changes.write_checks import WriteChecks
from sipapp.concurrency.background_check import BackgroundCheck, State
from sipapp.phone.reports import ReportStore
from sipapp.switches.sync_state import Behind
from sipapp.web.plugin_checks import CheckResult, PluginChecks

STATE_KEPT_S: Final = 2.0
"""Many monitoring clients cost a switch no more than one."""
CHECK_WAIT_S: Final = 1.2
"""How long a request waits for the checks that it began."""


class HealthView:
    """The view of the health check.  For several threads.

    Each check runs in a thread of its own: one that hangs delays neither the others nor the server.
    """

    def __init__(
        self,
        checks: WriteChecks,
        reports: ReportStore,
        plugin_checks: PluginChecks,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plugin_checks = plugin_checks
        self._writing = checks.checks
        # They keep no change from being made, so that pages say nothing of them.
        self._reports = WriteChecks({"reports": reports.check}, clock).checks["reports"]

    def __call__(self, request: Request) -> dict[str, Any]:
        """Answer 200 when all is well, 503 when something is not, or is not known yet."""
        switches = request.app.switches.ping_checks()
        deadline = time.monotonic() + CHECK_WAIT_S
        own = [*self._writing.values(), self._reports, *switches.values()]
        self._plugin_checks.refresh(keep=STATE_KEPT_S, deadline=deadline, others=own)
        behind = request.app.switches.behind()
        storage = _line(request.app.settings.storage.name, self._writing["storage"].state)
        # A change that was made and could not be written down stays a fault until one can.
        is_written = not request.app.history.fault
        history = {"status": self._writing["history"].state if is_written else "fault"}
        reports = {"status": self._reports.state}
        lines = [_switch(name, each, behind.get(name)) for name, each in switches.items()]
        checks = [_check(each) for each in self._plugin_checks.results()]
        status = _worst([storage, history, reports, *lines, *checks])
        if status != "ok":
            request.response.status = 503
        return {
            "status": status,
            "storage": storage,
            "history": history,
            "reports": reports,
            "switches": lines,
            "checks": checks,
        }


def _line(name: str, state: State) -> dict[str, str]:
    return {"name": name, "status": state}


def _check(result: CheckResult) -> dict[str, str]:
    # Not its words: the address is public.
    owner = {"plugin": result.plugin} if result.plugin else {}
    return {**_line(result.name, result.state), **owner}


def _switch(name: str, probe: BackgroundCheck, behind: Behind | None) -> dict[str, str]:
    if behind is None:
        return _line(name, probe.state)
    since = behind.since.isoformat(timespec="seconds")
    retried = "given up" if behind.given_up else "goes on"
    return {**_line(name, "fault"), "behind_since": since, "retried": retried}


def _worst(lines: Iterable[Mapping[str, str]]) -> str:
    states = {line["status"] for line in lines}
    return next((each for each in ("fault", "asking") if each in states), "ok")


def includeme(config: Configurator) -> None:
    """Register ``/health``."""
    app = config.registry.app
    config.add_route("health", "/health")
    config.add_view(
        HealthView(app.write_checks, app.phone.reports, app.plugin_checks),
        route_name="health",
        renderer="json",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
    )
