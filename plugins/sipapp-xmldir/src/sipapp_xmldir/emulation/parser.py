"""FreeSWITCH's XML parser, byte for byte, with all that it lets pass.

``switch_xml_parse_str`` (switch_xml.c:1045-1198 of 1.10.12) works in place, and what
it leaves behind in its buffer counts in the line numbers of its errors; so does this.
"""

import re
from dataclasses import dataclass, field
from typing import Final

_SPACE: Final = b"\t\r\n "
_ISSPACE: Final = b"\t\n\v\f\r "
_NAME_START: Final = re.compile(rb"[A-Za-z_:\x80-\xff]")
_TAG_NAME: Final = re.compile(rb"[^\t\r\n />\0]*")
_ATTRIBUTE_NAME: Final = re.compile(rb"[^\t\r\n =/>\0]*")
_EQUALS: Final = re.compile(rb"[\t\r\n =]*")
_CLOSE_NAME: Final = re.compile(rb"[^\t\r\n >\0]*")
_SPACES: Final = re.compile(rb"[\t\r\n ]*")
_BLANKS: Final = re.compile(rb" *")
_TOKEN: Final = re.compile(rb"[^ \0]*")
_ISSPACES: Final = re.compile(rb"[\t\n\v\f\r ]*")
# A tag without anything that is to be decoded: read in one step, to the same end.
_USUAL_TAG: Final = re.compile(
    rb"([A-Za-z_][A-Za-z0-9_.:-]*+)"
    rb'((?: [A-Za-z_][A-Za-z0-9_.:-]*+="[^"&\t\n\v\f\r\0]*+")*+) ?+(/?+)>'
)
_USUAL_ATTRIBUTE: Final = re.compile(rb' ([^=]++)="([^"]*+)"')
_ERROR_LENGTH: Final = 127  # SWITCH_XML_ERRL less the NUL
_DECIMAL: Final = re.compile(rb"&#([0-9]+);")
# strtoul(3) takes "0x" too, where it stands for base 16.
_HEXADECIMAL: Final = re.compile(rb"&#x(?:0x)?([0-9A-Fa-f]+);")
_MAX_CODE: Final = 0x7FFFFFFF
_MAX_DIGITS: Final = 4000  # what int() takes; as many digits are leading zeros or too much

Entities = list[tuple[bytes, bytes]]
Defaults = dict[bytes, tuple[bytes | None, bytes]]
"""Default value of attributes by name, and how a value is decoded."""
_PREDEFINED: Final = (
    (b"lt;", b"&#60;"),
    (b"gt;", b"&#62;"),
    (b"quot;", b"&#34;"),
    (b"apos;", b"&#39;"),
    (b"amp;", b"&#38;"),
)


@dataclass(eq=False)
class Element:
    """An element; ``start`` is where its name stands, ``offset`` how much text comes before it.

    ``attributes`` keeps what is written, double names too.
    """

    name: bytes
    start: int
    attributes: list[tuple[bytes, bytes]]
    offset: int = 0
    parent: "Element | None" = None
    text: bytes = b""
    children: list["Element"] = field(default_factory=list)
    defaults: dict[bytes, dict[bytes, bytes | None]] = field(default_factory=dict)
    """Default attributes by element, which a DOCTYPE declares; in the root."""

    @property
    def root(self) -> "Element":
        """The element around all others."""
        root = self
        while root.parent:
            root = root.parent
        return root

    def attribute(self, name: bytes) -> bytes | None:
        """The first attribute of that name; case counts (switch_xml_attr, 457)."""
        for key, value in self.attributes:
            if key == name:
                return value
        return self.root.defaults.get(self.name, {}).get(name)

    def named(self, name: bytes) -> list["Element"]:
        """The children of that name, in their order; case counts."""
        return [child for child in self.children if child.name == name]

    def first(self, name: bytes) -> "Element | None":
        """The first child of that name (switch_xml_child, 440)."""
        return next((child for child in self.children if child.name == name), None)


@dataclass(frozen=True)
class Fault:
    """Why a text is refused: the words and the line that FreeSWITCH says, and the position.

    ``open`` is where the innermost element that was not closed stands, if there is one.
    """

    message: str
    line: int
    position: int
    open: int | None

    def __str__(self) -> str:
        text = f"[error near line {self.line}]: {self.message}"
        return text[:_ERROR_LENGTH]


