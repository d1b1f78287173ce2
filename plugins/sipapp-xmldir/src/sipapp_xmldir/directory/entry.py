"""The entries of one file in the list of extensions."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sipapp.api import SECRET_FIELDS, Extension
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.directory.editable import read_only_reason
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.emulation.stripping import without_comments
from sipapp_xmldir.emulation.tracked_files import Stamps
from sipapp_xmldir.files.versions import disabled_version, version_of
from sipapp_xmldir.parse.fields import FIELDS_BY_PLACE, HASH, key_of
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import decode, read_file
from sipapp_xmldir.parse.user import Setting, User
from sipapp_xmldir.parse.usual_file import REFERENCE, UsualFile, read_usual
from sipapp_xmldir.parse.xml_elements import Unreadable

# In the order of Extension's parameters behind the id: keyword arguments take longer.
_FIELD_NAMES: Final = tuple(each.name for each in fields(Extension) if each.name in PLACES)
_MAKE: Final[Callable[..., Extension]] = Extension

_Layout = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Picks the fields, in their order, out of the values of a file and an empty text behind them."""

_LOOKED_FOR: Final = (b"id", b"number-alias", b"type")
_USER_ID: Final = re.compile(r"<user\s[^<>]*?\bid\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


class Entry(NamedTuple):
    """One entry of the list; ``is_read`` tells that FreeSWITCH reads a user of that id.

    ``line`` is that of the user if the entry holds all that is in the file, 0 if it does not.
    ``type`` is the user's attribute of that name; its ``number-alias`` is among the aliases.
    With ``interacts``, other files may bear on what FreeSWITCH reads from this one, or this one
    on others: only the emulation of the whole directory tells.  ``included`` has the stamps of the
    files and folders that its inclusions were read from.  With ``is_included``, the user stands in
    an included file.
    """

    extension: Extension
    is_read: bool
    line: int = 0
    type: str | None = None
    interacts: bool = False
    included: Stamps = MappingProxyType({})
    is_included: bool = False


def entries_of(
    name: str, source: str, data: bytes, around: Surroundings | None = None
) -> tuple[Entry, ...]:
    """The entries of the file ``name``: its extension, or the reason why it is none.

    ``source`` is its path as it is shown, ``around`` what its inclusions depend on.  A file
    without any user is listed by its file name.
    """
    usual = usual_entry(name, source, data)
    return (usual,) if usual else entries_of_any(name, source, data, around)


def usual_entry(name: str, source: str, data: bytes) -> Entry | None:
    """The entry of a file of the usual form, by the fast path."""
    usual = read_usual(decode(data)[0])
    if usual is None:
        return None
    version = version_of(data)
    is_plain = not (usual.others or usual.elements)
    layout = _layout(usual.params, usual.variables) if is_plain else None
    if layout is None:
        return _entry(usual.user(), name, source, version)
    extension = _usual_extension(usual, layout, source, version)
    return Entry(extension, is_read=True, line=usual.line)


def entries_of_any(
    name: str, source: str, data: bytes, around: Surroundings | None = None
) -> tuple[Entry, ...]:
    """The entries of a file of any form, by the emulation of FreeSWITCH and an XML parser."""
    around = around or Surroundings()
    entries = tuple(_entries_of_any(name, source, data, around))
    if around.stamps:
        return tuple(each._replace(included=around.stamps) for each in entries)
    return entries


def _entries_of_any(name: str, source: str, data: bytes, around: Surroundings) -> Iterable[Entry]:
    text, _ = decode(data)
    version = version_of(data)
    try:
        contents = read_file(text, around)
    except Unreadable as fault:
        reason = f"{name} {fault}."
        blank = Extension(name, version=version, source=source, read_only=reason)
        return _unreadable_entries(text, data, blank, around)
    users = [*contents.users, *contents.included]
    if not users:
        return [entry_without_user(name, source, "has no user that FreeSWITCH would read", version)]
    count = len(contents.users)
    reason = f"FreeSWITCH reads {count} users from {name}." if count > 1 else ""
    entries = (_entry(user, name, source, version, reason) for user in users)
    if contents.interacts:
        return [each._replace(interacts=True) for each in entries]
    return entries


def _entry(user: User, name: str, source: str, version: str, reason: str = "") -> Entry:
    reason = reason or read_only_reason(user, name)
    return Entry(
        _extension(user, name, source, version, reason),
        is_read=bool(user.attributes.get("id")),
        type=user.attributes.get("type"),
        interacts=any(REFERENCE in each for each in user.attributes.values()),
        is_included=bool(user.origin),
    )


def _unreadable_entries(
    text: str, data: bytes, blank: Extension, around: Surroundings
) -> Iterator[Entry]:
    """Read-only entries of a refused file: users that FreeSWITCH reads, and such as it may miss."""
    found = set()
    for user in Directory([Source(around.path, data)], around.variables).users:
        id_, alias, type_ = (_decoded(user.attribute(name)) for name in _LOOKED_FOR)
        found.add(id_)
        extension = replace(blank, id=id_ or blank.id, aliases=_aliases(alias))
        yield Entry(extension, is_read=bool(id_), type=type_, interacts=True)
    expected = [id_ for id_ in _USER_ID.findall(without_comments(text)) if id_ not in found]
    if not found and not expected:
        expected = [blank.id]
    for id_ in expected:
        yield Entry(replace(blank, id=id_), is_read=False, interacts=True)


def _aliases(alias: str | None) -> tuple[str, ...]:
    return (alias,) if alias else ()


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def as_disabled(extension: Extension) -> Extension:
    """The extension as disabled: its file has a name that FreeSWITCH does not read."""
    return replace(extension, enabled=False, version=disabled_version(extension.version))


def entry_without_user(name: str, source: str, what: str, version: str = "") -> Entry:
    """A read-only entry for a file without a user, listed by the file's name."""
    extension = Extension(name, version=version, source=source, read_only=f"{name} {what}.")
    return Entry(extension, is_read=False, interacts=True)


def link_entries(entries: Sequence[Entry], name: str) -> tuple[Entry, ...]:
    """The entries of a symbolic link ``name``: read-only."""
    reason = f"{name} is a symbolic link; change the file that it leads to by hand."
    return tuple(
        each._replace(extension=replace(each.extension, read_only=reason)) for each in entries
    )


def _usual_extension(usual: UsualFile, layout: _Layout, source: str, version: str) -> Extension:
    values = layout((*usual.values, ""))
    inherited: Mapping[str, str] = {}
    if usual.inherits:
        inherited = _inherited(tuple([text if REFERENCE in text else "" for text in values]))
        values = tuple(["" if REFERENCE in text else text for text in values])
    return _MAKE(usual.id, *values, inherited=inherited, version=version, source=source)


@lru_cache(maxsize=1024)
def _inherited(references: Sequence[str]) -> Mapping[str, str]:
    """Inherited fields by name; cached, as nearly all extensions have the same references."""
    return {name: text for name, text in zip(_FIELD_NAMES, references, strict=True) if text}


@lru_cache(maxsize=1024)
def _layout(params: Sequence[str], variables: Sequence[str]) -> _Layout | None:
    """Which setting is which field; ``None`` if a user with these names is not editable."""
    settings = (
        *(Setting("params", name, "", reference=False) for name in params),
        *(Setting("variables", name, "", reference=False) for name in variables),
    )
    if read_only_reason(User({"id": "1000"}, settings, ()), "") or HASH in map(key_of, settings):
        return None
    places = {FIELDS_BY_PLACE.get(key_of(each)): place for place, each in enumerate(settings)}
    return itemgetter(*(places.get(name, -1) for name in _FIELD_NAMES))


def _extension(user: User, name: str, source: str, version: str, reason: str) -> Extension:
    values: dict[str, Any] = {}
    inherited: dict[str, str] = {}
    resolved: dict[str, str] = {}
    for setting in user.settings:
        field = FIELDS_BY_PLACE.get(key_of(setting))
        if field is None:
            continue
        # The last of one name counts (user_data of mod_commands.c:1346; measured).
        is_inherited = setting.reference or bool(setting.origin)
        values[field] = "" if is_inherited else setting.value
        inherited.pop(field, None)
        resolved.pop(field, None)
        if is_inherited:
            inherited[field] = setting.origin or setting.value
        if is_inherited and setting.known is not None and field not in SECRET_FIELDS:
            resolved[field] = setting.known
    if any(key_of(setting) == HASH for setting in user.settings):
        values["password"] = ""
        inherited["password"] = HASH[1]
    return Extension(
        user.attributes.get("id") or name,
        **values,
        inherited=inherited,
        resolved=resolved,
        version=version,
        source=source,
        read_only=reason,
        aliases=_aliases(user.attributes.get("number-alias")),
    )
