"""The domain that the directory belongs to: its groups, and what all users have from it.

FreeSWITCH's ``directory/default.xml`` has a domain with groups, one of which includes
``default/*.xml``; the others have users of ``type="pointer"`` that lead to these.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sipapp.api import fold_id
from sipapp.freeswitch.api import is_true
from sipapp_xmldir.emulation.directory import settings
from sipapp_xmldir.emulation.merged_text import Hang, Place
from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.emulation.tracked_files import Stamps, TrackingPreprocessor, folder_of, stamp
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.files.regular_files import read_any

_USERS_OF_DIRECTORY: Final = b"users-of-the-directory"
"""Tag of the element that stands in place of the directory's own users."""


@dataclass(frozen=True)
class Pointer:
    """An entry of a group that leads to the user of that id."""

    id: str
    group: str
    place: Place


@dataclass(frozen=True)
class OutsideUser:
    """A user of a domain that includes the directory, who is in no file of that."""

    id: str
    alias: str
    place: Place


@dataclass(frozen=True)
class Domain:
    """What the files that include the directory say.

    ``names`` are those of the domains, empty where a variable in one is not known.
    ``users`` are lower-case ids of users elsewhere, ``outside`` those of the same domain.
    ``gap`` says why nothing is known, ``hang`` is where FreeSWITCH blocks for ever.
    """

    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    users: frozenset[str] = frozenset()
    outside: tuple[OutsideUser, ...] = ()
    has_context: bool = False
    refuses_empty_passwords: bool = False
    gap: str = ""
    hang: Hang | None = None