class _Refused(Exception):
    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def parse(text: bytes) -> tuple[Element | None, Fault | None]:
    """What FreeSWITCH makes of a text, and its error.

    With an error there is still the tree up to it: a whole configuration is then
    refused, but a copy of one user (:mod:`.copying`) is used as far as it got.
    """
    return _Parser(text).run()


class _Parser:
    def __init__(self, text: bytes) -> None:
        self.last = text[-1:]
        self.b = bytearray(text[:-1]) + b"\0"
        self.root: Element | None = None
        self.current: Element | None = None
        self.closed = False
        self.entities: Entities = list(_PREDEFINED)
        self.defaults: dict[bytes, Defaults] = {}
        self.standalone = False

    def run(self) -> tuple[Element | None, Fault | None]:
        fault = None
        try:
            self._run()
        except _Refused as refused:
            line = self.b.count(b"\n", 0, refused.position) + 1
            opened = self.current.start if self.current else None
            fault = Fault(str(refused), line, refused.position, opened)
        if self.root:
            self.root.defaults = {
                tag: {name: value for name, (value, _) in attributes.items()}
                for tag, attributes in self.defaults.items()
            }
        return self.root, fault

    def _run(self) -> None:
        b = self.b
        s = b.find(b"<")
        if s < 0:
            raise _Refused("root tag missing", len(b) - 1)
        while True:
            s += 1
            d = s
            s = self._markup(s)
            if not self._at(s):
                break
            b[s] = 0
            s += 1
            d = s
            if self._at(s) == b"<":
                continue
            if not self._at(s):
                break
            s = b.find(b"<", d)
            if s < 0:
                break
            self._content(d, s, b"&")
        if self.root is None:
            raise _Refused("root tag missing", d)
        if not self.closed and self.current:
            raise _Refused(f"unclosed tag <{_shown(self.current.name)}>", d)

    def _at(self, position: int) -> bytes:
        """The byte there; empty at the end."""
        found = bytes(self.b[position : position + 1])
        return b"" if found == b"\0" else found

    def _markup(self, s: int) -> int:
        """Handle what follows a ``<`` at ``s``; returns the position of its last byte."""
        b = self.b
        if _NAME_START.match(b, s):
            return self._tag(s)
        if b.startswith(b"/", s):
            return self._close(s)
        if b.startswith(b"!--", s):
            return self._comment(s)
        if b.startswith(b"![CDATA[", s):
            return self._cdata(s)
        if b.startswith(b"!DOCTYPE", s):
            return self._doctype(s)
        if b.startswith(b"?", s):
            return self._instruction(s)
        raise _Refused("unexpected <", s)

    def _tag(self, d: int) -> int:
        b = self.b
        if self.closed:
            raise _Refused("markup outside of root element", d)
        usual = _USUAL_TAG.match(b, d)
        if usual and not self.defaults:
            name, text, empty = usual.groups()
            self._open(bytes(name), d, _USUAL_ATTRIBUTE.findall(bytes(text)))
            if empty:
                self._shut(bytes(name), d)
            return usual.end() - 1
        s = _end(_TAG_NAME, b, d)
        name = bytes(b[d:s])
        s = self._blank(s)
        defaults = self.defaults.get(name, {})
        attributes: list[tuple[bytes, bytes]] = []
        while (c := self._at(s)) and c not in b"/>":
            s, attribute = self._attribute(s, d, defaults)
            attributes.append(attribute)
            s = _end(_ISSPACES, b, s)
        c = self._at(s)
        if c == b"/":
            b[s] = 0
            s += 1
            c = self._at(s)
            if c != b">" if c else self.last != b">":
                raise _Refused("missing >", d)
            self._open(name, d, attributes)
            self._shut(name, s)
        elif c == b">" or (not c and self.last == b">"):
            self._open(name, d, attributes)
        else:
            raise _Refused("missing >", d)
        return s

    def _blank(self, s: int) -> int:
        end = _end(_ISSPACES, self.b, s)
        self.b[s:end] = bytes(end - s)
        return end

    def _attribute(self, s: int, d: int, defaults: Defaults) -> tuple[int, tuple[bytes, bytes]]:
        b = self.b
        end = _end(_ATTRIBUTE_NAME, b, s)
        name = bytes(b[s:end])
        c = self._at(end)
        if not c or c not in _ISSPACE + b"=":
            return end, (name, b"")
        b[end] = 0
        s = _end(_EQUALS, b, end + 1)
        quote = self._at(s)
        if not quote or quote not in b"\"'":
            return s, (name, b"")
        start = s + 1
        end = b.find(quote, start)
        if end < 0:
            raise _Refused(f"missing {quote.decode()}", d)
        b[end] = 0
        kind = defaults[name][1] if name in defaults else b" "
        return end + 1, (name, self._decode(start, end, kind))

    def _open(self, name: bytes, start: int, attributes: list[tuple[bytes, bytes]]) -> None:
        element = Element(name, start, attributes, parent=self.current)
        if self.current is None:
            self.root = element
        else:
            element.offset = len(self.current.text)
            self.current.children.append(element)
        self.current = element

    def _shut(self, name: bytes, position: int) -> None:
        if self.current is None or self.current.name != name:
            raise _Refused(f"unexpected closing tag </{_shown(name)}>", position)
        self.current = self.current.parent
        self.closed = self.current is None

    def _close(self, s: int) -> int:
        b = self.b
        d = s + 1
        s = _end(_CLOSE_NAME, b, d)
        c = self._at(s)
        if not c and self.last != b">":
            raise _Refused("missing >", d)
        b[s] = 0
        self._shut(bytes(b[d:s]), s)
        if c:
            b[s] = c[0]
            if c in _ISSPACE:
                s = _end(_SPACES, b, s)
        return s

    def _comment(self, d: int) -> int:
        s = self.b.find(b"--", d + 3)
        if s < 0:
            raise _Refused("unclosed <!--", d)
        s += 2
        c = self._at(s)
        if c != b">" if c else self.last != b">":
            raise _Refused("unclosed <!--", d)
        return s

    def _cdata(self, d: int) -> int:
        end = self.b.find(b"]]>", d)
        if end < 0:
            raise _Refused("unclosed <![CDATA[", d)
        self._content(d + 8, end, b"c")
        return end + 2

    def _instruction(self, d: int) -> int:
        s = d
        while True:
            s = self.b.find(b"?", s)
            if s < 0:
                raise _Refused("unclosed <?", d)
            s += 1
            c = self._at(s)
            if not c and self.last != b">":
                raise _Refused("unclosed <?", d)
            if not c or c == b">":
                break
        self._processing(d + 1, s - 1)
        return s

    def _processing(self, start: int, end: int) -> None:
        """Note ``standalone``; leave the NULs that the original leaves (switch_xml_proc_inst)."""
        b = self.b
        b[end] = 0
        text = bytes(b[start:end])
        target = re.match(rb"[^\t\r\n ]*", text)
        length = target.end() if target else 0
        if length < len(text):
            b[start + length] = 0
        if text[:length] == b"xml":
            found = re.search(rb"standalone[\t\r\n ='\"]*yes", text)
            self.standalone = self.standalone or found is not None

    def _content(self, start: int, end: int, kind: bytes) -> None:
        if self.current is None or end == start:
            return
        self.b[end] = 0
        self.current.text += self._decode(start, end, kind)

    def _decode(self, start: int, end: int, kind: bytes) -> bytes:
        """Decode what stands there, in place as the original does."""
        raw = bytes(self.b[start:end])
        if b"\r" not in raw and (kind == b"c" or b"&" not in raw) and kind != b"*":
            if kind != b" ":
                return raw
            value = raw.translate(_SPACES_TO_BLANKS)
            self.b[start:end] = value
            return value
        value, left = decode(raw, self.entities, kind)
        self.b[start:end] = left
        if kind == b"*":
            in_place = left[: len(value) + 1].rstrip(b"\0") == value
            return _collapse(self.b, start) if in_place else _collapse(bytearray(value + b"\0"))
        if raw.endswith(b"\r"):
            # Its loop over line ends runs past the end of the string then (616-622).
            rest = self.b[end + 1 : -1]
            self.b[end + 1 : -1] = re.sub(rb"\r\n?", b"\n", rest).ljust(len(rest), b"\0")
        return value

    def _doctype(self, d: int) -> int:
        b = self.b
        s, inner = d, False
        while c := self._at(s):
            if not inner and c == b">":
                break
            if inner and c == b"]" and self._at(_end(_SPACES, b, s + 1)) == b">":
                break
            inner = inner or c == b"["
            s = _end(re.compile(rb"[^\[\]>\0]*"), b, s + 1)
        if not self._at(s) and self.last != b">":
            raise _Refused("unclosed <!DOCTYPE", d)
        if inner:
            start = b.index(b"[", d) + 1
            b[s] = 0
            self._internal_subset(start)
            s += 1
        return s

    def _internal_subset(self, place: int) -> None:
        """Read ``<!ENTITY`` and ``<!ATTLIST`` declarations (switch_xml_internal_dtd, 847).

        In the buffer, which the decoding of a default changes as it goes on.
        """
        b = self.b
        parameters: Entities = []
        while True:
            place = _end(_BEFORE_DECLARATION, b, place)
            if not b[place]:
                return
            if b.startswith(b"<!ENTITY", place):
                place = self._entity(place, parameters)
            elif b.startswith(b"<!ATTLIST", place):
                place = self._attlist(place)
            elif b.startswith(b"<!--", place):
                place = self._find(b"-->", place + 4)
            elif b.startswith(b"<?", place):
                place = self._find(b"?>", place + 2) + 1
            elif b.startswith(b"<", place):
                place = self._find(b">", place)
            elif self.standalone:
                place += 1
            else:
                return
            if place <= 0:
                return

    def _find(self, what: bytes, place: int) -> int:
        """Where something stands in a C string; -1 if nowhere."""
        return self.b.find(what, place, self.b.index(0, place))

    def _entity(self, place: int, parameters: Entities) -> int:
        b = self.b
        found = _ENTITY.match(b, place)
        if found is None:
            return -1
        quote = bytes(b[found.end() : found.end() + 1])
        if quote not in (b'"', b"'"):
            return self._find(b">", found.end())
        start = found.end() + 1
        end = self._find(quote, start)
        entities = parameters if found[1] else self.entities
        raw = bytes(b[start : b.index(0, start) if end < 0 else end])
        value, _ = decode(raw, parameters, b"%")
        name = bytes(found[2]) + b";"
        if not _entity_ok(name, value, entities):
            raise _Refused(f"circular entity declaration &{_shown(name)}", start)
        entities.append((name, value))
        return -1 if end < 0 else end + 1

    def _attlist(self, place: int) -> int:
        """Note default attributes of one element; a second list of one is not found (1086)."""
        found = _ATTLIST.match(self.b, place)
        if found is None:
            return -1
        declared: Defaults = {}
        self.defaults.setdefault(bytes(found[1]), declared)
        name_at, place = found.start(1), found.end()
        while found := _ATTLIST_ATTRIBUTE.match(self.b, place):
            name, notation, kind, default = (bytes(each or b"") for each in found.groups())
            cdata = b" " if kind.startswith(b"CDATA") and not notation else b"*"
            place = found.end()
            if not default.startswith(b"#"):
                self.b[place - 1] = 0
                value = self._decode(found.start(4) + 1, place - 1, cdata)
                declared.setdefault(name, (value, cdata))
            elif cdata == b"*":
                declared.setdefault(name, (None, cdata))
        place = _end(_SPACES, self.b, place)
        if self._at(place) not in {b"", b">"}:
            raise _Refused("malformed <!ATTLIST", name_at)
        return place


