"""The plugin manager of one application, and isolated calls of its hooks."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from operator import attrgetter
from typing import Any, Final, TypeVar

import pluggy

from sipapp.hooks import specs
from sipapp.hooks.backends import Backend
from sipapp.model.errors import SettingsError
from sipapp.storages.base import ExtensionStorage
from sipapp.switches.strategy import ReloadStrategy

ENTRY_POINT_GROUP: Final = "sipapp"
HOOKS: Final = tuple(name for name in dir(specs) if name.startswith("sipapp_"))
"""The names of all hooks."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class Plugins:
    """What is installed: made per application, never global, closed for late comers."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self.manager = manager
        storages = self._offers("sipapp_storage_backends")
        strategies = self._offers("sipapp_reload_strategies")
        self.storages = _by_name("storage", storages)
        self.strategies = _by_name("reload strategy", strategies)
        self._owners = {id(offer): plugin for plugin, offer in (*storages, *strategies)}

    @classmethod
    def load(cls, extra: Iterable[object] = ()) -> "Plugins":
        """Load every installed plugin, and ``extra`` objects with hooks (for tests).

        Raises ``SettingsError`` for a plugin that cannot be imported, two of one
        name, and a hook or an argument of a hook that does not exist.
        """
        manager = pluggy.PluginManager("sipapp")
        manager.add_hookspecs(specs)
        for entry_point in _installed(tuple(sys.path)):
            _load(manager, entry_point)
        for plugin in extra:
            _register(manager, plugin)
        _refuse_unknown_hooks(manager)
        return cls(manager)

    @classmethod
    def load_only(cls, name: str) -> "Plugins":
        """Load one installed plugin, also one with hooks that do not exist: to check it.

        Raises ``SettingsError`` as ``load`` does, and if it is not installed.
        """
        manager = pluggy.PluginManager("sipapp")
        manager.add_hookspecs(specs)
        installed = _installed(tuple(sys.path))
        for entry_point in installed:
            if entry_point.name == name:
                _load(manager, entry_point)
        if not manager.has_plugin(name):
            known = ", ".join(each.name for each in installed) or "none"
            raise SettingsError(f"There is no plugin named {name!r}. Installed: {known}.")
        return cls(manager)

    def storage(self, name: str) -> Backend[ExtensionStorage]:
        """The storage offered under ``name``; ``SettingsError`` lists what is installed."""
        return _choose("storage", name, self.storages)

    def strategy(self, name: str) -> Backend[ReloadStrategy]:
        """The reload strategy offered under ``name``; ``SettingsError`` as above."""
        return _choose("reload strategy", name, self.strategies)

    def make(self, offer: Backend[T], kind: type[T], options: Mapping[str, object]) -> T:
        """Make a storage or a strategy.  Raises ``SettingsError``, with the plugin's name."""
        what = f"{offer.name!r} of plugin {self._owners[id(offer)]} could not be made"
        try:
            made = offer.factory(**options)
        except SettingsError:
            raise
        except Exception as error:
            raise SettingsError(f"{what}: {error!r}") from error
        if not isinstance(made, kind):
            raise SettingsError(
                f"{what}: its factory gave {type(made).__name__}, not a kind of {kind.__name__}."
            )
        return made

    def names(self) -> list[str]:
        """Names of all plugins, in the order in which they were loaded."""
        return [name for name, _ in self.manager.list_name_plugin()]

    def hooks_of(self, plugin_name: str) -> list[str]:
        """Which hooks a plugin implements."""
        plugin = self.manager.get_plugin(plugin_name)
        callers = self.manager.get_hookcallers(plugin) or []
        return sorted(caller.name for caller in callers)

    def unknown_hooks(self) -> list[str]:
        """Which functions are marked as hooks, and are none."""
        return sorted(hook for _, hook in _unknown_hooks(self.manager))

    def collect(
        self, hook: str, convert: Callable[[Any], Any] | None = None, **arguments: object
    ) -> Iterator[tuple[str, Any]]:
        """Call a hook plugin by plugin; yields (plugin's name, its result).

        A plain pluggy call stops at the first plugin that raises.  Here each costs
        only its own part: the fault is logged with the plugin's name.  ``convert``
        turns a result into what the caller can rely on; a result that makes it
        raise is the plugin's fault too.
        """
        convert = convert or _materialise
        everything = self.manager.get_plugins()
        for implementation in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            others = everything - {implementation.plugin}
            caller = self.manager.subset_hook_caller(hook, others)
            try:
                results = [convert(each) for each in caller(**arguments)]
            except Exception:
                log.exception("Plugin %s failed in %s.", implementation.plugin_name, hook)
                continue
            yield from ((implementation.plugin_name, result) for result in results)

    def _offers(self, hook: str) -> list[tuple[str, Backend[Any]]]:
        offers: list[tuple[str, Backend[Any]]] = []
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            name = implementation.plugin_name
            try:
                offers.extend((name, offer) for offer in _backends(implementation.function()))
            except Exception as error:
                raise SettingsError(f"Plugin {name} failed in {hook}: {error!r}") from error
        return offers


