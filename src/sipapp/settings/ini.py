"""The ini and the environment, parsed once into frozen values; unknown keys are refused."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from sipapp.model.errors import SettingsError
from sipapp.model.extension import is_domain
from sipapp.settings.hosts import Host, parse_hosts
from sipapp.settings.options import Option, boolean, parse_options, path, secret_file
from sipapp.settings.phone import PhoneSettings, parse_phone
from sipapp.settings.proxies import Proxies, parse_proxies

PREFIX: Final = "sipapp."
_ALIKE: Final = 0.8
"""How alike, up to 1, the beginning of a key is to ours if it is taken for misspelt."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_SEGMENT: Final = re.compile(r"(?!\.\.?$)[\w.~@+-]+")
"""One of a path's, decoded.  Routes have meanings of their own for braces, stars and colons."""


def _url_prefix(text: str) -> str:
    """Parse a path; returns it decoded, without a slash at its end: ``/`` is empty."""
    path = unquote(text).removesuffix("/")
    is_path = text.startswith("/") and "%2f" not in text.lower()
    if not is_path or not all(map(_SEGMENT.fullmatch, path.split("/")[1:])):
        raise ValueError(f"{text!r} is not a path such as /sip.")
    return path


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split())
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name of letters, digits, hyphens, underscores.")
    if len(set(names)) < len(names):
        raise ValueError("a name stands there twice.")
    return names


def _domain(text: str) -> str:
    if text and not is_domain(text):
        raise ValueError(f"{text!r} is neither a host name nor an address.")
    return text


CORE: Final = (
    Option(
        "prefix",
        "path of the phone; the admin page is below it. / for a host that has nothing else",
        _url_prefix,
        "/sip",
    ),
    Option(
        "domain",
        "SIP domain of the extensions; when empty, the switch's own default, "
        "and the page's host for the phone",
        _domain,
        "",
    ),
    Option(
        "hosts",
        "names by which browsers reach this server, separated by spaces or line ends, such as "
        "pbx.example.com [2001:db8::1]; one with a port (pbx.example.com:8443) is for that port "
        "only. Requests for other names are refused. The first one is the public name for the "
        "doctor. When absent: all names, or those of this machine itself if there is no account",
        parse_hosts,
        (),
    ),
    Option(
        "trusted_proxies",
        "addresses, networks (172.18.0.0/16, fd00:1::/64) and host names of the proxies in front, "
        "separated by spaces or line ends: their X-Forwarded-For, -Proto, -Host and -Prefix are "
        "believed. Needs clear_untrusted_proxy_headers = false in [server:main]",
        parse_proxies,
        Proxies(),
    ),
    Option("storage", "name of the active storage", str, "xmldir"),
    Option("reloaders", "names of the switches, separated by spaces", _names, ()),
    Option(
        "require_admin_password",
        "refuse to start when the environment gives no administrator's password",
        boolean,
        False,
    ),
    Option(
        "users",
        "file of users beside the environment's administrator, written by “sipapp user add”",
        path,
        None,
    ),
    Option(
        "secret_file",
        "file with the key of cookies and of phones' sessions, which the server makes if it is not "
        "there; servers of one installation share it. Without it, the key, and with it every "
        "session of a phone, ends with the server",
        path,
        None,
    ),
    Option(
        "history",
        "directory where every change is written down, with what undoing it needs (passwords "
        "too); without it, the history ends with the server",
        path,
        None,
    ),
    Option(
        "demo",
        "make extensions 1000 and 1001 when the storage is empty at the start",
        boolean,
        False,
    ),
)


@dataclass(frozen=True)
class BackendSettings:
    """A named instance of a back end: what makes it, and its options as the ini has them.

    ``prefix`` is what stands before the options in the ini, ``foreign`` are keys of the ini
    that are for another storage.
    """

    name: str
    use: str
    options: Mapping[str, str] = field(repr=False)
    prefix: str
    foreign: tuple[str, ...] = ()

    def refuse_foreign(self) -> None:
        """Raise ``SettingsError`` if there are options of a storage that is not in use.

        To be called when it is known that ``use`` is installed: else a misspelt name of the
        storage would be told as options of another one.
        """
        if self.foreign:
            raise SettingsError(
                f"Setting {self.foreign[0]} is for a storage that is not in use: "
                f"{PREFIX}storage is {self.name!r}."
            )


