"""Verification of a new text: FreeSWITCH must read from it what was meant, and nothing else.

It is read as FreeSWITCH would (:mod:`sipapp_xmldir.emulation`), between two other
files, so that what a text does to its neighbours shows too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, get_args

from sipapp.api import Extension, fold_id
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.emulation.copying import exact_copy, serialize
from sipapp_xmldir.emulation.directory import SECTIONS, Directory, Source, settings
from sipapp_xmldir.emulation.neighbours import NEIGHBOUR
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.fields import SettingKey
from sipapp_xmldir.parse.user import Section
from sipapp_xmldir.write.editor import EditFailed

_BEFORE: Final = "before"
_AFTER: Final = "after"


class _User(NamedTuple):
    """A user as FreeSWITCH hands it out; ``settings`` has those that count, by place.

    ``others`` are all other elements, as they stand in the directory and as they are handed out.
    ``is_damaged`` tells that a part of the user is lost on that way.
    """

    attributes: Sequence[tuple[bytes, bytes]]
    settings: Mapping[SettingKey, bytes]
    others: Sequence[bytes]
    is_damaged: bool


def check_change(
    old: bytes,
    new: bytes,
    changes: Mapping[SettingKey, str],
    variables: Mapping[str, str],
    *,
    removed: SettingKey | None = None,
    new_id: str | None = None,
) -> None:
    """Make sure that ``new`` differs for FreeSWITCH from ``old`` in ``changes`` alone.

    Both are contents of a file with one user.  ``removed`` is a setting that goes as
    well, ``new_id`` the id that the user gets.  Raises :class:`EditFailed`, with a
    sentence that contains no value.
    """
    before = _read({"changed": old}, variables)["changed"]
    after = _read({"changed": new}, variables)["changed"]
    wanted = [_changed(user, changes, removed) for user in before]
    if new_id:
        wanted = [_with_id(user, new_id.encode()) for user in wanted]
    if after != wanted:
        if any(user.is_damaged for user in before):
            raise EditFailed(
                "FreeSWITCH loses a part of this user because of “<!” in it. Remove that."
            )
        raise EditFailed("FreeSWITCH would read something else than it should.")


def check_new(files: Mapping[str, tuple[bytes, Extension]], variables: Mapping[str, str]) -> None:
    """Make sure that FreeSWITCH reads each extension from its new file, and nothing else.

    ``files`` has content and extension by file name.  Raises as :func:`check_change`.
    """
    read = _read({name: data for name, (data, _) in files.items()}, variables)
    for name, (_, extension) in files.items():
        users = read[name]
        if len(users) != 1 or not _is(users[0], extension):
            raise EditFailed(
                f"{extension.id!r} cannot be written so that FreeSWITCH reads it back."
            )


def _read(files: Mapping[str, bytes], variables: Mapping[str, str]) -> dict[str, list[_User]]:
    """The users of each file; raises :class:`EditFailed` if one changes its neighbours."""
    sources = [Source(_BEFORE, NEIGHBOUR)]
    # A path in a folder that cannot exist, so that inclusions are not followed.
    sources += [Source(f"/dev/null/{name}", data) for name, data in files.items()]
    sources.append(Source(_AFTER, NEIGHBOUR))
    directory = Directory(sources, variables)
    if directory.fault:
        raise EditFailed(f"FreeSWITCH would refuse the whole directory: {directory.fault.message}.")
    found: dict[str, list[_User]] = {source.file: [] for source in sources}
    for user in directory.users:
        found[directory.merged.place(user.start).file].append(_user(user))
    neighbour = _user_of_neighbour()
    if any(found.pop(name) != [neighbour] for name in (_BEFORE, _AFTER)):
        raise EditFailed("FreeSWITCH would misread the files that come next.")
    if next(directory.strays(), None) is not None:
        raise EditFailed("FreeSWITCH would find something else than users.")
    return {name: found[f"/dev/null/{name}"] for name in files}


def _user_of_neighbour() -> _User:
    (user,) = Directory([Source(_BEFORE, NEIGHBOUR)]).users
    return _user(user)


def _user(user: Element) -> _User:
    # Always the copy that FreeSWITCH makes: it has other white space than the user itself.
    copied = exact_copy(user)
    return _User(
        copied.attributes,
        {
            (section, fold_id(each.name.decode("utf-8", "replace"))): each.value
            for section in get_args(Section)
            for each in settings(copied, section)
        },
        [*_others(user), *_others(copied)],
        is_damaged=[each.name for each in user.children] != [each.name for each in copied.children],
    )


def _others(user: Element) -> Iterator[bytes]:
    sections = [user.first(section.encode()) for section in SECTIONS]
    return (serialize(each) for each in user.children if each not in sections)


def _changed(user: _User, changes: Mapping[SettingKey, str], removed: SettingKey | None) -> _User:
    new = {**user.settings, **{key: value.encode() for key, value in changes.items()}}
    if removed:
        new.pop(removed, None)
    return user._replace(settings=new)


def _with_id(user: _User, new_id: bytes) -> _User:
    attributes = [(name, new_id if name == b"id" else value) for name, value in user.attributes]
    return user._replace(attributes=attributes)


def _is(user: _User, extension: Extension) -> bool:
    wanted = {place: getattr(extension, field).encode() for field, place in PLACES.items()}
    return (
        user.attributes == [(b"id", extension.id.encode())]
        and not user.others
        and user.settings.keys() <= wanted.keys()
        # An empty field may be inherited.
        and all(user.settings.get(place) == value for place, value in wanted.items() if value)
    )
