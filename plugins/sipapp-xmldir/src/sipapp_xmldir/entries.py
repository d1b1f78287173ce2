"""What a file is in the list of extensions, and whether sipapp may change it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sipapp.api import Extension
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.fields import FIELDS_BY_PLACE
from sipapp_xmldir.plain import Plain, read_plain
from sipapp_xmldir.reader import SECTIONS, Section, Setting, Unreadable, User, decode, read
from sipapp_xmldir.spans import without_comments
from sipapp_xmldir.versions import disabled_version, version_of

HASH: Final[tuple[Section, str]] = ("params", "a1-hash")
"""A hash of the password: it wins over "password" (sofia_reg.c:3338)."""

# As Extension takes them after the id, which by name takes longer.
_TEXTS: Final = tuple(each.name for each in fields(Extension) if each.name in PLACES)
_MAKE: Final[Callable[..., Extension]] = Extension

_Layout = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Takes these texts out of the values of a file and the empty text behind them."""

_LOOKED_FOR: Final = (b"id", b"number-alias", b"type")
_USER_ID: Final = re.compile(r"<user\s[^<>]*?\bid\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


class Entry(NamedTuple):
    """One entry of the list; ``certain`` tells that FreeSWITCH reads a user of that id.

    ``line`` is that of the user in a file of the usual form, 0 in all others.  ``type`` is
    the user's attribute of that name; its ``number-alias`` is among the extension's aliases.
    """

    extension: Extension
    certain: bool
    line: int = 0
    type: str | None = None


def entries_of(name: str, source: str, data: bytes) -> tuple[Entry, ...]:
    """What the file ``name`` is in the list: its one extension, or what it is instead.

    ``source`` is its path.  A file without any user is listed by its file name.
    """
    text, _ = decode(data)
    version = version_of(data)
    plain = read_plain(text)
    layout = plain and _layout(plain.params, plain.variables)
    if plain and layout:
        extension = _plain_extension(plain, layout, source, version)
        return (Entry(extension, certain=True, line=plain.line),)
    return _carefully(text, data, name, source, version)


def _carefully(text: str, data: bytes, name: str, source: str, version: str) -> tuple[Entry, ...]:
    """Read a file of any form."""
    try:
        users = read(text)
    except Unreadable as fault:
        reason = f"{name} {fault}."
        blank = Extension(name, version=version, source=source, read_only=reason)
        return tuple(_misread(text, data, blank))
    if not users:
        return (odd_entry(name, source, "has no user that FreeSWITCH would read", version),)
    reason = f"FreeSWITCH reads {len(users)} users from {name}." if len(users) > 1 else ""
    return tuple(
        Entry(
            _extension(user, name, source, version, reason or _reason(user, name)),
            certain=bool(user.attributes.get("id")),
            type=user.attributes.get("type"),
        )
        for user in users
    )


def _misread(text: str, data: bytes, blank: Extension) -> Iterator[Entry]:
    """The users that FreeSWITCH nevertheless reads from a file, and those one would expect."""
    found = set()
    # As if it stood in a folder that cannot be: inclusions are not followed.
    for user in Directory([Source("/dev/null/file", data)]).users:
        id_, alias, type_ = (_decoded(user.attribute(name)) for name in _LOOKED_FOR)
        found.add(id_)
        extension = replace(blank, id=id_ or blank.id, aliases=_aliases(alias))
        yield Entry(extension, certain=bool(id_), type=type_)
    expected = [id_ for id_ in _USER_ID.findall(without_comments(text)) if id_ not in found]
    if not found and not expected:
        expected = [blank.id]
    yield from (Entry(replace(blank, id=id_), certain=False) for id_ in expected)


def _aliases(alias: str | None) -> tuple[str, ...]:
    return (alias,) if alias else ()


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def as_disabled(extension: Extension) -> Extension:
    """The same extension, in a file that FreeSWITCH does not see."""
    return replace(extension, enabled=False, version=disabled_version(extension.version))


def odd_entry(name: str, source: str, what: str, version: str = "") -> Entry:
    """An entry for something that is no extension, listed by its file name."""
    extension = Extension(name, version=version, source=source, read_only=f"{name} {what}.")
    return Entry(extension, certain=False)


def link_entries(entries: Sequence[Entry], name: str) -> tuple[Entry, ...]:
    """The same entries, never to be changed because ``name`` is a symbolic link."""
    reason = f"{name} is a symbolic link; change the file that it leads to by hand."
    return tuple(
        each._replace(extension=replace(each.extension, read_only=reason)) for each in entries
    )


def _plain_extension(plain: Plain, layout: _Layout, source: str, version: str) -> Extension:
    values = layout((*plain.values, ""))
    inherited: Mapping[str, str] = {}
    if plain.inherits:
        inherited = _inherited(tuple([text if "$" in text else "" for text in values]))
        values = tuple(["" if "$" in text else text for text in values])
    return _MAKE(plain.id, *values, inherited=inherited, version=version, source=source)


@lru_cache(maxsize=1024)
def _inherited(references: Sequence[str]) -> Mapping[str, str]:
    """The same for all whose fields have these references, as nearly all have."""
    return {name: text for name, text in zip(_TEXTS, references, strict=True) if text}


@lru_cache(maxsize=1024)
def _layout(params: Sequence[str], variables: Sequence[str]) -> _Layout | None:
    """Which of these is which field; ``None`` if a user with these is more than an extension."""
    settings = (
        *(Setting("params", name, "", reference=False) for name in params),
        *(Setting("variables", name, "", reference=False) for name in variables),
    )
    if _reason(User({"id": "1000"}, settings, ()), "") or HASH in map(_key, settings):
        return None
    places = {FIELDS_BY_PLACE.get(_key(each)): place for place, each in enumerate(settings)}
    return itemgetter(*(places.get(name, -1) for name in _TEXTS))


def _extension(user: User, name: str, source: str, version: str, reason: str) -> Extension:
    values: dict[str, Any] = {}
    inherited: dict[str, str] = {}
    for setting in user.settings:
        field = FIELDS_BY_PLACE.get(_key(setting))
        if field is None:
            continue
        # The last of one name counts (user_data of mod_commands.c:1346; measured).
        values[field] = "" if setting.reference else setting.value
        inherited.pop(field, None)
        if setting.reference:
            inherited[field] = setting.value
    if any(_key(setting) == HASH for setting in user.settings):
        values["password"] = ""
        inherited["password"] = HASH[1]
    return Extension(
        user.attributes.get("id") or name,
        **values,
        inherited=inherited,
        version=version,
        source=source,
        read_only=reason,
        aliases=_aliases(user.attributes.get("number-alias")),
    )


def _reason(user: User, name: str) -> str:
    """Why this user is more than a plain extension; empty if it is one."""
    extension_id = user.attributes.get("id")
    if not extension_id:
        return f"{name} has a user without an id."
    if "$${" in extension_id:
        return f"{name} takes the user's id from a variable."
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", extension_id):
        return f"{name} has a user with an id that no phone can register as."
    features = [*_features(user)]
    if features:
        listed = ", ".join(features[:-1])
        return f"{name} has {f'{listed} and ' if listed else ''}{features[-1]}."
    places = {_key(setting) for setting in user.settings}
    if not places & {HASH, *FIELDS_BY_PLACE}:
        return f"{name} has no password and none of the other values of an extension."
    return ""


def _features(user: User) -> Iterator[str]:
    # It changes whom FreeSWITCH finds: everybody, or nobody who can register.
    if "type" in user.attributes:
        yield f'type="{user.attributes["type"]}"'
    for tag in dict.fromkeys(user.others):
        if tag in SECTIONS:
            yield f"two sections of {tag}"
        elif tag == "user":
            yield "a user in it"
    names = Counter(_key(setting) for setting in user.settings)
    for key, count in names.items():
        if count > 1 and key in FIELDS_BY_PLACE:
            yield f"{count} times {key[1]}"


def _key(setting: Setting) -> tuple[Section, str]:
    # Names are compared without regard to case (sofia_reg.c, mod_commands.c:1350).
    return setting.section, setting.name.lower()