@dataclass(frozen=True)
class AdminAccount:
    """Who may use the admin pages; a password of ``None`` leaves them open."""

    user: str
    password: str | None = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """All of sipapp's settings."""

    prefix: str
    """Decoded, without a slash at its end; empty for ``/``."""
    domain: str
    hosts: tuple[Host, ...]
    trusted_proxies: Proxies
    demo: bool
    users: Path | None
    secret_file: Path | None
    history: Path | None
    phone: PhoneSettings
    storage: BackendSettings
    reloaders: tuple[BackendSettings, ...]
    admin: AdminAccount
    plugins: Mapping[str, str] = field(repr=False)
    """Options of plugins themselves, by ``NAME.OPTION``, as the ini has them."""


def parse_settings(ini: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Parse an application's settings.  Raises ``SettingsError`` that names the key."""
    _refuse_misspelt(ini)
    given = {
        key.removeprefix(PREFIX): value for key, value in ini.items() if key.startswith(PREFIX)
    }
    phone = parse_phone(_take(given, "phone."))
    storages = _take(given, "storage.")
    reloaders = _take(given, "reloader.")
    plugins = _take(given, "plugin.")
    core = parse_options(CORE, given, PREFIX)
    admin = _admin_account(environ)
    if core["require_admin_password"] and admin.password is None and core["users"] is None:
        raise SettingsError(
            "sipapp.require_admin_password is true, and no password is set: give the "
            "environment SIP_ADMIN_PASS or SIP_ADMIN_PASS_FILE. Not starting open to everyone."
        )
    return Settings(
        prefix=core["prefix"],
        domain=core["domain"],
        hosts=core["hosts"],
        trusted_proxies=core["trusted_proxies"],
        demo=core["demo"],
        users=core["users"],
        secret_file=core["secret_file"],
        history=core["history"],
        phone=phone,
        storage=_storage(core["storage"], storages),
        reloaders=_reloaders(core["reloaders"], reloaders),
        admin=admin,
        plugins=plugins,
    )


def _refuse_misspelt(keys: Iterable[str]) -> None:
    """Raise ``SettingsError`` for a key that begins nearly as ours do: nothing else would tell."""
    own = PREFIX.removesuffix(".")
    for key in keys:
        first = key.partition(".")[0].lower()
        if not key.startswith(PREFIX) and get_close_matches(first, [own], cutoff=_ALIKE):
            raise SettingsError(f"Setting {key} is not read: the settings begin with {PREFIX}")


def _take(given: dict[str, str], prefix: str) -> dict[str, str]:
    taken = {key: given.pop(key) for key in list(given) if key.startswith(prefix)}
    return {key.removeprefix(prefix): value for key, value in taken.items()}


def _storage(name: str, options: dict[str, str]) -> BackendSettings:
    own = _take(options, name + ".")
    foreign = tuple(f"{PREFIX}storage.{each}" for each in sorted(options))
    return BackendSettings(name, name, own, f"{PREFIX}storage.{name}.", foreign)


def _reloaders(names: tuple[str, ...], options: dict[str, str]) -> tuple[BackendSettings, ...]:
    made = []
    for name in names:
        own = _take(options, name + ".")
        prefix = f"{PREFIX}reloader.{name}."
        use = own.pop("use", "").strip()
        if not use:
            raise SettingsError(f"Setting {prefix}use is missing: the kind of switch {name!r} is.")
        made.append(BackendSettings(name, use, own, prefix))
    if options:
        other = sorted(options)[0]
        raise SettingsError(
            f"Setting {PREFIX}reloader.{other} is for a switch "
            f"that {PREFIX}reloaders does not name."
        )
    return tuple(made)


def _admin_account(environ: Mapping[str, str]) -> AdminAccount:
    user = variable(environ, "SIP_ADMIN_USER") or "admin"
    if ":" in user:
        raise SettingsError("SIP_ADMIN_USER must not contain a colon: HTTP Basic Auth cannot.")
    password = variable(environ, "SIP_ADMIN_PASS") or None
    file = variable(environ, "SIP_ADMIN_PASS_FILE")
    if password is not None and file:
        raise SettingsError("Set SIP_ADMIN_PASS or SIP_ADMIN_PASS_FILE, not both.")
    if file:
        try:
            password = secret_file(file)
        except ValueError as error:
            raise SettingsError(f"SIP_ADMIN_PASS_FILE: {error}") from error
    return AdminAccount(user, password)


def variable(environ: Mapping[str, str], name: str) -> str:
    """A variable without the line end that it has where it was read from a file as a whole."""
    return environ.get(name, "").rstrip("\r\n")
