"""Rules on what a plugin does when it is loaded, and on what it offers."""

import re
from collections.abc import Iterator
from typing import Final

from sipapp.hooks.manager import HOOKS
from sipapp.plugin_check.audit import audit
from sipapp.plugin_check.plugin import Offer, Plugin
from sipapp.settings.options import path, secret_file

_SECRET_WORDS: Final = frozenset(
    {"password", "passwd", "passphrase", "secret", "token", "key", "apikey"}
)


def hooks(plugin: Plugin) -> Iterator[str]:
    """It implements a hook, and marks each of its hooks, which sipapp knows."""
    if not plugin.loaded.hooks_of(plugin.name):
        yield "It implements no hook: mark a function with @hookimpl."
    for name in plugin.loaded.unknown_hooks():
        yield f"{name} is no hook, and stops the start. Hooks: {', '.join(HOOKS)}."
    loaded = plugin.plugin_object
    for name in (each for each in dir(loaded) if each.startswith("sipapp_")):
        function = getattr(loaded, name)
        if callable(function) and not hasattr(function, "sipapp_impl"):
            yield f"{name} is not marked, and is never called: put @hookimpl before it."


def descriptions(plugin: Plugin) -> Iterator[str]:
    """Each back end that it offers has a description of one line."""
    for offer in plugin.offers:
        if len(offer.backend.description.strip().splitlines()) != 1:
            yield f"Give the {offer.kind} {offer.backend.name} a description of one line."


def option_help(plugin: Plugin) -> Iterator[str]:
    """Each option has a help text."""
    for offer in plugin.offers:
        for option in offer.backend.options:
            if not option.help.strip():
                yield f"Option {option.name} of {offer.backend.name} has no help: say what it is."


def options_in_readme(plugin: Plugin) -> Iterator[str]:
    """Each option stands in its README."""
    for offer in plugin.offers:
        for option in offer.backend.options:
            if f"`{option.name}`" not in plugin.readme:
                yield (
                    f"Option {option.name} of {offer.backend.name} is not in the README: describe "
                    f"it there, as `{option.name}`."
                )


def ini_example(plugin: Plugin) -> Iterator[str]:
    """Its README has an ini example of each back end, with the options that are required."""
    for offer in plugin.offers:
        chosen = _choice(offer, plugin.readme)
        if chosen is None:
            yield (
                f"The README shows no ini that uses the {offer.kind} {offer.backend.name}: "
                f"add “{_line(offer)}” and its options."
            )
            continue
        for option in offer.backend.options:
            if option.required and not _has_key(f"{chosen}.{option.name}", plugin.readme):
                yield f"The README's ini lacks {chosen}.{option.name}, which is required: add it."


def secret_files(plugin: Plugin) -> Iterator[str]:
    """Each option that holds a secret is read from a file."""
    for offer in plugin.offers:
        for option in offer.backend.options:
            is_secret = _SECRET_WORDS & set(re.split(r"[-_.]", option.name.lower()))
            if is_secret and option.parse not in (secret_file, path):
                yield (
                    f"Option {option.name} of {offer.backend.name} takes its text from the ini: "
                    "parse it with secret_file, which takes the name of a file."
                )


def timeout_option(plugin: Plugin) -> Iterator[str]:
    """Each reload strategy has an option for its time limit, named timeout."""
    for offer in plugin.offers:
        names = {option.name for option in offer.backend.options}
        if offer.kind == "reload strategy" and "timeout" not in names:
            yield f"Give {offer.backend.name} Option(“timeout”, ..., seconds)."


def no_io_on_import(plugin: Plugin) -> Iterator[str]:
    """Importing it and asking for its back ends writes no file, uses no network, runs nothing."""
    for event in audit(plugin.name):
        yield f"{event}: do that when the back end is made, or later."


def _choice(offer: Offer, readme: str) -> str | None:
    """The prefix of a back end's options, by the line of an ini that chooses it."""
    if offer.kind == "plugin":
        return f"sipapp.plugin.{offer.backend.name}"
    name = re.escape(offer.backend.name)
    if offer.kind == "storage":
        found = re.search(rf"^\s*sipapp\.storage\s*=\s*{name}\s*$", readme, re.MULTILINE)
        return f"sipapp.storage.{offer.backend.name}" if found else None
    found = re.search(
        rf"^\s*(?P<prefix>sipapp\.reloader\.[\w-]+)\.use\s*=\s*{name}\s*$", readme, re.MULTILINE
    )
    return found["prefix"] if found else None


def _line(offer: Offer) -> str:
    """An example of the line that chooses a back end."""
    key = "sipapp.storage" if offer.kind == "storage" else "sipapp.reloader.NAME.use"
    return f"{key} = {offer.backend.name}"


def _has_key(key: str, readme: str) -> bool:
    return bool(re.search(rf"^\s*{re.escape(key)}\s*=", readme, re.MULTILINE))
