"""A file that has a whole domain in it, with its users."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sipapp.api import fold_id
from sipapp_xmldir.emulation.lines import DIRECTIVE
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.parse.division import Division
from sipapp_xmldir.parse.marked_elements import MARK, user_of
from sipapp_xmldir.parse.reader import decode, located_root, readable_root
from sipapp_xmldir.parse.user import User
from sipapp_xmldir.parse.xml_elements import Unreadable

_POINTER: Final = b"pointer"


class DomainFile(NamedTuple):
    """The users of the domain, in the order in which FreeSWITCH looks for them, and their places.

    Pointers are left out, but for one that comes before the user of that id, and so hides it.
    """

    division: Division
    users: Sequence[User]


class _Users(NamedTuple):
    """The user elements, how many of them come before the place of new ones, and their parent."""

    elements: Sequence[Element]
    before_new: int
    parent: Element


def read_domain_file(data: bytes) -> DomainFile:
    """Read a file with one domain.  Raises :class:`Unreadable`."""
    text, _ = decode(data)
    root, located = readable_root(text), located_root(data)
    count = len(root.named(b"domain"))
    if count != 1 or located is None:
        raise Unreadable(f"has {count} elements <domain>, and not one")
    if any(MARK in each for user in root.descendants() for each in _names(user)):
        raise Unreadable(
            "takes an id or number-alias from a variable. Write its value there by hand"
        )
    (domain,), (place,) = root.named(b"domain"), located.named(b"domain")
    users, found = _users(domain), _users(place)
    markups = [each.markup for each in found.elements]
    division = Division(
        data,
        [each.start for each in markups],
        [each.end for each in markups],
        is_plain=DIRECTIVE not in text.lower() and "<!DOCTYPE" not in text,
        is_domain=True,
        before_new=found.before_new,
        parent_tag=_opening_tag(found.parent),
    )
    return DomainFile(division, [user_of(each) for each in users.elements])


def _users(domain: Element) -> _Users:
    # As switch_xml_locate_user (2201-2257) walks: groups, then the domain's own users.
    groups = domain.first(b"groups")
    inside = [group.first(b"users") for group in (groups.named(b"group") if groups else ())]
    parents = [each for each in inside if each] + [domain.first(b"users") or domain]
    users = [each for parent in parents for each in parent.named(b"user")]
    ids = {_folded_id(each) for each in users if not _is_pointer(each)}
    known: set[str] = set()
    found: list[Element] = []
    home: tuple[int, Element] | None = None
    for user in users:
        if _is_pointer(user):
            hides = _folded_id(user) in ids and _folded_id(user) not in known
            found += [user] if hides else []
            continue
        known.add(_folded_id(user))
        found.append(user)
        parent = user.parent or domain
        if home is None or home[1] is parent:
            home = len(found), parent
    before_new, parent = home or (0, parents[0])
    return _Users(found, before_new, parent)


def _names(user: Element) -> Sequence[bytes]:
    if user.name != b"user":
        return ()
    return [user.attribute(name) or b"" for name in (b"id", b"number-alias")]


def _folded_id(user: Element) -> str:
    return fold_id((user.attribute(b"id") or b"").decode("utf-8", "replace"))


def _is_pointer(user: Element) -> bool:
    kind = user.attribute(b"type") or b""
    return kind.lower() == _POINTER and user.attribute(b"number-alias") is None


def _opening_tag(parent: Element) -> tuple[int, int] | None:
    markup = parent.markup
    return None if markup.is_empty_tag else (markup.start, markup.tag_end)
