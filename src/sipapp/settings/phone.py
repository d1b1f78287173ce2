"""What the ini says of the softphone."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sipapp.model.errors import SettingsError
from sipapp.model.extension import USER_RULE, is_user
from sipapp.settings.numbering import NUMBERING, Numbering
from sipapp.settings.options import Option, boolean, parse_options, path, secret_file

PREFIX: Final = "sipapp.phone."
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR


def _websocket_url(text: str) -> str:
    if not re.fullmatch(
        r"wss?://(\{host\}|[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(\{prefix\})?(/\S*)?", text
    ):
        raise ValueError(f"{text!r} is not a ws:// or wss:// URL such as wss://{{host}}:7443.")
    return text


def server_below(server: str, prefix: str) -> str:
    """The URL of ``server`` for a page below ``prefix``, the phone's path in the browser.

    ``prefix`` is percent-encoded, without a slash at its end.
    """
    return server.replace("{prefix}", prefix)


def server_at(server: str, host: str, port: int | None, prefix: str) -> str:
    """The URL of ``server`` for a page at this host (IPv6 in brackets), port and path.

    The page's port, ``None`` for the scheme's own, is kept where the URL has none.  ``prefix``
    is as for :func:`server_below`.
    """
    if port is not None:
        server = re.sub(r"^(wss?://\{host\})(?!:)", rf"\1:{port}", server)
    return server_below(server.replace("{host}", host), prefix)


def _ice_servers(text: str) -> tuple[Mapping[str, Any], ...]:
    """Parse URLs separated by spaces, or RTCIceServer objects as a JSON list."""
    if not text.startswith("["):
        servers: list[Any] = [{"urls": [url]} for url in text.split()]
    else:
        try:
            servers = json.loads(text)
        except ValueError as error:
            raise ValueError(f"not a JSON list: {error}.") from error
    for server in servers:
        urls = server.get("urls") if isinstance(server, dict) else None
        urls = [urls] if isinstance(urls, str) else urls
        if not isinstance(urls, list) or not urls:
            raise ValueError("each RTCIceServer needs “urls”.")
        for url in urls:
            if not re.match(r"(stuns?|turns?):[^\s/]", str(url)):
                raise ValueError(f"{url!r} is not a stun:, stuns:, turn: or turns: URL.")
    return tuple(servers)


def _turn_urls(text: str) -> tuple[str, ...]:
    urls = tuple(text.split())
    for url in urls:
        if not re.match(r"turns?:[^\s/]", url):
            raise ValueError(f"{url!r} is not a turn: or turns: URL.")
    return urls


def _secret_path(text: str) -> Path:
    # Read again whenever it is used, so that it can be changed without a restart.
    secret_file(text)
    return path(text)


def _lifetime(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 60 <= int(text[:9]) <= 7 * _DAY):
        raise ValueError(f"{text!r} is not a number of seconds from 60 to {7 * _DAY}.")
    return int(text)


def _part_of_number(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9*#+._-]{0,16}", text):
        raise ValueError(f"{text!r} cannot be part of a number: use digits, letters, * and #.")
    return text


def _country(text: str) -> str:
    if text and text.upper() not in NUMBERING:
        raise ValueError(f"{text!r} is not a country of two letters (ISO 3166-1) such as DE.")
    return text.upper()


def _outside_prefix(text: str) -> str:
    if not re.fullmatch(r"[0-9*#]{0,8}|\+", text):
        raise ValueError(f"{text!r} cannot be a prefix: use digits, * and #, or + alone.")
    return text


def _presence(text: str) -> str:
    if text not in {"server", "sip", "off"}:
        raise ValueError(f"{text!r} is neither server, sip nor off.")
    return text


def _user(text: str) -> str:
    if text and not is_user(text):
        raise ValueError(f"{text!r} cannot be a user's name: use {USER_RULE}")
    return text


PHONE: Final = (
    Option(
        "server",
        "WebSocket URL that the phone registers at; {host} is the page's host, with the page's "
        "port where the URL has none, {prefix} the phone's path in the browser "
        "(wss://{host}{prefix}/ws)",
        _websocket_url,
        "wss://{host}:7443",
    ),
    Option(
        "allow_custom_server", "let people change server and domain on the page", boolean, False
    ),
    Option(
        "ice_servers",
        "STUN and TURN URLs, separated by spaces, or a JSON list of RTCIceServer objects; "
        "public, so no place for passwords that matter",
        _ice_servers,
        (),
    ),
    Option(
        "turn_urls",
        "TURN URLs, separated by spaces, of a coturn with use-auth-secret: a phone that has proved "
        "its password gets credentials of its own for a while",
        _turn_urls,
        (),
    ),
    Option(
        "turn_secret_file",
        "file with coturn's static-auth-secret on its first line",
        _secret_path,
        None,
    ),
    Option(
        "turn_lifetime",
        "seconds that such credentials are good for, also after another password or a deletion",
        _lifetime,
        _HOUR,
    ),
    Option("echo_number", "a number that plays back what it hears", str, "9196"),
    Option(
        "conference_prefix",
        "start of the numbers of conference rooms; two digits follow if it is of digits, else "
        "eight letters and digits; when empty, the phone offers no conferences",
        _part_of_number,
        "30",
    ),
    Option(
        "recovery_user",
        "a name that reaches nobody: the phone calls it to take over a call that was cut off; "
        "empty for the other side itself, where the switch is a mere proxy",
        _user,
        "resume",
    ),
    Option(
        "voicemail_number",
        "the number that plays an extension its own messages; when empty, there is no button",
        _part_of_number,
        "*98",
    ),
    Option(
        "pickup_prefix",
        "what stands before an extension to pick up the call that rings there; empty for none",
        _part_of_number,
        "**",
    ),
    Option(
        "country",
        "country of the switch, as two letters such as DE: numbers outside are dialled as from "
        "there, +49 30 … as 030 … and +33 … as 0033 …, and known in every notation. When empty, "
        "numbers go out as typed, without spaces and the like",
        _country,
        "",
    ),
    Option(
        "outside_prefix",
        "what stands before numbers outside, for an outside line, such as 0; + sends all of them "
        "as + and country code. Needs country",
        _outside_prefix,
        "",
    ),
    Option(
        "auto_answer",
        "let calls that ask for it (intercom) be answered without a click",
        boolean,
        False,
    ),
    Option(
        "directory",
        "tell a phone that has proved its password the ids and names of all extensions",
        boolean,
        True,
    ),
    Option(
        "presence",
        "where phones get the presence of extensions: server, from the live status of the "
        "switches and only where directory is on; sip, by subscriptions at the switch; or off",
        _presence,
        "server",
    ),
    Option("reports", "take reports of faults from phones, for the administrator", boolean, True),
    Option(
        "reports_directory",
        "folder for these reports; when absent, they are gone when the server ends",
        path,
        None,
    ),
)


@dataclass(frozen=True)
class PhoneSettings:
    """What the softphone is told, and what it may ask of the server."""

    server: str
    allow_custom_server: bool
    ice_servers: tuple[Mapping[str, Any], ...]
    turn_urls: tuple[str, ...]
    turn_secret_file: Path | None
    turn_lifetime: int
    echo_number: str
    conference_prefix: str
    recovery_user: str
    voicemail_number: str
    pickup_prefix: str
    country: str
    outside_prefix: str
    auto_answer: bool
    directory: bool
    presence: str
    reports: bool
    reports_directory: Path | None

    @property
    def numbering(self) -> Numbering | None:
        """How numbers are dialled in the country; ``None`` where none is configured."""
        return NUMBERING.get(self.country)

    @property
    def presence_source(self) -> str:
        """As ``presence``, but the server tells nothing of extensions that it does not list."""
        return "off" if self.presence == "server" and not self.directory else self.presence


def parse_phone(given: Mapping[str, str]) -> PhoneSettings:
    """Parse the keys below ``sipapp.phone.``.  Raises ``SettingsError`` that names the key."""
    settings = PhoneSettings(**parse_options(PHONE, given, PREFIX))
    if bool(settings.turn_urls) is not bool(settings.turn_secret_file):
        missing = "turn_secret_file" if settings.turn_urls else "turn_urls"
        other = "turn_urls" if settings.turn_urls else "turn_secret_file"
        raise SettingsError(f"Setting {PREFIX}{missing} is missing: {PREFIX}{other} needs it.")
    if settings.outside_prefix and not settings.country:
        raise SettingsError(f"Setting {PREFIX}country is missing: {PREFIX}outside_prefix needs it.")
    return settings
