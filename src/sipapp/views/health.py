"""Whether storage, history and switches answer, for monitoring; public, so without details."""

import logging
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED

from sipapp.backends import HealthCheck
from sipapp.errors import StorageError
from sipapp.reload import SwitchOutcome
from sipapp.switch import Behind

log = logging.getLogger(__name__)

KEEP: Final = 2.0
"""Seconds that an answer is kept: many watchers cost the switch no more than one."""


class Health:
    """Checks everything, at most once in :data:`KEEP` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._checked: tuple[float, dict[str, Any]] | None = None

    def __call__(self, request: Request) -> dict[str, Any]:
        """Answer 200 when all is well, 503 when something is not."""
        with self._lock:
            if self._checked is None or self._clock() - self._checked[0] >= KEEP:
                self._checked = (self._clock(), _check(request))
            body = self._checked[1]
        if body["status"] != "ok":
            request.response.status = 503
        return body


def _check(request: Request) -> dict[str, Any]:
    storage = _check_storage(request)
    behind = request.switches.behind()
    switches = [_switch(each, behind.get(each.name)) for each in request.switches.ping()]
    plugins: list[dict[str, str]] = []
    for plugin, checks in request.plugins.collect("sipapp_health_checks", _health_checks):
        plugins.extend(_check_plugin(plugin, check) for check in checks)
    # A change that was made and could not be written down stays a fault until one can.
    history = {"status": "fault" if request.history.fault else "ok"}
    lines = [storage, history, *switches, *plugins]
    status = "ok" if all(line["status"] == "ok" for line in lines) else "fault"
    return {
        "status": status,
        "storage": storage,
        "history": history,
        "switches": switches,
        "checks": plugins,
    }


def _switch(pinged: SwitchOutcome, behind: Behind | None) -> dict[str, str]:
    if behind is not None:
        since = behind.since.isoformat(timespec="seconds")
        retried = "given up" if behind.given_up else "goes on"
        return {
            "name": pinged.name,
            "status": "fault",
            "behind_since": since,
            "retried": retried,
        }
    return {"name": pinged.name, "status": "ok" if pinged.outcome == "applied" else "fault"}


def _check_storage(request: Request) -> dict[str, str]:
    name = request.sipapp_settings.storage.name
    try:
        request.storage.check()
    except StorageError as error:
        log.warning("Health: storage %s: %s", name, error)
    except Exception:
        log.exception("Health: storage %s failed.", name)
    else:
        return {"name": name, "status": "ok"}
    return {"name": name, "status": "fault"}


def _health_checks(result: Iterable[HealthCheck]) -> list[HealthCheck]:
    # A name that is text keeps the answer JSON, whatever the plugin is.
    return [HealthCheck(str(each.name), each.check) for each in result]


def _check_plugin(plugin: str, check: HealthCheck) -> dict[str, str]:
    try:
        check.check()
    except Exception:
        log.exception("Health: check %s of plugin %s failed.", check.name, plugin)
        return {"name": check.name, "status": "fault"}
    return {"name": check.name, "status": "ok"}


def includeme(config: Configurator) -> None:
    """Register ``/health``."""
    config.add_route("health", "/health")
    config.add_view(
        Health(),
        route_name="health",
        renderer="json",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
    )
