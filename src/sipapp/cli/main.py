"""The ``sipapp`` command."""

import argparse
import configparser
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pyramid.paster import get_appsettings

from sipapp.app import make_storage, make_strategies
from sipapp.cli import doctor, history, plugin_check, users
from sipapp.hooks.backends import Backend
from sipapp.hooks.manager import Plugins
from sipapp.hooks.plugin_options import PREFIX, parse_plugin_options
from sipapp.model.errors import SettingsError, SipappError
from sipapp.settings.ini import Settings, parse_settings
from sipapp.settings.options import Option
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import CAPABILITIES
from sipapp.storages.demo import DEMO_IDS, seed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns its exit status, 2 if the server would refuse to start."""
    given = sys.argv[1:] if arguments is None else arguments
    status: int | None
    try:
        if list(given[:2]) == ["plugins", "check"]:
            # Before all plugins are loaded: what is wrong with this one may stop that.
            return plugin_check.run(given[2:])
        parsed = _parser(Plugins.load()).parse_args(given)
        status = parsed.run(parsed)
    except (SipappError, OSError) as error:
        print(f"sipapp: {error}", file=sys.stderr)
        return 2
    return status or 0


def _parser(installed: Plugins) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sipapp", description=__doc__)
    commands = parser.add_subparsers(required=True)
    plugins = commands.add_parser(
        "plugins",
        help="list installed plugins, what is active, and their hooks",
        epilog="“sipapp plugins check NAME” says which rules of a good plugin one keeps.",
    )
    plugins.add_argument("ini", nargs="?", help="an ini file, to see what it makes active")
    plugins.set_defaults(run=_plugins)
    demo = commands.add_parser(
        "demo", help="make the demo extensions if there are none, and print who they are"
    )
    demo.add_argument("ini", help="an ini file with sipapp.demo = true")
    demo.set_defaults(run=_demo)
    doctor.add_to(commands, _given)
    users.add_to(commands, _given)
    history.add_to(commands, _given)
    installed.notify("sipapp_commands", subparsers=commands, open_storage=_open_storage)
    return parser


def _read(ini: str) -> Settings:
    return parse_settings(_given(ini), os.environ)


@contextmanager
def _open_storage(ini: str) -> Iterator[ExtensionStorage]:
    """Open the storage that an ini names, and close it afterwards.  Raises ``SettingsError``."""
    storage = make_storage(_read(ini), Plugins.load())
    try:
        yield storage
    finally:
        storage.close()


def _given(ini: str) -> dict[str, str]:
    """What the ini has for the application, as text."""
    try:
        return dict(get_appsettings(ini, name="main"))
    except (LookupError, configparser.Error) as error:
        # Not the error's own text: it quotes the line, and a line may hold a password.
        raise SettingsError(
            f"{ini} is no ini file with a section [app:main]: {type(error).__name__}."
        ) from error


def _plugins(parsed: argparse.Namespace) -> None:
    """List what is installed.  Raises ``SettingsError`` after it, if the ini does not fit."""
    installed = Plugins.load()
    settings, fault = None, None
    abilities: Mapping[str, str] = {}
    if parsed.ini:
        try:
            settings, abilities = _usable(parsed.ini, installed)
        except SettingsError as error:
            fault = error
    for name in installed.names():
        print(f"{name}: {', '.join(installed.hooks_of(name)) or 'no hooks'}")
        _options(installed.options.get(name, ()), f"{PREFIX}{name}.")
    _offers("storage", installed.storages, abilities)
    active = {each.use: "" for each in settings.reloaders} if settings else {}
    _offers("reload strategy", installed.strategies, active)
    if fault:
        raise fault


def _usable(ini: str, installed: Plugins) -> tuple[Settings, Mapping[str, str]]:
    """The settings, if storage and switches can be made of them as the server does.

    And by the storage's name what it can do that not every storage can.
    """
    settings = _read(ini)
    parse_plugin_options(installed.options, settings.plugins)
    make_strategies(settings, installed)
    storage = make_storage(settings, installed)
    abilities = [word for word, kind in CAPABILITIES.items() if isinstance(storage, kind)]
    if storage.keeps_passwords:
        abilities.append("keeps passwords")
    storage.close()
    return settings, {settings.storage.use: ", ".join(abilities)}


def _offers(kind: str, offers: Mapping[str, Backend[Any]], active: Mapping[str, str]) -> None:
    for name, backend in sorted(offers.items()):
        mark = " (active)" if name in active else ""
        print(f"{kind} {name}{mark}: {backend.description}")
        if active.get(name):
            print(f"    can: {active[name]}")
        _options(backend.options)


def _options(options: Sequence[Option], prefix: str = "") -> None:
    for option in options:
        needed = " (required)" if option.required else ""
        print(f"    {prefix}{option.name}{needed}: {option.help}")


def _demo(parsed: argparse.Namespace) -> None:
    """Print passwords: to the person who starts the demo, never to a log."""
    settings = _read(parsed.ini)
    if not settings.demo:
        raise SipappError(f"{parsed.ini} does not say sipapp.demo = true.")
    with _open_storage(parsed.ini) as storage:
        seed(storage)
        demo = list(storage.get_many(DEMO_IDS).values())
    for extension in demo:
        print(f"  extension {extension.id}   password {extension.password}")
