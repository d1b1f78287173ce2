"""What a DOCTYPE declares, as FreeSWITCH's parser takes it (``switch_xml_internal_dtd``).

It is switch_xml.c:775-985 of FreeSWITCH 1.10.12.
"""

import re
from typing import Final

from sipapp_xmldir.emulation.decoding import (
    PREDEFINED,
    Entities,
    decode,
    decode_in_place,
    end_of,
)
from sipapp_xmldir.emulation.errors import EndlessExpansion, ParseError, shown

Defaults = dict[bytes, tuple[bytes | None, bytes]]
"""Default value of attributes by name, and how a value is decoded."""

_MAX_LOOKS: Final = 1 << 16
_SPACES: Final = re.compile(rb"[\t\r\n ]*")
_BEFORE_DECLARATION: Final = re.compile(rb"[^<%\0]*")
_ENTITY: Final = re.compile(
    rb"<!ENTITY[\t\r\n ]*(%?)[\t\r\n %]*([^\t\r\n \0]*)[\t\r\n ]?[\t\r\n ]*"
)
_ATTLIST: Final = re.compile(rb"<!ATTLIST[\t\r\n ]*([^\t\r\n >\0]+)")
_ATTLIST_ATTRIBUTE: Final = re.compile(
    rb"[\t\r\n ]*([^\t\r\n >\0]+)[\t\r\n ]+(NOTATION[\t\r\n ]*)?(\([^)\0]*\)|[^\t\r\n \0]+)"
    rb"[\t\r\n ]*(?:#FIXED[\t\r\n ]*)?(#[A-Z]+|\"[^\"\0]*\"|'[^'\0]*')"
)


class Declarations:
    """The entities and default attributes (by element) that are known."""

    def __init__(self) -> None:
        self.entities: Entities = list(PREDEFINED)
        self.defaults: dict[bytes, Defaults] = {}
        self.standalone = False
        self._looks = 0

    def read(self, b: bytearray, place: int) -> None:
        """Read the declarations from ``place`` on, up to a NUL.

        In the buffer, which the decoding of a default changes as it goes on.
        """
        parameters: Entities = []
        while True:
            place = end_of(_BEFORE_DECLARATION, b, place)
            if not b[place]:
                return
            if b.startswith(b"<!ENTITY", place):
                place = self._entity(b, place, parameters)
            elif b.startswith(b"<!ATTLIST", place):
                place = self._attlist(b, place)
            elif b.startswith(b"<!--", place):
                place = _find(b, b"-->", place + 4)
            elif b.startswith(b"<?", place):
                place = _find(b, b"?>", place + 2) + 1
            elif b.startswith(b"<", place):
                place = _find(b, b">", place)
            elif self.standalone:
                place += 1
            else:
                return
            if place <= 0:
                return

    def _entity(self, b: bytearray, place: int, parameters: Entities) -> int:
        found = _ENTITY.match(b, place)
        if found is None:
            return -1
        quote = bytes(b[found.end() : found.end() + 1])
        if quote not in (b'"', b"'"):
            return _find(b, b">", found.end())
        start = found.end() + 1
        end = _find(b, quote, start)
        entities = parameters if found[1] else self.entities
        raw = bytes(b[start : b.index(0, start) if end < 0 else end])
        value, _ = decode(raw, parameters, b"%")
        name = bytes(found[2]) + b";"
        if not self._is_ok(name, value, entities):
            raise ParseError(f"circular entity declaration &{shown(name)}", start)
        entities.append((name, value))
        return -1 if end < 0 else end + 1

    def _is_ok(self, name: bytes, value: bytes, entities: Entities) -> bool:
        """Whether an entity does not contain itself (switch_xml_ent_ok, 775)."""
        for found in re.finditer(rb"&", value):
            self._looks += 1
            if self._looks > _MAX_LOOKS:
                raise EndlessExpansion
            start = found.end()
            if value.startswith(name, start):
                return False
            for other, inner in entities:
                if value.startswith(other, start):
                    if not self._is_ok(name, inner, entities):
                        return False
                    break
        return True

    def _attlist(self, b: bytearray, place: int) -> int:
        """Note default attributes of one element; a second list of one is not found (1086)."""
        found = _ATTLIST.match(b, place)
        if found is None:
            return -1
        declared: Defaults = {}
        self.defaults.setdefault(bytes(found[1]), declared)
        name_at, place = found.start(1), found.end()
        while found := _ATTLIST_ATTRIBUTE.match(b, place):
            name, notation, kind, default = (bytes(each or b"") for each in found.groups())
            cdata = b" " if kind.startswith(b"CDATA") and not notation else b"*"
            place = found.end()
            if not default.startswith(b"#"):
                b[place - 1] = 0
                value = decode_in_place(b, found.start(4) + 1, place - 1, self.entities, cdata)
                declared.setdefault(name, (value, cdata))
            elif cdata == b"*":
                declared.setdefault(name, (None, cdata))
        place = end_of(_SPACES, b, place)
        if b[place] not in b"\0>":
            raise ParseError("malformed <!ATTLIST", name_at)
        return place


def _find(b: bytearray, what: bytes, place: int) -> int:
    """Where something stands in a C string; -1 if nowhere."""
    return b.find(what, place, b.index(0, place))
