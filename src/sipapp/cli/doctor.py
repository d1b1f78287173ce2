"""``sipapp doctor INI``."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping

import plaster  # type: ignore[import-untyped]  # it has no types

from sipapp.app import make_storage, make_strategies
from sipapp.doctor.report import DiagnosisReport
from sipapp.doctor.runner import examine
from sipapp.doctor.target import DiagnosisTarget, public_host
from sipapp.hooks.manager import Plugins
from sipapp.hooks.plugin_options import parse_plugin_options
from sipapp.model.diagnosis import fault
from sipapp.model.errors import SettingsError
from sipapp.settings.hosts import Host, parse_host
from sipapp.settings.ini import parse_settings
from sipapp.settings.options import boolean

_REQUIRE = "sipapp.require_admin_password"


def add_to(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    read: Callable[[str], Mapping[str, str]],
) -> None:
    """Add the subcommand; ``read`` gives the application's part of an ini."""
    parser = commands.add_parser(
        "doctor",
        help="look at all that phones need; exit status 0 ok, 1 warnings, 2 faults",
    )
    parser.add_argument("ini", help="the ini file that the server runs with")
    parser.add_argument(
        "--host",
        type=_host,
        metavar="NAME[:PORT]",
        help="the name by which browsers reach the page, and its port if it is not 443; without "
        "it, the first of sipapp.hosts",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for monitoring")
    parser.set_defaults(run=lambda parsed: _run(parsed, read))


def _host(text: str) -> Host:
    try:
        return parse_host(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _run(parsed: argparse.Namespace, read: Callable[[str], Mapping[str, str]]) -> int:
    try:
        report = _examine(parsed, read)
    except SettingsError as error:
        line = fault("settings", str(error), "The server does not start until that is right.")
        report = DiagnosisReport((line,), 0.0, 0.0)
    lines = [json.dumps(report.as_json(), indent=2)] if parsed.json else report.as_text()
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return report.status


def _examine(
    parsed: argparse.Namespace, read: Callable[[str], Mapping[str, str]]
) -> DiagnosisReport:
    given = dict(read(parsed.ini))
    # The administrator's password is in the server's environment, and need not be in ours.
    required = given.pop(_REQUIRE, "false")
    try:
        must_have_password = boolean(required)
    except ValueError as error:
        raise SettingsError(f"Setting {_REQUIRE}: {error}") from error
    settings = parse_settings(given, os.environ)
    installed = Plugins.load()
    parse_plugin_options(installed.options, settings.plugins)
    strategies = make_strategies(settings, installed)
    storage = make_storage(settings, installed)
    host: Host = parsed.host or public_host(settings)
    target = DiagnosisTarget(
        settings,
        storage,
        strategies,
        host=host.name,
        port=host.port,
        server=plaster.get_settings(parsed.ini, "server:main"),
        must_have_password=must_have_password,
        account_plugins=installed.implementers("sipapp_authenticate"),
    )
    try:
        return examine(target)
    finally:
        storage.close()
