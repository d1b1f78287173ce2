"""The entries of one file in the list of extensions."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sipapp.api import SECRET_FIELDS, Extension, fold_id
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.directory.editable import read_only_reason
from sipapp_xmldir.emulation.directory import Directory, Source
from sipapp_xmldir.emulation.stripping import without_comments
from sipapp_xmldir.emulation.tracked_files import Stamps
from sipapp_xmldir.files.versions import disabled_version, version_of
from sipapp_xmldir.parse.authentication import ACCESS_PARAMS, params_of, without_password
from sipapp_xmldir.parse.division import Division, Place, divide_any, divide_usual
from sipapp_xmldir.parse.domain_file import read_domain_file
from sipapp_xmldir.parse.fields import FIELDS_BY_PLACE, HASH, key_of
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import decode, read_file, refuse_inclusions
from sipapp_xmldir.parse.user import Setting, User
from sipapp_xmldir.parse.usual_file import REFERENCE, UsualFile, read_usual
from sipapp_xmldir.parse.xml_elements import Unreadable

# In the order of Extension's parameters behind the id: keyword arguments take longer.
_FIELD_NAMES: Final = tuple(each.name for each in fields(Extension) if each.name in PLACES)
_MAKE: Final[Callable[..., Extension]] = Extension

_Layout = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Picks the fields, in their order, out of the values of a file and an empty text behind them."""

_LOOKED_FOR: Final = (b"id", b"number-alias", b"type")
_NO_USER: Final = "has no user that FreeSWITCH would read"
_NOT_BY_ITSELF: Final = (
    "A user of {} cannot be told from what is around it. Put it into a file of its own by hand."
)
_USER_ID: Final = re.compile(r"<user\s[^<>]*?\bid\s*=\s*[\"']([A-Za-z0-9_+.-]+)[\"']")


class Entry(NamedTuple):
    """One entry of the list; ``is_read`` tells that FreeSWITCH reads a user of that id.

    ``line`` is that of the user if the entry holds all that is in its text, 0 if it does not.
    ``type`` is the user's attribute of that name; its ``number-alias`` is among the aliases.
    With ``interacts``, other files may bear on what FreeSWITCH reads from this one, or this one
    on others: only the emulation of the whole directory tells.  ``place`` is that among several
    users of a file; ``None`` in a file of one.  ``included`` has the stamps of the files and
    folders that its inclusions were read from.  With ``is_included``, the user stands in an
    included file.
    """

    extension: Extension
    is_read: bool
    line: int = 0
    type: str | None = None
    interacts: bool = False
    place: Place | None = None
    included: Stamps = MappingProxyType({})
    is_included: bool = False


def entries_of(
    name: str, source: str, data: bytes, around: Surroundings | None = None
) -> tuple[Entry, ...]:
    """The entries of the file ``name``: its extensions, or the reason why it has none.

    ``source`` is its path as it is shown, ``around`` what its inclusions depend on.  A file
    without any user is listed by its file name.
    """
    usual = usual_entry(name, source, data)
    if usual:
        return (usual,)
    return _usual_entries(name, source, data) or entries_of_any(name, source, data, around)


def usual_entry(name: str, source: str, data: bytes) -> Entry | None:
    """The entry of a file of the usual form, by the fast path."""
    text, utf8 = decode(data)
    usual = read_usual(text)
    if usual is None:
        return None
    version = version_of(usual.text.encode("utf-8" if utf8 else "latin-1"))
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


def _entries_of_any(name: str, source: str, data: bytes, around: Surroundings) -> Sequence[Entry]:
    text, _ = decode(data)
    try:
        contents = read_file(text, around)
        if len(contents.users) > 1:
            refuse_inclusions(text)
    except Unreadable as fault:
        return _refused_entries(name, source, data, str(fault), around)
    if not (contents.users or contents.included):
        return [entry_without_user(name, source, _NO_USER, version_of(data))]
    included = [_entry(each, name, source, version_of(data)) for each in contents.included]
    entries = [*_own_entries(contents.users, name, source, data), *included]
    if contents.interacts:
        entries = [each._replace(interacts=True) for each in entries]
    return entries


def _own_entries(users: Sequence[User], name: str, source: str, data: bytes) -> Sequence[Entry]:
    """The entries of the users that stand in a file itself."""
    division = divide_any(data)
    if len(users) > 1:
        return without_twins(_each_alone(division, users, name, source), name)
    return [_entry(each, name, source, version_of(division.text(0))) for each in users]


def _usual_entries(name: str, source: str, data: bytes) -> tuple[Entry, ...] | None:
    """The entries of a usual file of several users, if each can be read by itself."""
    division = divide_usual(data)
    if division is None or division.count == 1:
        return None
    found = []
    for number, line in enumerate(division.lines):
        entry = _entry_alone(Place(division, number), line, name, source)
        if entry is None:
            return None
        found.append(entry)
    return without_twins(found, name)