def _materialise(result: Any) -> Any:
    """Run a plugin's generator here, inside its isolation."""
    return list(result) if isinstance(result, Iterator) else result


def _backends(offers: Iterable[object]) -> Iterator[Backend[Any]]:
    for offer in offers:
        if not isinstance(offer, Backend):
            raise TypeError(f"{offer!r} is not a Backend")
        yield offer


@cache
def _installed(_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """The entry points on a path, by name: to look for them opens a file of every distribution."""
    return tuple(sorted(entry_points(group=ENTRY_POINT_GROUP), key=attrgetter("name")))


def _register(manager: pluggy.PluginManager, plugin: object, name: str | None = None) -> None:
    try:
        manager.register(plugin, name)
    except (pluggy.PluginValidationError, ValueError) as error:
        # An argument that the hook does not have; or one module under two names.
        reason = " ".join(str(error).split())
        raise SettingsError(f"Plugin {name or plugin!r} does not fit: {reason}") from error


def _refuse_unknown_hooks(manager: pluggy.PluginManager) -> None:
    """Do as ``manager.check_pending()``, with the names that its message lacks."""
    for plugin_name, hook in _unknown_hooks(manager):
        raise SettingsError(
            f"Plugin {plugin_name} implements {hook}, which is no hook. Hooks: {', '.join(HOOKS)}."
        )


def _unknown_hooks(manager: pluggy.PluginManager) -> Iterator[tuple[str, str]]:
    for plugin in manager.get_plugins():
        for caller in manager.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if not caller.has_spec() and not implementation.optionalhook:
                    yield implementation.plugin_name, caller.name


def _load(manager: pluggy.PluginManager, entry_point: EntryPoint) -> None:
    distribution = entry_point.dist.name if entry_point.dist else "?"
    if manager.has_plugin(entry_point.name):
        raise SettingsError(
            f"Two installed distributions bring a plugin named {entry_point.name!r} "
            f"(the second is {distribution}). Uninstall one of them."
        )
    try:
        plugin = entry_point.load()
    except Exception as error:
        raise SettingsError(
            f"Plugin {entry_point.name!r} of {distribution} cannot be loaded: {error!r}"
        ) from error
    _register(manager, plugin, entry_point.name)


def _by_name(kind: str, offers: list[tuple[str, Backend[Any]]]) -> dict[str, Backend[Any]]:
    owners: dict[str, str] = {}
    backends: dict[str, Backend[Any]] = {}
    for plugin_name, backend in offers:
        if backend.name in backends:
            raise SettingsError(
                f"Two plugins offer a {kind} named {backend.name!r}: "
                f"{owners[backend.name]} and {plugin_name}. Uninstall one of them."
            )
        owners[backend.name] = plugin_name
        backends[backend.name] = backend
    return backends


def _choose(kind: str, name: str, offers: dict[str, Backend[Any]]) -> Backend[Any]:
    if name not in offers:
        installed = ", ".join(sorted(offers)) or "none"
        raise SettingsError(
            f"There is no {kind} named {name!r}. Installed: {installed}. "
            "Is its plugin installed in this environment?"
        )
    return offers[name]