class _DomainPreprocessor(TrackingPreprocessor):
    """A preprocessor that includes everything but the directory itself."""

    def __init__(self, directory: Path, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self._directory = os.path.realpath(directory)
        self.includes_directory = False

    def include(self, pattern: bytes, place: Place, level: int = 0) -> None:
        if os.path.realpath(folder_of(pattern, place)) == self._directory:
            self.includes_directory = True
            self.merged.write(b"<%s/>" % _USERS_OF_DIRECTORY, place)
        else:
            super().include(pattern, place, level)


def load_domain(directory: Path, variables: Mapping[str, str]) -> tuple[Domain, Stamps]:
    """Read the files beside the directory that include it."""
    folder = directory.parent
    stamps = {str(folder): stamp(str(folder))}
    found: list[Domain] = []
    gaps: list[str] = []
    for file in sorted(each for each in folder.glob("*.xml") if each.is_file()):
        stamps[str(file)] = stamp(str(file))
        try:
            data = read_any(str(file))
        except OSError as error:
            gaps.append(f"{file} cannot be read: {error.strerror}")
            continue
        if os.fsencode(directory.name) not in data or b"include" not in data:
            continue
        around = _DomainPreprocessor(directory, variables)
        around.merged.write(b"<section>", Place(str(file), 1))
        around.file(str(file), data)
        around.merged.write(b"</section>\n", Place(str(file), 1))
        if around.includes_directory:
            stamps.update(around.stamps)
            found.append(_read(str(file), around))
    gaps += [each.gap for each in found if each.gap]
    hang = next((each.hang for each in found if each.hang), None)
    if gaps or not found:
        gap = "; ".join(gaps) or f"no file in {folder} includes {directory.name}/*.xml"
        return Domain(gap=gap, hang=hang), stamps
    return _together(found), stamps


def load_domain_file(file: Path, variables: Mapping[str, str]) -> tuple[Domain, Stamps]:
    """Read a file that has a whole domain in it, with its users."""
    name = str(file)
    around = TrackingPreprocessor(variables)
    around.merged.write(b"<section>", Place(name, 1))
    try:
        around.open(name)
    except OSError as error:
        return Domain(gap=f"{name} cannot be read: {error.strerror}"), around.stamps
    around.merged.write(b"</section>\n", Place(name, 1))
    found = _read(name, around, is_whole=True)
    # Its own users are in the list of extensions.
    return replace(found, users=frozenset()), around.stamps


def _together(domains: list[Domain]) -> Domain:
    return Domain(
        files=tuple(file for each in domains for file in each.files),
        names=tuple(dict.fromkeys(name for each in domains for name in each.names)),
        pointers=tuple(pointer for each in domains for pointer in each.pointers),
        users=frozenset().union(*(each.users for each in domains)),
        outside=tuple(user for each in domains for user in each.outside),
        has_context=all(each.has_context for each in domains),
        refuses_empty_passwords=all(each.refuses_empty_passwords for each in domains),
    )


def _read(file: str, around: TrackingPreprocessor, *, is_whole: bool = False) -> Domain:
    hang = around.merged.hang
    if hang:
        return Domain(
            (file,), gap=f"{hang.place.file}:{hang.place.line} holds FreeSWITCH up", hang=hang
        )
    if around.merged.unread:
        return Domain((file,), gap=around.merged.unread[0].reason)
    root, fault = parse(bytes(around.merged.text))
    if fault or root is None:
        line = around.merged.place(fault.position).line if fault else 1
        return Domain((file,), gap=f"{file} is not well-formed, near line {line}")
    domains = root.named(b"domain")
    pointers = [each for domain in domains for each in _pointers(domain, around)]
    users = [fold_id(_text(each.attribute(b"id"))) for each in _users(root)]
    return Domain(
        files=(file,),
        names=tuple(dict.fromkeys(_names(root, around, is_whole=is_whole))),
        pointers=tuple(pointers),
        users=frozenset(users),
        outside=tuple(_outside(root, around)),
        has_context=_all_have(domains, "variables", b"user_context", bool),
        refuses_empty_passwords=_all_have(domains, "params", b"allow-empty-password", _is_false),
    )


def _names(root: Element, around: TrackingPreprocessor, *, is_whole: bool) -> Iterator[str]:
    """The names of the domains that include the directory, or of all."""
    undefined = {place for place, _ in around.merged.undefined}
    for domain in root.named(b"domain"):
        if is_whole or any(each.name == _USERS_OF_DIRECTORY for each in domain.descendants()):
            is_known = around.merged.place(domain.start) not in undefined
            yield _text(domain.attribute(b"name")) if is_known else ""


def _outside(root: Element, around: TrackingPreprocessor) -> Iterator[OutsideUser]:
    for domain in root.named(b"domain"):
        if any(each.name == _USERS_OF_DIRECTORY for each in domain.descendants()):
            for each in _users(domain):
                id_, alias = (_text(each.attribute(name)) for name in (b"id", b"number-alias"))
                if id_:
                    yield OutsideUser(id_, alias, around.merged.place(each.start))


def _pointers(domain: Element, around: TrackingPreprocessor) -> Iterator[Pointer]:
    groups = domain.first(b"groups")
    for group in groups.named(b"group") if groups else ():
        users = group.first(b"users")
        for user in users.named(b"user") if users else ():
            if _is_pointer(user):
                place = around.merged.place(user.start)
                name = _text(group.attribute(b"name"))
                yield Pointer(_text(user.attribute(b"id")), name, place)


def _users(element: Element) -> Iterator[Element]:
    """Users that are not pointers."""
    for each in element.descendants():
        if each.name == b"user" and not _is_pointer(each):
            yield each


def _is_pointer(user: Element) -> bool:
    return fold_id(_text(user.attribute(b"type"))) == "pointer"


def _all_have(
    domains: list[Element], section: str, name: bytes, is_wanted: Callable[[bytes], bool]
) -> bool:
    return bool(domains) and all(
        any(
            each.name.lower() == name and is_wanted(each.value)
            for each in settings(domain, section)
            if each.effective
        )
        for domain in domains
    )


def _is_false(value: bytes) -> bool:
    return not is_true(_text(value))


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
