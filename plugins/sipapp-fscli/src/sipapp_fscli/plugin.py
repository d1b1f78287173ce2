"""Offers the reload strategy ``fs_cli``: FreeSWITCH's API through its command-line client."""

from collections.abc import Sequence
from typing import Final

from sipapp.api import (
    Backend,
    Option,
    ReloadStrategy,
    SettingsError,
    hookimpl,
    host,
    path,
    port,
    seconds,
    secret_file,
    sip_profiles,
)
from sipapp.freeswitch.api import FreeSwitchReload
from sipapp_fscli.profile import MAX_PASSWORD, fits, remove_leftovers
from sipapp_fscli.transport import FsCli


def program(text: str) -> str:
    """Parse a program's name, for ``PATH``, or its path."""
    if not text:
        raise ValueError("a program's name or path is needed.")
    return str(path(text)) if "/" in text else text


OPTIONS: Final = (
    Option(
        "command",
        "fs_cli, found in PATH or /usr/local/freeswitch/bin, or its path",
        program,
        "fs_cli",
    ),
    Option("host", "where Event Socket listens; when absent, what fs_cli finds", host, None),
    Option("port", "its TCP port; when absent, what fs_cli finds", port, None),
    Option(
        "password_file",
        "file with Event Socket's password on its first line; when absent, what fs_cli finds",
        secret_file,
        None,
    ),
    Option(
        "profile",
        "SIP profiles that phones register with, by spaces; browsers with the first",
        sip_profiles,
        ("internal",),
    ),
    Option("timeout", "seconds that one change may take", seconds, 10.0),
)


def make_strategy(
    *,
    command: str,
    host: str | None,
    port: int | None,
    password_file: str | None,
    profile: Sequence[str] = ("internal",),
    timeout: float,
) -> ReloadStrategy:
    """Make the strategy from its options.  Raises ``SettingsError`` if they do not fit."""
    if password_file is not None and not fits(password_file):
        raise SettingsError(
            "fs_cli cannot take this password from a file: it must have at most "
            f"{MAX_PASSWORD} bytes, no space at its beginning and no “;;”. "
            "Change it in event_socket.conf.xml, or use “esl” in place of “fs_cli”."
        )
    remove_leftovers()
    transport = FsCli(command, host, port, password_file)
    return FreeSwitchReload(transport, timeout=timeout, profiles=profile)


@hookimpl
def sipapp_reload_strategies() -> list[Backend[ReloadStrategy]]:
    """Offer ``fs_cli``."""
    return [Backend("fs_cli", make_strategy, "FreeSWITCH through fs_cli", OPTIONS)]