def domain_entries_of(name: str, source: str, data: bytes) -> tuple[Entry, ...]:
    """The entries of a file with a whole domain in it."""
    try:
        division, users = read_domain_file(data)
    except Unreadable as fault:
        return _refused_entries(name, source, data, str(fault), Surroundings())
    if not users:
        return (entry_without_user(name, source, _NO_USER, version_of(data)),)
    return without_twins(_each_alone(division, users, name, source), name)


def changed_entry(known: Division, name: str, source: str, data: bytes) -> Entry | None:
    """The entry of the one user whose text alone differs in a new content of a file of several.

    ``None`` if the file has to be read anew, because more may have changed.
    """
    number = known.changed_user(data)
    if number is None or not known.is_plain or not known.is_closed(number):
        return None
    division = known.with_content(number, data)
    if not division.is_closed(number):
        return None
    return _entry_alone(Place(division, number), division.line(number), name, source)


def _each_alone(
    division: Division, users: Sequence[User], name: str, source: str
) -> Sequence[Entry]:
    """The entries of several users; one that cannot be read by itself is read-only."""
    version, reason = version_of(division.data), _NOT_BY_ITSELF.format(name)
    places = [Place(division, number) for number in range(division.count)]
    return [
        _entry_alone(place, line, name, source)
        or _entry(user, name, source, version, reason)._replace(place=place)
        for place, line, user in zip(places, division.lines, users, strict=True)
    ]


def _refused_entries(
    name: str, source: str, data: bytes, fault: str, around: Surroundings
) -> tuple[Entry, ...]:
    """The read-only entries of a file that is refused because of a fault."""
    reason = f"{name} {fault}."
    blank = Extension(name, version=version_of(data), source=source, read_only=reason)
    return tuple(_unreadable_entries(decode(data)[0], data, blank, around))


def _entry_alone(place: Place, line: int, name: str, source: str) -> Entry | None:
    """The entry of one of several users, read by itself; ``None`` if that is not possible.

    ``line`` is where the user begins.
    """
    division, number = place
    data = division.alone(number)
    entry = usual_entry(name, source, data)
    if entry is None:
        try:
            users = read_file(decode(data)[0]).users
        except Unreadable:
            return None
        text, before = division.text(number), len(division.frame(number).before)
        if len(users) != 1 or divide_any(data).span(0) != (before, before + len(text)):
            return None
        entry = _entry(users[0], name, source, version_of(text))
    return entry._replace(line=line if entry.line else 0, place=place)


def without_twins(entries: Sequence[Entry], name: str) -> tuple[Entry, ...]:
    """The entries of one file, read-only where several users have the same id."""
    counts = Counter(fold_id(each.extension.id) for each in entries)
    if len(counts) == len(entries):
        return tuple(entries)
    return tuple(
        each
        if counts[fold_id(each.extension.id)] == 1
        else each._replace(
            extension=replace(
                each.extension,
                read_only=f"{name} has {counts[fold_id(each.extension.id)]} users with this id, "
                "and FreeSWITCH takes the first. Remove the others by hand.",
            )
        )
        for each in entries
    )


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
    return _locked_entries(
        entries, f"{name} is a symbolic link; change the file that it leads to by hand."
    )


def mounted_entries(entries: Sequence[Entry], name: str) -> tuple[Entry, ...]:
    """The entries of a file ``name`` that is a mount point: read-only."""
    return _locked_entries(
        entries,
        f"{name} is mounted there by itself, so it cannot be replaced in one step: mount the "
        "folder in place of the file, or change the file by hand where it comes from.",
    )


def _locked_entries(entries: Sequence[Entry], reason: str) -> tuple[Entry, ...]:
    return tuple(
        each._replace(extension=replace(each.extension, read_only=reason)) for each in entries
    )


def _usual_extension(usual: UsualFile, layout: _Layout, source: str, version: str) -> Extension:
    values = layout((*usual.values, ""))
    inherited: Mapping[str, str] = {}
    if usual.inherits:
        inherited = _inherited(tuple([text if REFERENCE in text else "" for text in values]))
        values = tuple(["" if REFERENCE in text else text for text in values])
    made = _MAKE(usual.id, *values, inherited=inherited, version=version, source=source)
    if made.password or ACCESS_PARAMS.isdisjoint(map(fold_id, usual.params)):
        return made
    return replace(made, without_password=without_password(params_of(usual.user())))


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
    extension = Extension(
        user.attributes.get("id") or name,
        **values,
        inherited=inherited,
        resolved=resolved,
        version=version,
        source=source,
        read_only=reason,
        aliases=_aliases(user.attributes.get("number-alias")),
    )
    if extension.password or extension.inherited.get("password") == HASH[1]:
        return extension
    return replace(extension, without_password=without_password(params_of(user)))