_BEFORE_DECLARATION: Final = re.compile(rb"[^<%\0]*")
_ENTITY: Final = re.compile(
    rb"<!ENTITY[\t\r\n ]*(%?)[\t\r\n %]*([^\t\r\n \0]*)[\t\r\n ]?[\t\r\n ]*"
)
_ATTLIST: Final = re.compile(rb"<!ATTLIST[\t\r\n ]*([^\t\r\n >\0]+)")
_ATTLIST_ATTRIBUTE: Final = re.compile(
    rb"[\t\r\n ]*([^\t\r\n >\0]+)[\t\r\n ]+(NOTATION[\t\r\n ]*)?(\([^)\0]*\)|[^\t\r\n \0]+)"
    rb"[\t\r\n ]*(?:#FIXED[\t\r\n ]*)?(#[A-Z]+|\"[^\"\0]*\"|'[^'\0]*')"
)
_SPACES_TO_BLANKS: Final = bytes.maketrans(_ISSPACE, b" " * len(_ISSPACE))


def decode(raw: bytes, entities: Entities, kind: bytes) -> tuple[bytes, bytes]:
    """Decode references and white space as ``switch_xml_decode`` (600-690) does.

    ``kind`` is ``&`` for text, a blank for an attribute, ``*`` for one that a DOCTYPE
    declares, ``c`` for CDATA, ``%`` for the value of an entity.  Returns also what
    stands afterwards in the place of ``raw``.
    """
    buffer = _Buffer(re.sub(rb"\r\n?", b"\n", raw), len(raw))
    special = {
        b"c": re.compile(rb"[\t\n\v\f\r ]"),
        b"%": re.compile(rb"[&%\t\n\v\f\r ]"),
    }.get(kind, re.compile(rb"[&\t\n\v\f\r ]"))
    position = 0
    while found := special.search(buffer.text, position):
        position = found.start()
        sign = found[0]
        if kind != b"c" and buffer.text.startswith(b"&#", position):
            position = _character(buffer, position)
        elif (sign == b"&" and kind in b"& *") or (sign == b"%" and kind == b"%"):
            position = _entity(buffer, position, entities)
        elif sign in _ISSPACE and kind in b" *":
            buffer.replace(position, position + 1, b" ")
            position += 1
        else:
            position += 1
    return buffer.text, buffer.left()


