"""Options of back ends: declared once, parsed by the core, documented from the declaration."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from pyramid.settings import asbool

from sipapp.model.errors import SettingsError

_REQUIRED: Final = object()
_PROFILE: Final = re.compile(r"[A-Za-z0-9._:-]+")
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@dataclass(frozen=True)
class Option:
    """One ini key of a back end, below its prefix.

    ``parse`` turns the ini's text into the value that the factory gets as keyword
    argument ``name``; it raises :class:`ValueError` with a sentence for bad text.
    An option without ``default`` is required.
    """

    name: str
    help: str
    parse: Callable[[str], Any] = str
    default: Any = _REQUIRED

    @property
    def required(self) -> bool:
        """Whether the ini must give it."""
        return self.default is _REQUIRED


def parse_options(
    options: Sequence[Option], given: Mapping[str, str], prefix: str
) -> dict[str, Any]:
    """Parse the ini's texts into keyword arguments for a factory.

    ``prefix`` is what stands before the names in the ini, for messages.
    Raises :class:`SettingsError` for unknown, missing and malformed keys, and for two options
    of one name.
    """
    known = {option.name for option in options}
    twice = sorted((Counter(option.name for option in options) - Counter(known)).keys())
    if twice:
        raise SettingsError(f"Setting {prefix}{twice[0]} is declared by two options of its plugin.")
    unknown = sorted(set(given) - known)
    if unknown:
        raise SettingsError(
            f"Unknown setting {prefix}{unknown[0]}. Known here: "
            + (", ".join(prefix + name for name in sorted(known)) or "none")
            + "."
        )
    return {option.name: _parse_one(option, given, prefix) for option in options}


def _parse_one(option: Option, given: Mapping[str, str], prefix: str) -> Any:
    if option.name not in given:
        if option.required:
            raise SettingsError(f"Setting {prefix}{option.name} is missing: {option.help}")
        return option.default
    try:
        return option.parse(given[option.name].strip())
    except ValueError as error:
        raise SettingsError(f"Setting {prefix}{option.name}: {error}") from error


def boolean(text: str) -> bool:
    """Parse ``true`` or ``false`` (Pyramid's words for them)."""
    if text.lower() not in {"true", "false", "yes", "no", "on", "off", "1", "0"}:
        raise ValueError(f"{text!r} is neither true nor false.")
    return bool(asbool(text))


def seconds(text: str) -> float:
    """Parse a time limit in seconds, above 0 and at most 300."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 300:
        raise ValueError(f"{text!r} is not a number of seconds above 0 and up to 300.")
    return value


def port(text: str) -> int:
    """Parse a TCP port, 1 to 65535."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError(f"{text!r} is not a port from 1 to 65535.")
    return int(text)


def host(text: str) -> str:
    """Parse a host name or an address; returns an IPv6 address without its brackets."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        ip_address(bare)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise ValueError(f"{text!r} is neither a host name nor an address.") from None
        return text
    return bare


def sip_profile(text: str) -> str:
    """Parse the name of one of FreeSWITCH's SIP profiles, such as ``internal``."""
    if not _PROFILE.fullmatch(text):
        raise ValueError(f"{text!r} cannot be the name of a SIP profile, such as internal.")
    return text


def sip_profiles(text: str) -> tuple[str, ...]:
    """Parse the names of one or several SIP profiles, separated by spaces."""
    names = tuple(dict.fromkeys(map(sip_profile, text.split())))
    if not names:
        raise ValueError("the name of a SIP profile is needed, such as internal.")
    return names


def path(text: str) -> Path:
    """Parse a path; ``~`` is the home directory, and a relative one starts where we run."""
    if not text:
        raise ValueError("a path is needed.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError(
            f"{text!r}: there is no such home directory; give the whole path."
        ) from None


def paths(text: str) -> tuple[Path, ...]:
    """Parse one or several paths, one a line, each as :func:`path` does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(map(path, lines or [""]))


def secret_file(text: str) -> str:
    """Read a secret from the file that the ini names: its first line, without the line end.

    A byte order mark, which some editors write before it, is no part of it either.
    """
    file = path(text)
    try:
        secret = file.read_text(encoding="utf-8-sig").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ValueError(f"cannot read {file}: {reason}.") from error
    if not secret:
        raise ValueError(f"{file} is empty; it must hold the password on its first line.")
    return secret
