"""Verification of a new text: FreeSWITCH must read from it what was meant, and nothing else.

It is read as FreeSWITCH would (:mod:`sipapp_xmldir.emulation`), between two other
files, so that what a text does to its neighbours shows too.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple, get_args

from sipapp.api import Extension, fold_id
from sipapp.freeswitch.api import PLACES
from sipapp_xmldir.emulation.copying import exact_copy, serialize
from sipapp_xmldir.emulation.directory import SECTIONS, Directory, Source, settings
from sipapp_xmldir.emulation.merged_text import Place
from sipapp_xmldir.emulation.neighbours import NEIGHBOUR
from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.emulation.preprocessor import Preprocessor
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.division import Division
from sipapp_xmldir.parse.fields import SettingKey
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import users_before
from sipapp_xmldir.parse.user import Section
from sipapp_xmldir.write.editor import EditFailed

_BEFORE: Final = "before"
_AFTER: Final = "after"
# A path in a folder that cannot exist, so that inclusions are not followed.
_CHANGED: Final = "/dev/null/changed"
_STRAYS: Final = "FreeSWITCH would find something else than users."


class _User(NamedTuple):
    """A user as FreeSWITCH hands it out; ``settings`` has those that count, by place.

    ``others`` are all other elements, as they stand in the directory and as they are handed out.
    ``is_damaged`` tells that a part of the user is lost on that way.
    """

    file: str
    attributes: Sequence[tuple[bytes, bytes]]
    settings: Mapping[SettingKey, bytes]
    others: Sequence[bytes]
    is_damaged: bool


def check_change(
    old: bytes,
    new: bytes,
    changes: Mapping[SettingKey, str],
    around: Surroundings,
    *,
    removed: SettingKey | None = None,
    new_id: str | None = None,
    new_alias: str | None = None,
) -> None:
    """Make sure that ``new`` differs for FreeSWITCH from ``old`` in ``changes`` alone.

    Both are contents of a file with one user, besides those that it includes; ``around`` is
    where it stands.  ``removed`` is a setting that goes as well, ``new_id`` and ``new_alias`` are
    the id and the ``number-alias`` that the user gets.  Raises :class:`EditFailed`, with a
    sentence that contains no value.
    """
    before, after = (_read({around.path: data}, around.variables) for data in (old, new))
    users = before.users[around.path]
    attributes = {b"id": new_id, b"number-alias": new_alias}
    wanted = [
        _changed(user, changes, removed, attributes) if user.file == around.path else user
        for user in users
    ]
    if after.strays != before.strays:
        raise EditFailed(_STRAYS)
    if after.users[around.path] != wanted:
        if any(user.is_damaged for user in users):
            raise EditFailed(
                "FreeSWITCH loses a part of this user because of “<!” in it. Remove that."
            )
        raise EditFailed("FreeSWITCH would read something else than it should.")


def check_new(files: Mapping[str, tuple[bytes, Extension]], variables: Mapping[str, str]) -> None:
    """Make sure that FreeSWITCH reads each extension from its new file, and nothing else.

    ``files`` has content and extension by file name.  Raises as :func:`check_change`.
    """
    # Paths in a folder that cannot exist: a new file includes none.
    paths = {f"/dev/null/{name}": each for name, each in files.items()}
    read = _read({path: data for path, (data, _) in paths.items()}, variables)
    if read.strays:
        raise EditFailed(_STRAYS)
    for path, (_, extension) in paths.items():
        users = read.users[path]
        if len(users) != 1 or not _is(users[0], extension):
            raise EditFailed(
                f"{extension.id!r} cannot be written so that FreeSWITCH reads it back."
            )


def check_rest(
    old: Division,
    new: Division,
    variables: Mapping[str, str],
    *,
    gone: int | None = None,
    come: int | None = None,
) -> None:
    """Make sure that FreeSWITCH reads all of a file as before, but for one user.

    That is the user of number ``gone`` in ``old``, and of number ``come`` in ``new``.  Where the
    text of the user is closed in itself, that follows from the bytes around it, which are the
    same.  Raises as :func:`check_change`.
    """
    is_closed = (gone is None or old.is_closed(gone)) and (come is None or new.is_closed(come))
    if old.is_plain and is_closed:
        return
    (_, before), (user, after) = _parted(old, gone, variables), _parted(new, come, variables)
    if before != after:
        raise EditFailed("FreeSWITCH would read something else of the other users in the file.")
    if come is not None and [user] != _read({_CHANGED: new.alone(come)}, variables).users[_CHANGED]:
        raise EditFailed("FreeSWITCH would read something else than it should.")


def _parted(
    division: Division, number: int | None, variables: Mapping[str, str]
) -> tuple[_User | None, Sequence[object]]:
    """What FreeSWITCH reads from a file: one user, and all other elements."""
    preprocessor = Preprocessor(variables)
    preprocessor.merged.write(b"<users>\n", Place(_BEFORE, 1))
    preprocessor.file(_CHANGED, division.data)
    preprocessor.merged.write(b"</users>\n", Place(_AFTER, 1))
    root, fault = parse(bytes(preprocessor.merged.text))
    if fault or root is None:
        words = fault.message if fault else "nothing is left of the file"
        raise EditFailed(f"FreeSWITCH would refuse the whole directory: {words}.")
    users = [each for each in root.descendants() if each.name == b"user"]
    own = None
    if number is not None:
        place = users_before(division.data, division.starts[number])
        own = users[place] if place < len(users) else None
    rest: list[object] = []
    pending = [(0, root)]
    while pending:
        depth, element = pending.pop()
        if element is own:
            continue
        rest.append((depth, element.name, element.attributes, bytes(element.text).split()))
        pending += [(depth + 1, each) for each in reversed(element.children)]
    return _user(own, _CHANGED) if own else None, rest


class _Read(NamedTuple):
    """The users of each file by its path, and of what it includes; and all other elements."""

    users: Mapping[str, list[_User]]
    strays: Sequence[bytes]


def _read(files: Mapping[str, bytes], variables: Mapping[str, str]) -> _Read:
    """What FreeSWITCH reads from files, given by their paths.

    Raises :class:`EditFailed` if one changes its neighbours.
    """
    sources = [Source(_BEFORE, NEIGHBOUR)]
    sources += [Source(path, data) for path, data in files.items()]
    sources.append(Source(_AFTER, NEIGHBOUR))
    directory = Directory(sources, variables)
    if directory.fault:
        raise EditFailed(f"FreeSWITCH would refuse the whole directory: {directory.fault.message}.")
    found: dict[str, list[_User]] = {source.file: [] for source in sources}
    for user in directory.users:
        found[directory.source_of(user).file].append(_user(user, directory.file_of(user)))
    if any(found.pop(name) != [_neighbour(name)] for name in (_BEFORE, _AFTER)):
        raise EditFailed("FreeSWITCH would misread the files that come next.")
    return _Read(found, [serialize(each) for each in directory.strays()])


@cache
def _neighbour(name: str) -> _User:
    (user,) = Directory([Source(name, NEIGHBOUR)]).users
    return _user(user, name)


def _user(user: Element, file: str) -> _User:
    # Always the copy that FreeSWITCH makes: it has other white space than the user itself.
    copied = exact_copy(user)
    return _User(
        file,
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


def _changed(
    user: _User,
    changes: Mapping[SettingKey, str],
    removed: SettingKey | None,
    attributes: Mapping[bytes, str | None],
) -> _User:
    settings = {**user.settings, **{key: value.encode() for key, value in changes.items()}}
    if removed:
        settings.pop(removed, None)
    given = [(name, (attributes.get(name) or "").encode() or old) for name, old in user.attributes]
    return user._replace(settings=settings, attributes=given)


def _is(user: _User, extension: Extension) -> bool:
    wanted = {place: getattr(extension, field).encode() for field, place in PLACES.items()}
    return (
        user.attributes == [(b"id", extension.id.encode())]
        and not user.others
        and user.settings.keys() <= wanted.keys()
        # An empty field may be inherited.
        and all(user.settings.get(place) == value for place, value in wanted.items() if value)
    )