def _collapse(buffer: bytearray, start: int = 0) -> bytes:
    """Collapse the blanks of the C string at ``start`` in place (683-691).

    The original's loop steps over the NUL behind a string that does not end with one
    blank, and goes on with whatever follows.
    """
    place = start
    while place < len(buffer) and buffer[place]:
        blanks = _end(_BLANKS, buffer, place)
        if blanks > place:
            tail = buffer[blanks : buffer.index(0, blanks) + 1]
            buffer[place : place + len(tail)] = tail
        place = _end(_TOKEN, buffer, place) + 1
    if place > start and buffer[place - 1] == ord(" "):
        buffer[place - 1] = 0
    return bytes(buffer[start : buffer.index(0, start)])


class _Buffer:
    """A C string that is changed in place until it has to grow."""

    def __init__(self, text: bytes, size: int) -> None:
        self.text = text
        self._place = bytearray(size)
        self._place[: len(text)] = text
        self._moved = False

    def replace(self, start: int, end: int, new: bytes) -> None:
        grows = len(new) > end - start or not new
        self.text = self.text[:start] + new + self.text[end:]
        if grows:
            self._moved = True
        if not self._moved:
            # What was behind the end of the shorter string stays behind the new NUL.
            self._place[start : len(self.text)] = self.text[start:]
            if len(self.text) < len(self._place):
                self._place[len(self.text)] = 0

    def left(self) -> bytes:
        return bytes(self._place)


