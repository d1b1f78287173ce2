"""The plugin manager of one application, and calls of its hooks, each plugin by itself."""

import inspect
import logging
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pluggy

from sipapp.hooks import specs
from sipapp.hooks.backends import AdminLink, Backend
from sipapp.hooks.slow_calls import SlowCalls
from sipapp.model.errors import CheckFailed, SettingsError
from sipapp.settings.options import Option
from sipapp.storages.base import ExtensionStorage
from sipapp.switches.strategy import ReloadStrategy

if TYPE_CHECKING:
    from pyramid.config import Configurator

ENTRY_POINT_GROUP: Final = "sipapp"
HOOKS: Final = tuple(name for name in dir(specs) if name.startswith("sipapp_"))
"""The names of all hooks."""

log = logging.getLogger(__name__)

T = TypeVar("T")

_SPECS: Final[Mapping[str, Callable[..., object]]] = {name: getattr(specs, name) for name in HOOKS}


class Plugins:
    """One plugin manager per application; no registration after start."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self.manager = manager
        self.slow_calls = SlowCalls()
        storages = self._offers("sipapp_storage_backends", Backend)
        strategies = self._offers("sipapp_reload_strategies", Backend)
        self.storages = _by_name("storage", storages)
        self.strategies = _by_name("reload strategy", strategies)
        self._owners = {id(offer): plugin for plugin, offer in (*storages, *strategies)}
        self.options: dict[str, list[Option]] = {}
        """The options of plugins themselves, by the name of the plugin."""
        for plugin, option in self._offers("sipapp_plugin_options", Option):
            self.options.setdefault(plugin, []).append(option)
        self.admin_links = self._offers("sipapp_admin_links", AdminLink)
        """The links to pages of plugins, each with the name of its plugin."""

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
        word = "Storage" if kind is ExtensionStorage else "Reload strategy"
        owner = self._owners[id(offer)]
        what = f"{word} {offer.name!r} of plugin {owner!r} could not be made"
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

    def implementers(self, hook: str) -> list[str]:
        """Names of the plugins that implement a hook."""
        return [each.plugin_name for each in self._implementations(hook)]

    def call_each(
        self, hook: str, convert: Callable[[Any], Any] | None = None, **arguments: object
    ) -> list[tuple[str, Any]]:
        """Call a hook of all plugins; returns (plugin's name, its result) where there is one.

        A plain pluggy call stops at the first plugin that raises.  Here each costs
        only its own part: the fault is logged with the plugin's name.  ``convert``
        turns a result into what the caller can rely on; a result that makes it
        raise is the plugin's fault too.
        """
        results = (
            (each.plugin_name, self._call_or_log(each, hook, arguments, convert))
            for each in self._implementations(hook)
        )
        return [(plugin, result) for plugin, result in results if result is not None]

    def first_result(self, hook: str, convert: Callable[[Any], Any], **arguments: object) -> Any:
        """The first result that a plugin gives, else ``None``; the rest is not called then.

        A failure is logged, and the next plugin is called.
        """
        for each in self._implementations(hook):
            result = self._call_or_log(each, hook, arguments, convert)
            if result is not None:
                return result
        return None

    def notify(self, hook: str, **arguments: object) -> None:
        """Call a hook of all plugins, whatever they return; a failure is logged."""
        self.call_each(hook, _ignore, **arguments)

    def require_each(
        self,
        hook: str,
        convert: Callable[[Any], Any],
        *,
        skip: Collection[str] = (),
        **arguments: object,
    ) -> list[tuple[str, Any]]:
        """Call a hook that decides whether a change is made, of all plugins but those to ``skip``.

        Returns as :meth:`call_each`.  Raises ``CheckFailed`` for a plugin that raises, or
        whose result makes ``convert`` raise; its fault is logged.
        """
        results = []
        for each in self._implementations(hook):
            if each.plugin_name in skip:
                continue
            try:
                with self.slow_calls.watch(each.plugin_name, hook):
                    results.append((each.plugin_name, _call(each, arguments, convert)))
            except Exception as error:
                log.exception("Plugin %s failed in %s.", each.plugin_name, hook)
                raise CheckFailed(each.plugin_name) from error
        return [(plugin, result) for plugin, result in results if result is not None]

    def configure(self, config: "Configurator") -> None:
        """Let all plugins add routes and views.

        A failure stops the start, because half a configuration is worse than none: raises
        ``SettingsError``, with the plugin's name.
        """
        self._call_at_start("sipapp_configure", lambda _: {"config": config})

    def start(self, arguments: Callable[[str], Mapping[str, object]]) -> None:
        """Tell all plugins that the application has started; ``arguments`` by a plugin's name.

        Raises ``SettingsError``, with the name of the plugin that fails.
        """
        self._call_at_start("sipapp_started", arguments)

    def _call_at_start(self, hook: str, arguments: Callable[[str], Mapping[str, object]]) -> None:
        for implementation in self._implementations(hook):
            name = implementation.plugin_name
            try:
                _call(implementation, arguments(name))
            except Exception as error:
                raise SettingsError(f"Plugin {name} failed in {hook}: {error!r}") from error

    def _call_or_log(
        self,
        implementation: pluggy.HookImpl,
        hook: str,
        arguments: Mapping[str, object],
        convert: Callable[[Any], Any] | None,
    ) -> Any:
        name = implementation.plugin_name
        try:
            with self.slow_calls.watch(name, hook):
                return _call(implementation, arguments, convert)
        except Exception:
            log.exception("Plugin %s failed in %s.", name, hook)
            return None

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """In the order in which pluggy calls them: the last one registered first."""
        implementations: list[pluggy.HookImpl] = getattr(self.manager.hook, hook).get_hookimpls()
        return implementations[::-1]

    def _offers(self, hook: str, kind: type[T]) -> list[tuple[str, T]]:
        offers: list[tuple[str, T]] = []
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            name = implementation.plugin_name
            try:
                offers.extend((name, offer) for offer in _each_of(kind, _call(implementation, {})))
            except Exception as error:
                raise SettingsError(f"Plugin {name} failed in {hook}: {error!r}") from error
        return offers


def _call(
    implementation: pluggy.HookImpl,
    arguments: Mapping[str, object],
    convert: Callable[[Any], Any] | None = None,
) -> Any:
    """Call one implementation with the arguments that it takes, as pluggy does."""
    result = implementation.function(*(arguments[name] for name in implementation.argnames))
    if isinstance(result, Iterator):
        # A generator runs here, where its failure is caught.
        result = list(result)
    return convert(result) if convert and result is not None else result


def _ignore(_result: object) -> None:
    """What an observer returns means nothing."""


def _each_of(kind: type[T], offers: Iterable[object]) -> Iterator[T]:
    for offer in offers:
        if not isinstance(offer, kind):
            raise TypeError(f"{offer!r} is no {kind.__name__}")
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
        reason = _wrong_argument(manager, plugin) or " ".join(str(error).split())
        raise SettingsError(f"Plugin {name or plugin!r} does not fit: {reason}") from error
    _check_marks(manager, plugin)


def _wrong_argument(manager: pluggy.PluginManager, plugin: object) -> str:
    """Which argument of which hook is misspelt; empty if that is not what is wrong."""
    for hook, spec in _SPECS.items():
        function = getattr(plugin, hook, None)
        if function is None or manager.parse_hookimpl_opts(plugin, hook) is None:
            continue
        known = list(inspect.signature(spec).parameters)
        unknown = [each for each in inspect.signature(function).parameters if each not in known]
        if unknown:
            its = ", ".join(known) or "none"
            return f"{hook} has no argument {unknown[0]!r}. Its arguments: {its}."
    return ""


def _hint(module: object) -> str:
    """Which object of the module has hooks, if the entry point has to name that."""
    for name, value in vars(module).items() if isinstance(module, ModuleType) else ():
        if not isinstance(value, type) and any(hasattr(type(value), hook) for hook in HOOKS):
            return f" Its object {name!r} does: end the entry point with :{name}."
    return ""


def _check_marks(manager: pluggy.PluginManager, plugin: object) -> None:
    """Warn of functions that look like hooks and are none, and of a plugin without hooks."""
    name = manager.get_name(plugin)
    callers = manager.get_hookcallers(plugin) or []
    implemented = {each.name for each in callers}
    unmarked = [
        each
        for each in dir(plugin)
        if each.startswith("sipapp_")
        and each not in implemented
        and callable(getattr(plugin, each, None))
    ]
    for each in unmarked:
        log.warning("Plugin %s: %s is never called, as it has no @hookimpl.", name, each)
    if not implemented and not unmarked:
        log.warning("Plugin %s implements no hook.%s", name, _hint(plugin))
    for caller in callers:
        for found in caller.get_hookimpls():
            if found.plugin is plugin and (found.wrapper or found.hookwrapper):
                raise SettingsError(
                    f"Plugin {name} does not fit: {caller.name} is declared as a wrapper of other "
                    "plugins' hooks, and plugins are called one by one. Declare it as a plain hook."
                )


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
