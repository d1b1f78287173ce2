"""Offers the reload strategy ``esl``: FreeSWITCH's API over its Event Socket."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sipapp.api import (
    Backend,
    Diagnosis,
    LiveView,
    Option,
    ReloadStrategy,
    SettingsError,
    SwitchContext,
    hookimpl,
    host,
    is_here,
    port,
    seconds,
    secret_file,
    sip_profiles,
)
from sipapp.freeswitch.api import FreeSwitchReload, Transport
from sipapp_esl.client import Client, Login
from sipapp_esl.doctor import diagnose
from sipapp_esl.protocol import is_one_line
from sipapp_esl.subscription import Subscription

# mod_event_socket.c:1759-1775: the name ends at the first @, the domain at the first colon.
_USER: Final = re.compile(r"[^\s:@]+@[^\s:@]+")

AT_ONCE: Final = 50
"""Commands that are sent before their replies are read: small enough for both ends' buffers."""

OPTIONS: Final = (
    Option("host", "where Event Socket listens", host, "127.0.0.1"),
    Option("port", "its TCP port", port, 8021),
    Option("user", "a user of the directory, name@domain, to log in as by userauth", str, ""),
    Option("password", "the password; better in a file", str, None),
    Option("password_file", "file with the password on its first line", secret_file, None),
    Option(
        "profile",
        "SIP profiles that phones register with, by spaces; browsers with the first",
        sip_profiles,
        ("internal",),
    ),
    Option("timeout", "seconds that one change may take", seconds, 10.0),
)


class EventSocket(Transport):
    """One short connection per command, or for several, with one deadline over all of it."""

    questions = 1000

    def __init__(self, login: Login) -> None:
        self._login = login

    @property
    def is_local(self) -> bool:
        return is_here(self._login.host)

    def command(self, command: str, *, timeout: float) -> str:
        (reply,) = self.commands([command], timeout=timeout)
        return reply

    def commands(self, commands: Sequence[str], *, timeout: float) -> Iterator[str]:
        deadline = time.monotonic() + timeout
        if not all(map(is_one_line, commands)):
            raise ValueError("A FreeSWITCH command must not contain CR, LF or NUL.")
        with Client(self._login, deadline=deadline) as client:
            for first in range(0, len(commands), AT_ONCE):
                yield from client.apis(commands[first : first + AT_ONCE], deadline=deadline)

    def diagnose(self, *, timeout: float) -> Iterable[Diagnosis]:
        return diagnose(self._login, self, timeout=timeout)


class EventSocketReload(FreeSwitchReload):
    """The strategy; what goes on at the switch is known by a subscription."""

    def __init__(self, login: Login, *, timeout: float, profiles: Sequence[str]) -> None:
        super().__init__(EventSocket(login), timeout=timeout, profiles=profiles)
        self._subscription = Subscription(login, profiles)

    def start(self, context: SwitchContext) -> None:
        super().start(context)
        self._subscription.domains = context.domains

    def live(self) -> LiveView | None:
        return self._subscription.view()

    def stop(self) -> None:
        self._subscription.stop()
        super().stop()


def make_strategy(
    *,
    host: str,
    port: int,
    user: str,
    password: str | None,
    password_file: str | None,
    profile: Sequence[str] = ("internal",),
    timeout: float,
) -> ReloadStrategy:
    """Make the strategy from its options.  Raises ``SettingsError`` if they do not fit."""
    if (password is None) is (password_file is None):
        raise SettingsError(
            "Event Socket needs its password, once: give password_file (or password) of this "
            "switch. FreeSWITCH's default is “ClueCon”; change it there before you use it here."
        )
    secret = password_file if password is None else password
    if not secret or not is_one_line(secret):
        raise SettingsError("Event Socket's password must be one line and not empty.")
    if user and not _USER.fullmatch(user):
        raise SettingsError(
            f"Event Socket's user is {user!r}; it must be name@domain, without spaces or colons."
        )
    return EventSocketReload(Login(host, port, secret, user), timeout=timeout, profiles=profile)


@hookimpl
def sipapp_reload_strategies() -> list[Backend[ReloadStrategy]]:
    """Offer ``esl``."""
    return [Backend("esl", make_strategy, "FreeSWITCH over its Event Socket", OPTIONS)]