def _character(buffer: _Buffer, position: int) -> int:
    found = _DECIMAL.match(buffer.text, position)
    base = 10
    if found is None:
        found = _HEXADECIMAL.match(buffer.text, position)
        base = 16
    code = int(found[1], base) if found and len(found[1]) <= _MAX_DIGITS else 0
    if found is None or not code or code > _MAX_CODE:
        return position + 1
    encoded = _utf8(code)
    buffer.replace(position, found.end(), encoded)
    return position + len(encoded)


def _entity(buffer: _Buffer, position: int, entities: Entities) -> int:
    text = buffer.text
    for name, value in entities:
        if text.startswith(name, position + 1):
            end = text.find(b";", position)
            buffer.replace(position, end + 1, value)
            return position
    return position + 1


def _utf8(code: int) -> bytes:
    """UTF-8 as it once was, up to six bytes (switch_xml.c:645-655)."""
    if code < 0x80:
        return bytes([code])
    more = (code.bit_length() - 2) // 5
    head = (0xFF << (7 - more)) & 0xFF | code >> (6 * more)
    return bytes([head & 0xFF] + [0x80 | (code >> (6 * i)) & 0x3F for i in reversed(range(more))])


def _entity_ok(name: bytes, value: bytes, entities: Entities) -> bool:
    """Whether an entity does not contain itself (switch_xml_ent_ok, 775)."""
    for found in re.finditer(rb"&", value):
        start = found.end()
        if value.startswith(name, start):
            return False
        for other, inner in entities:
            if value.startswith(other, start):
                if not _entity_ok(name, inner, entities):
                    return False
                break
    return True


def _end(pattern: re.Pattern[bytes], text: bytes | bytearray, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")
