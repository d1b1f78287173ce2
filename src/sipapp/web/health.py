"""The health check for monitoring: storage, history, reports, switches, checks of plugins."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED

from sipapp.changes.write_checks import WriteChecks
from sipapp.concurrency.background_check import BackgroundCheck, State, refresh
from sipapp.hooks.backends import HealthCheck
from sipapp.hooks.manager import Plugins
from sipapp.phone.reports import ReportStore
from sipapp.switches.sync_state import Behind

STATE_KEPT_S: Final = 2.0
"""Many monitoring clients cost a switch no more than one."""
CHECK_WAIT_S: Final = 1.2
"""How long a request waits for the checks that it began."""
PLUGIN_CHECK_TIMEOUT_S: Final = 5.0
_HOOK: Final = "sipapp_health_checks"


class HealthView:
    """The view of the health check.  For several threads.

    Each check runs in a thread of its own: one that hangs delays neither the others nor the server.
    """

    def __init__(
        self,
        checks: WriteChecks,
        reports: ReportStore,
        plugins: Plugins,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plugins = plugins
        self._clock = clock
        self._writing = checks.checks
        # They keep no change from being made, so that pages say nothing of them.
        self._reports = WriteChecks({"reports": reports.check}, clock).checks["reports"]
        self._offers = BackgroundCheck(
            f"Health: {_HOOK}", self._find_checks, PLUGIN_CHECK_TIMEOUT_S, clock
        )
        self._checks: Mapping[tuple[str, str, int], BackgroundCheck] = {}

    def __call__(self, request: Request) -> dict[str, Any]:
        """Answer 200 when all is well, 503 when something is not, or is not known yet."""
        switches = request.app.switches.ping_checks()
        deadline = time.monotonic() + CHECK_WAIT_S
        own = [*self._writing.values(), self._reports, self._offers]
        refresh([*own, *switches.values()], keep=STATE_KEPT_S, deadline=deadline)
        refresh(self._checks.values(), keep=STATE_KEPT_S, deadline=deadline)
        behind = request.app.switches.behind()
        storage = _line(request.app.settings.storage.name, self._writing["storage"].state)
        # A change that was made and could not be written down stays a fault until one can.
        is_written = not request.app.history.fault
        history = {"status": self._writing["history"].state if is_written else "fault"}
        reports = {"status": self._reports.state}
        lines = [_switch(name, each, behind.get(name)) for name, each in switches.items()]
        checks = list(self._check_lines())
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

    def _check_lines(self) -> Iterable[dict[str, str]]:
        if self._offers.state != "ok":
            # A plugin that does not even say which checks it has.
            yield _line(_HOOK, self._offers.state)
        for (_, name, _), probe in self._checks.items():
            yield _line(name, probe.state)

    def _find_checks(self) -> bool:
        found: dict[tuple[str, str, int], BackgroundCheck] = {}
        names: Counter[tuple[str, str]] = Counter()
        for plugin, checks in self._plugins.call_each(_HOOK, _health_checks):
            for each in checks:
                names[plugin, each.name] += 1
                key = (plugin, each.name, names[plugin, each.name])
                label = f"Health: check {each.name} of plugin {plugin}"
                # The one that may still hang is known by its name.
                found[key] = self._checks.get(key) or BackgroundCheck(
                    label, bool, PLUGIN_CHECK_TIMEOUT_S, self._clock
                )
                found[key].check = _check_of(each)
        self._checks = found
        return True


def _line(name: str, state: State) -> dict[str, str]:
    return {"name": name, "status": state}


def _switch(name: str, probe: BackgroundCheck, behind: Behind | None) -> dict[str, str]:
    if behind is None:
        return _line(name, probe.state)
    since = behind.since.isoformat(timespec="seconds")
    retried = "given up" if behind.given_up else "goes on"
    return {**_line(name, "fault"), "behind_since": since, "retried": retried}


def _worst(lines: Iterable[Mapping[str, str]]) -> str:
    states = {line["status"] for line in lines}
    return next((each for each in ("fault", "asking") if each in states), "ok")


def _health_checks(result: Iterable[HealthCheck]) -> list[HealthCheck]:
    # A name that is text keeps the answer JSON, whatever the plugin is.
    return [HealthCheck(str(each.name), each.check) for each in result]


def _check_of(offered: HealthCheck) -> Callable[[], bool]:
    def check() -> bool:
        offered.check()
        return True

    return check


def includeme(config: Configurator) -> None:
    """Register ``/health``."""
    app = config.registry.app
    config.add_route("health", "/health")
    config.add_view(
        HealthView(app.write_checks, app.phone.reports, app.plugins),
        route_name="health",
        renderer="json",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
    )
