"""The application: what the ini names is made, and put together."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.router import Router

from sipapp.changes.health import DirectoryHealth
from sipapp.changes.live_actions import LiveActions
from sipapp.changes.service import ExtensionService, ServiceParts
from sipapp.changes.write_checks import WriteChecks, check_changes
from sipapp.doctor.runner import DoctorRunner
from sipapp.doctor.target import DiagnosisTarget, public_host
from sipapp.files.signing_key import SigningKey, load_signing_key
from sipapp.history.history import History
from sipapp.history.sqlite_store import sqlite_store
from sipapp.hooks.manager import Plugins
from sipapp.hooks.plugin_options import parse_plugin_options
from sipapp.hooks.switch_events import SwitchEvents
from sipapp.model.change import Actor
from sipapp.model.errors import SettingsError
from sipapp.phone.service import PhoneService
from sipapp.settings.ini import BackendSettings, Settings, parse_settings
from sipapp.settings.options import parse_options
from sipapp.state.memory import MemoryState
from sipapp.state.shared import SharedState
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.demo import seed
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.live import LiveSwitches
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.timing import Timing
from sipapp.web.admin.messages import cookie_sessions
from sipapp.web.admin.plugin_pages import check_links
from sipapp.web.plugin_checks import PluginChecks
from sipapp.web.security import actor_of
from sipapp.web.switch_status import SwitchStatus

SWITCH_TIMING: Final = Timing()
"""Pauses and time limits of retries, pings and the reload after the start."""


@dataclass(frozen=True)
class Application:
    """The services of one application, ``request.app`` in views.

    The storage is not part of it: views read and change extensions through
    ``request.extensions``, which locks, records and applies each change.  Calls and
    registrations end by ``request.live_actions``, which records that.
    """

    settings: Settings
    plugins: Plugins
    history: History
    directory_health: DirectoryHealth
    write_checks: WriteChecks
    plugin_checks: PluginChecks
    switches: SwitchStatus
    live: LiveSwitches
    phone: PhoneService
    doctor: DoctorRunner
    state: SharedState


def make_app(ini: dict[str, str], plugins: Iterable[object] = ()) -> Router:
    """Make an application; ``plugins`` are objects with hooks, beside the installed ones.

    ``app.registry.close()`` ends what the application started.
    """
    settings = parse_settings(ini, os.environ)
    installed = Plugins.load(plugins)
    options = parse_plugin_options(installed.options, settings.plugins)
    storage = make_storage(settings, installed)
    strategies = make_strategies(settings, installed)
    state = MemoryState()
    events = SwitchEvents(installed)
    switches = SwitchFleet(strategies, state, SWITCH_TIMING, notify=events.put)
    live = LiveSwitches(strategies, storage.domains(), storage.aliases)
    history = make_history(settings, storage)
    key = load_signing_key(settings.secret_file)
    service = ExtensionService(ServiceParts.make(storage, switches, installed, history, state))
    application = Application(
        settings=settings,
        plugins=installed,
        history=history,
        directory_health=DirectoryHealth(storage),
        write_checks=WriteChecks(
            {"storage": partial(check_changes, storage), "history": history.check}
        ),
        plugin_checks=PluginChecks(installed),
        switches=SwitchStatus(switches.behind, switches.ping_checks),
        live=live,
        phone=PhoneService(settings.phone, storage, live, key, state, domain=settings.domain),
        doctor=make_doctor(
            settings,
            storage,
            strategies,
            switches,
            account_plugins=installed.implementers("sipapp_authenticate"),
        ),
        state=state,
    )
    if settings.demo:
        seed(storage)
    app = _make_router(ini, application, service, key)

    application.write_checks.faults()  # which the log tells
    switches.start(
        SwitchContext(settings.domain, storage, storage.switch_directory, storage.domains())
    )

    def close() -> None:
        installed.notify("sipapp_stopped")
        switches.stop()
        events.stop()
        storage.close()

    def arguments_of(plugin: str) -> Mapping[str, object]:
        extensions = service.by(Actor(f"plugin {plugin}"))
        return {"options": options.get(plugin, {}), "extensions": extensions}

    events.start()
    try:
        installed.start(arguments_of)
    except SettingsError:
        close()
        raise
    app.registry.close = close
    return app


def _make_router(
    ini: Mapping[str, str], application: Application, service: ExtensionService, key: SigningKey
) -> Router:
    config = Configurator(settings=ini)
    config.registry.app = application
    config.add_request_method(lambda _: application, "app", property=True)
    config.add_request_method(
        lambda request: service.by(actor_of(request)), "extensions", reify=True
    )
    config.add_request_method(
        lambda request: LiveActions(application.live, application.history, actor_of(request)),
        "live_actions",
        reify=True,
    )
    config.set_session_factory(cookie_sessions(key))
    config.include("pyramid_chameleon")
    config.include("sipapp.web.security")
    config.include("sipapp.web.shutdown")
    config.include("sipapp.web.assets")
    config.include("sipapp.web")
    config.include(
        _configure_plugins(application.plugins), route_prefix=application.settings.prefix
    )
    # The last ones: they run before what plugins have added, and what proxies say comes first.
    config.include("sipapp.web.hosts")
    config.include("sipapp.web.forwarded")
    router = config.make_wsgi_app()
    check_links(application.plugins.admin_links, config.get_routes_mapper())
    return router


def make_storage(settings: Settings, plugins: Plugins) -> ExtensionStorage:
    """Make the storage that the ini names.  Raises ``SettingsError``."""
    chosen = settings.storage
    backend = plugins.storage(chosen.use)
    chosen.refuse_foreign()
    options = parse_options(backend.options, chosen.options, chosen.prefix)
    return plugins.make(backend, ExtensionStorage, options)  # type: ignore[type-abstract]


def make_history(settings: Settings, storage: ExtensionStorage) -> History:
    """Make the history, on disk if the ini names a directory."""
    return History(sqlite_store(settings.history), storage)


def make_doctor(
    settings: Settings,
    storage: ExtensionStorage,
    strategies: Mapping[str, ReloadStrategy],
    switches: SwitchFleet,
    *,
    account_plugins: Sequence[str],
) -> DoctorRunner:
    """Make the doctor of the running server."""
    public = public_host(settings)
    return DoctorRunner(
        DiagnosisTarget(
            settings,
            storage,
            strategies,
            host=public.name,
            port=public.port,
            account_plugins=account_plugins,
            apply=switches.apply,
        )
    )


def make_strategies(settings: Settings, plugins: Plugins) -> dict[str, ReloadStrategy]:
    """Make the strategy of each switch that the ini names.  Raises ``SettingsError``."""

    def make(chosen: BackendSettings) -> ReloadStrategy:
        backend = plugins.strategy(chosen.use)
        options = parse_options(backend.options, chosen.options, chosen.prefix)
        return plugins.make(backend, ReloadStrategy, options)  # type: ignore[type-abstract]

    return {chosen.name: make(chosen) for chosen in settings.reloaders}


def _configure_plugins(plugins: Plugins) -> Any:
    def include(config: Configurator) -> None:
        plugins.configure(config)

    return include
