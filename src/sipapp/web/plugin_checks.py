"""The health checks of plugins, with their results: for the health check and the health page."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sipapp.concurrency.background_check import BackgroundCheck, State, refresh
from sipapp.hooks.backends import HealthCheck
from sipapp.hooks.manager import Plugins
from sipapp.model.text import one_line

CHECK_TIMEOUT_S: Final = 5.0
_HOOK: Final = "sipapp_health_checks"


@dataclass(frozen=True)
class CheckResult:
    """The result of one check; ``words`` are what it returned, empty if it did not pass.

    ``plugin`` is empty if it is not known yet, or any more, which checks the plugins have.
    """

    plugin: str
    name: str
    state: State
    words: str = ""


class _PluginCheck:
    """A check of a plugin, run in the background."""

    def __init__(self, plugin: str, offered: HealthCheck, clock: Callable[[], float]) -> None:
        self.offered = offered
        self.background = BackgroundCheck(
            f"Health: check {offered.name} of plugin {plugin}", self._run, CHECK_TIMEOUT_S, clock
        )
        self._plugin = plugin
        self._words = ""

    @property
    def result(self) -> CheckResult:
        """The result of the last run."""
        state = self.background.state
        words = self._words if state == "ok" else ""
        return CheckResult(self._plugin, self.offered.name, state, words)

    def _run(self) -> bool:
        said = self.offered.check()
        self._words = one_line(said) if isinstance(said, str) else ""
        return True


class PluginChecks:
    """All health checks of plugins.  For several threads.

    The hook and each check run in threads of their own: one that hangs delays no other.
    """

    def __init__(self, plugins: Plugins, clock: Callable[[], float] = time.monotonic) -> None:
        self._plugins = plugins
        self._clock = clock
        self._offers = BackgroundCheck(
            f"Health: {_HOOK}", self._find_checks, CHECK_TIMEOUT_S, clock
        )
        self._checks: dict[tuple[str, str, int], _PluginCheck] = {}

    def refresh(
        self, *, keep: float, deadline: float, others: Iterable[BackgroundCheck] = ()
    ) -> None:
        """Run the checks whose last run ended ``keep`` seconds ago, and wait until ``deadline``.

        ``others`` are run at the same time.
        """
        refresh([*others, self._offers], keep=keep, deadline=deadline)
        running = [each.background for each in self._checks.values()]
        refresh(running, keep=keep, deadline=deadline)

    def results(self) -> Sequence[CheckResult]:
        """The last result of each check, and of the hook if a plugin does not answer it."""
        state = self._offers.state
        hook = [] if state == "ok" else [CheckResult("", _HOOK, state)]
        return [*hook, *(each.result for each in self._checks.values())]

    def _find_checks(self) -> bool:
        found: dict[tuple[str, str, int], _PluginCheck] = {}
        names: Counter[tuple[str, str]] = Counter()
        for plugin, checks in self._plugins.call_each(_HOOK, _health_checks):
            for each in checks:
                names[plugin, each.name] += 1
                key = (plugin, each.name, names[plugin, each.name])
                # The one that may still hang is known by its name.
                check = self._checks.get(key) or _PluginCheck(plugin, each, self._clock)
                check.offered = each
                found[key] = check
        self._checks = found
        return True


def _health_checks(result: Iterable[HealthCheck]) -> list[HealthCheck]:
    # A name that is text keeps the answer JSON, whatever the plugin is.
    return [HealthCheck(str(each.name), each.check) for each in result]
