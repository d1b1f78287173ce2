"""The application: what the ini names is made, and put together."""

import os
from collections.abc import Iterable
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.router import Router

from sipapp.changes.health import DirectoryHealth
from sipapp.changes.service import ExtensionService
from sipapp.changes.write_checks import WriteChecks
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.phone.service import PhoneService
from sipapp.settings.ini import BackendSettings, Settings, parse_settings
from sipapp.settings.options import parse_options
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.demo import seed
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.live import LiveSwitches
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.timing import Timing
from sipapp.web.security import actor_of

SWITCH_TIMING: Final = Timing()
"""Pauses and time limits of retries, pings and the reload after the start."""


def make_app(ini: dict[str, str], plugins: Iterable[object] = ()) -> Router:
    """Make an application; ``plugins`` are objects with hooks, beside the installed ones.

    ``app.registry.close()`` ends what the application started.
    """
    settings = parse_settings(ini, os.environ)
    installed = Plugins.load(plugins)
    storage = make_storage(settings, installed)
    strategies = make_strategies(settings, installed)
    switches = SwitchFleet(strategies, SWITCH_TIMING)
    live = LiveSwitches(strategies)
    history = make_history(settings, storage)
    service = ExtensionService(storage, switches, installed, history)
    health = DirectoryHealth(storage)
    phone = PhoneService(settings.phone, storage, live)
    checks = WriteChecks({"storage": storage.check, "history": history.check})
    if settings.demo:
        seed(storage)
    config = Configurator(settings=ini)
    config.registry.sipapp_settings = settings
    config.registry.sipapp_plugins = installed
    config.registry.sipapp_write_checks = checks
    config.registry.sipapp_phone = phone
    config.add_request_method(lambda _: settings, "sipapp_settings", property=True)
    config.add_request_method(lambda _: installed, "plugins", property=True)
    config.add_request_method(
        lambda request: service.by(actor_of(request)), "extensions", reify=True
    )
    config.add_request_method(lambda _: history, "history", property=True)
    config.add_request_method(lambda _: health, "directory_health", property=True)
    config.add_request_method(lambda _: storage, "storage", property=True)
    config.add_request_method(lambda _: checks, "write_checks", property=True)
    config.add_request_method(lambda _: switches, "switches", property=True)
    config.add_request_method(lambda _: strategies, "strategies", property=True)
    config.add_request_method(lambda _: live, "live", property=True)
    config.add_request_method(lambda _: phone, "phone", property=True)
    config.include("pyramid_chameleon")
    config.include("sipapp.web.security")
    config.include("sipapp.web.shutdown")
    config.include("sipapp.web.assets")
    config.include("sipapp.web")
    config.include(_configure_plugins(installed), route_prefix=settings.prefix)
    app = config.make_wsgi_app()

    checks.faults()  # which the log tells
    switches.start(SwitchContext(settings.domain, storage.list, storage.switch_directory))

    def close() -> None:
        switches.stop()
        storage.close()

    app.registry.close = close
    return app


def make_storage(settings: Settings, plugins: Plugins) -> ExtensionStorage:
    """Make the storage that the ini names.  Raises ``SettingsError``."""
    chosen = settings.storage
    backend = plugins.storage(chosen.use)
    options = parse_options(backend.options, chosen.options, chosen.prefix)
    return plugins.make(backend, ExtensionStorage, options)  # type: ignore[type-abstract]


def make_history(settings: Settings, storage: ExtensionStorage) -> History:
    """Make the history, on disk if the ini names a directory."""
    return History(sqlite_store(settings.history), storage)


def make_strategies(settings: Settings, plugins: Plugins) -> dict[str, ReloadStrategy]:
    """Make the strategy of each switch that the ini names.  Raises ``SettingsError``."""

    def make(chosen: BackendSettings) -> ReloadStrategy:
        backend = plugins.strategy(chosen.use)
        options = parse_options(backend.options, chosen.options, chosen.prefix)
        return plugins.make(backend, ReloadStrategy, options)  # type: ignore[type-abstract]

    return {chosen.name: make(chosen) for chosen in settings.reloaders}


def _configure_plugins(plugins: Plugins) -> Any:
    def include(config: Configurator) -> None:
        plugins.manager.hook.sipapp_configure(config=config)

    return include
