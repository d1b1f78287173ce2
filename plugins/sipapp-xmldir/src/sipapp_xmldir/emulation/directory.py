"""What FreeSWITCH 1.10.12 finds in the files of a directory.

The files stand where vanilla's ``directory/default.xml`` includes them, between
elements of the same kinds: what follows them decides about an unclosed quote or
comment in the last one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from operator import itemgetter
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.copying import copy
from sipapp_xmldir.emulation.errors import Fault
from sipapp_xmldir.emulation.merged_text import Place
from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.emulation.preprocessor import Preprocessor
from sipapp_xmldir.emulation.tree import Element

FRAME: Final = "(around the files)"
_BEFORE: Final = b"""<document type="freeswitch/xml">
<section name="directory" description="User Directory">
<domain name="domain">
<groups>
<group name="default">
<users>
"""
_AFTER: Final = b"""</users>
</group>
<group name="sales">
<users>
<!--
  type="pointer"
-->
</users>
</group>
</groups>
</domain>
</section>
<section name="languages" description="Language Management">
</section>
</document>
"""
SECTIONS: Final = {"params": b"param", "variables": b"variable"}
"""Tag of the settings by the tag of the section that they stand in."""


class Source(NamedTuple):
    """A file: its path, and its content."""

    file: str
    data: bytes


class Setting(NamedTuple):
    """A param or variable.  ``effective`` tells whether it is the one that counts."""

    name: bytes
    value: bytes
    effective: bool


class Directory:
    """The files, given in the order of FreeSWITCH's glob, as it reads them together.

    ``variables`` are those that ``$${name}`` stands for; others are empty, as there.
    """

    def __init__(
        self, sources: Iterable[Source], variables: Mapping[str, str] | None = None
    ) -> None:
        preprocessor = Preprocessor(variables)
        self.merged = preprocessor.merged
        self.merged.write(_BEFORE, Place(FRAME, 1))
        self._begins: list[tuple[int, str]] = []
        for source in sources:
            self._begins.append((len(self.merged.text), source.file))
            preprocessor.file(source.file, source.data)
        self._begins.append((len(self.merged.text), FRAME))
        self.merged.write(_AFTER, Place(FRAME, 1))
        self._root, self.fault = parse(bytes(self.merged.text))
        if self.merged.hang:
            self.fault = Fault(self.merged.hang.reason, self.merged.hang.place.line, 0, None)

    def fault_place(self) -> Place | None:
        """The line to correct: that of the error, or that of the element that is not closed."""
        if self.merged.hang:
            return self.merged.hang.place
        if self.fault is None:
            return None
        return next(
            (place for place in self._fault_places(self.fault) if place.file != FRAME), None
        )

    def _fault_places(self, fault: Fault) -> Iterator[Place]:
        yield self.merged.place(fault.position)
        if fault.open is not None:
            yield self.merged.place(fault.open)

    @cached_property
    def users(self) -> list[Element]:
        """Every user in the order in which it is looked for; none if the reload fails."""
        if self.fault or self._root is None:
            return []
        return list(_users(self._root))

    def file_of(self, element: Element) -> str:
        """The file in which an element begins."""
        return self.merged.place(element.start).file

    def source_of(self, element: Element) -> Place:
        """The given file that an element is of, and the line there, maybe of an inclusion."""
        found = bisect_right(self._begins, element.start, key=itemgetter(0)) - 1
        source = self._begins[found][1] if found >= 0 else FRAME
        place = self.merged.place(element.start)
        if place.file == source:
            return place
        lines = (
            each.place.line
            for each in self.merged.directives
            if each.place.file == source and each.position <= element.start
        )
        return Place(source, max(lines, default=1))

    def strays(self) -> Iterator[Element]:
        """Misplaced elements: other elements among users, and users where none is looked up."""
        users = set(self.users)
        pending = [self._root] if self._root and not self.fault else []
        while pending:
            element = pending.pop()
            framed = self.merged.place(element.start).file == FRAME
            for child in element.children:
                inside = self.merged.place(child.start).file != FRAME
                if inside and child not in users and (framed or child.name == b"user"):
                    yield child
                else:
                    pending.append(child)

    @cached_property
    def _lookup(self) -> tuple[dict[bytes, int], int]:
        first: dict[bytes, int] = {}
        wildcard = len(self.users)
        for index, user in enumerate(self.users):
            for attribute in (b"id", b"number-alias"):
                value = user.attribute(attribute)
                if value is not None:
                    first.setdefault(value.lower(), index)
            if wildcard == len(self.users) and is_wildcard(user):
                wildcard = index
        return first, wildcard

    def find(self, name: bytes) -> Element | None:
        """The user that FreeSWITCH finds by ``name``; as in the files, not copied.

        The first one whose id or number-alias it is, without regard to case, or whose
        type is anything but "pointer" (switch_xml.c:408-450 and 1906-1940).
        """
        first, wildcard = self._lookup
        index = min(first.get(name.lower(), wildcard), wildcard)
        return self.users[index] if index < len(self.users) else None

    def exists(self, name: bytes) -> bool:
        """What ``user_exists id NAME DOMAIN`` says."""
        return self.find(name) is not None

    def data(self, name: bytes, kind: str, key: bytes) -> bytes | None:
        """What ``user_data NAME@DOMAIN KIND KEY`` says; ``kind`` is attr, param or var.

        ``None`` where it says ``-ERR no reply``, also for an empty value
        (``user_data_function``, mod_commands.c:1295-1370).
        """
        user = self.find(name)
        if user is None:
            return None
        copied = copy(user)
        if kind == "attr":
            return copied.attribute(key) or None
        section = "variables" if kind == "var" else "params"
        for setting in settings(copied, section):
            if setting.effective and setting.name.lower() == key.lower():
                return setting.value or None
        return None


def is_wildcard(user: Element) -> bool:
    """Whether a user is found whatever id is asked for (switch_xml.c:1906)."""
    kind = user.attribute(b"type")
    return kind is not None and kind.lower() != b"pointer"


def settings(user: Element, section: str) -> list[Setting]:
    """The params or variables of a user, of the first such section; the last of a name counts."""
    container = user.first(section.encode())
    if container is None:
        return []
    found = [
        (name, value)
        for each in container.named(SECTIONS[section])
        if (name := each.attribute(b"name")) is not None
        and (value := each.attribute(b"value")) is not None
    ]
    last = {name.lower(): index for index, (name, _) in enumerate(found)}
    return [
        Setting(name, value, effective=last[name.lower()] == index)
        for index, (name, value) in enumerate(found)
    ]


def _users(root: Element) -> Iterator[Element]:
    # As switch_xml_locate_user (2201-2257) walks: groups, then the domain's own users.
    section = _child(root, b"section", b"directory")
    domain = _child(section, b"domain", b"domain")
    if domain is None:
        return
    groups = domain.first(b"groups")
    for group in groups.named(b"group") if groups else ():
        users = group.first(b"users")
        yield from users.named(b"user") if users else ()
    yield from (domain.first(b"users") or domain).named(b"user")


def _child(parent: Element | None, tag: bytes, name: bytes) -> Element | None:
    """The first child with that tag and name (switch_xml_find_child, 389)."""
    for child in parent.named(tag) if parent else ():
        if (child.attribute(b"name") or b"").lower() == name:
            return child
    return None
