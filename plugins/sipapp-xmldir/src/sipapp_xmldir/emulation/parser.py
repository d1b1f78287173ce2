"""FreeSWITCH's XML parser, byte for byte, with all that it lets pass.

``switch_xml_parse_str`` (switch_xml.c:1045-1198 of 1.10.12) works in place, and what
it leaves behind in its buffer counts in the line numbers of its errors; so does this.
"""

import re
from bisect import bisect_left
from typing import Final

from sipapp_xmldir.emulation.decoding import BLANKS, decode_in_place, end_of
from sipapp_xmldir.emulation.doctype import Declarations, Defaults
from sipapp_xmldir.emulation.errors import EndlessExpansion, Fault, ParseError, shown
from sipapp_xmldir.emulation.tree import Element, Markup

_NAME_START: Final = re.compile(rb"[A-Za-z_:\x80-\xff]")
_TAG_NAME: Final = re.compile(rb"[^\t\r\n />\0]*")
_ATTRIBUTE_NAME: Final = re.compile(rb"[^\t\r\n =/>\0]*")
_EQUALS: Final = re.compile(rb"[\t\r\n =]*")
_CLOSE_NAME: Final = re.compile(rb"[^\t\r\n >\0]*")
_SPACES: Final = re.compile(rb"[\t\r\n ]*")
_ISSPACES: Final = re.compile(rb"[\t\n\v\f\r ]*")
_IN_DOCTYPE: Final = re.compile(rb"[^\[\]>\0]*")
# A tag without anything that is to be decoded: read in one step, to the same end.
_USUAL_TAG: Final = re.compile(
    rb"([A-Za-z_][A-Za-z0-9_.:-]*+)"
    rb'((?: [A-Za-z_][A-Za-z0-9_.:-]*+="[^"&\t\n\v\f\r\0]*+")*+) ?+(/?+)>'
)
_USUAL_ATTRIBUTE: Final = re.compile(rb' ([^=]++)="([^"]*+)"')


def parse(text: bytes) -> tuple[Element | None, Fault | None]:
    """What FreeSWITCH makes of a text, and its error.

    With an error there is still the tree up to it: a whole configuration is then
    refused, but a copy of one user (:mod:`.copying`) is used as far as it got.
    """
    return _Parser(text).run()


def parse_located(text: bytes) -> tuple[Element | None, Fault | None]:
    """As :func:`parse`, and the elements have the markup with their places in the text."""
    return _LocatingParser(text).run()


class _Parser:
    def __init__(self, text: bytes) -> None:
        self.last = text[-1:]
        self.b = bytearray(text[:-1]) + b"\0"
        self.root: Element | None = None
        self.current: Element | None = None
        self.closed = False
        self.declarations = Declarations()
        self.reading = 0
        self._moved_from = len(self.b)
        self._removed: list[int] = []

    def run(self) -> tuple[Element | None, Fault | None]:
        fault = None
        try:
            self._run()
        except ParseError as refused:
            fault = self._fault(str(refused), refused.position)
        except EndlessExpansion:
            fault = self._fault("entities that multiply without an end", self.reading)
        if self.root:
            self.root.defaults = {
                tag: {name: value for name, (value, _) in attributes.items()}
                for tag, attributes in self.declarations.defaults.items()
            }
        return self.root, fault

    def _fault(self, message: str, position: int) -> Fault:
        line = self.b.count(b"\n", 0, position) + 1
        opened = self.current.start if self.current else None
        return Fault(message, line, self._original(position), opened)

    def _decode(self, start: int, end: int, kind: bytes) -> bytes:
        """Decode a string of the buffer, and note what is moved to the left behind it."""
        is_moved = self.b.endswith(b"\r", start, end) and kind != b"*"
        rest = bytes(self.b[end + 1 :]) if is_moved else b""
        value = decode_in_place(self.b, start, end, self.declarations.entities, kind)
        if b"\r\n" in rest:
            self._moved_from = end + 1
            ends = (found.start() for found in re.finditer(b"\r\n", rest))
            self._removed = [place - before for before, place in enumerate(ends)]
        return value

    def _original(self, position: int) -> int:
        """Where in the text a byte of the buffer was."""
        if position < self._moved_from:
            return position
        return position + bisect_left(self._removed, position - self._moved_from)

    def _run(self) -> None:
        b = self.b
        s = b.find(b"<")
        if s < 0:
            raise ParseError("root tag missing", len(b) - 1)
        while True:
            s += 1
            d = self.reading = s
            s = self._markup(s)
            if s >= len(b) or not b[s]:
                break
            b[s] = 0
            s += 1
            d = s
            if b.startswith(b"<", s):
                continue
            if not b[s]:
                break
            s = b.find(b"<", d)
            if s < 0:
                break
            self._content(d, s, b"&")
        if self.root is None:
            raise ParseError("root tag missing", d)
        if not self.closed and self.current:
            raise ParseError(f"unclosed tag <{shown(self.current.name)}>", d)

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
        raise ParseError("unexpected <", s)

    def _tag(self, d: int) -> int:
        b = self.b
        if self.closed:
            raise ParseError("markup outside of root element", d)
        usual = _USUAL_TAG.match(b, d)
        if usual and not self.declarations.defaults:
            name, text, empty = usual.groups()
            self._open(bytes(name), d, _USUAL_ATTRIBUTE.findall(bytes(text)))
            if empty:
                self._shut(bytes(name), d)
            return usual.end() - 1
        s = end_of(_TAG_NAME, b, d)
        name = bytes(b[d:s])
        s = self._blank(s)
        defaults = self.declarations.defaults.get(name, {})
        attributes: list[tuple[bytes, bytes]] = []
        while (c := self._at(s)) and c not in b"/>":
            s, attribute = self._attribute(s, d, defaults)
            attributes.append(attribute)
            s = end_of(_ISSPACES, b, s)
        c = self._at(s)
        if c == b"/":
            b[s] = 0
            s += 1
            c = self._at(s)
            if c != b">" if c else self.last != b">":
                raise ParseError("missing >", d)
            self._open(name, d, attributes)
            self._shut(name, s)
        elif c == b">" or (not c and self.last == b">"):
            self._open(name, d, attributes)
        else:
            raise ParseError("missing >", d)
        return s

    def _blank(self, s: int) -> int:
        end = end_of(_ISSPACES, self.b, s)
        self.b[s:end] = bytes(end - s)
        return end

    def _attribute(self, s: int, d: int, defaults: Defaults) -> tuple[int, tuple[bytes, bytes]]:
        b = self.b
        end = end_of(_ATTRIBUTE_NAME, b, s)
        name = bytes(b[s:end])
        c = self._at(end)
        if not c or c not in BLANKS + b"=":
            return end, (name, b"")
        b[end] = 0
        s = end_of(_EQUALS, b, end + 1)
        quote = self._at(s)
        if not quote or quote not in b"\"'":
            return s, (name, b"")
        start = s + 1
        end = b.find(quote, start)
        if end < 0:
            raise ParseError(f"missing {quote.decode()}", d)
        self._found_value(start, end)
        b[end] = 0
        kind = defaults[name][1] if name in defaults else b" "
        return end + 1, (name, self._decode(start, end, kind))

    def _found_value(self, start: int, end: int) -> None:
        """Record the place of an attribute's value, in :class:`_LocatingParser`."""

    def _open(self, name: bytes, start: int, attributes: list[tuple[bytes, bytes]]) -> None:
        element = Element(name, self._original(start), attributes, parent=self.current)
        if self.current is None:
            self.root = element
        else:
            element.offset = len(self.current.text)
            self.current.children.append(element)
        self.current = element

    def _shut(self, name: bytes, position: int) -> None:
        if self.current is None or self.current.name != name:
            raise ParseError(f"unexpected closing tag </{shown(name)}>", position)
        self.current = self.current.parent
        self.closed = self.current is None

    def _close(self, s: int) -> int:
        b = self.b
        d = s + 1
        s = end_of(_CLOSE_NAME, b, d)
        c = self._at(s)
        if not c and self.last != b">":
            raise ParseError("missing >", d)
        b[s] = 0
        self._shut(bytes(b[d:s]), s)
        if c:
            b[s] = c[0]
            if c in BLANKS:
                s = end_of(_SPACES, b, s)
        return s

    def _comment(self, d: int) -> int:
        s = self.b.find(b"--", d + 3)
        if s < 0:
            raise ParseError("unclosed <!--", d)
        s += 2
        c = self._at(s)
        if c != b">" if c else self.last != b">":
            raise ParseError("unclosed <!--", d)
        return s

    def _cdata(self, d: int) -> int:
        end = self.b.find(b"]]>", d)
        if end < 0:
            raise ParseError("unclosed <![CDATA[", d)
        self._content(d + 8, end, b"c")
        return end + 2

    def _instruction(self, d: int) -> int:
        s = d
        while True:
            s = self.b.find(b"?", s)
            if s < 0:
                raise ParseError("unclosed <?", d)
            s += 1
            c = self._at(s)
            if not c and self.last != b">":
                raise ParseError("unclosed <?", d)
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
            self.declarations.standalone |= found is not None

    def _content(self, start: int, end: int, kind: bytes) -> None:
        if self.current is None or end == start:
            return
        self.b[end] = 0
        self.current.text += self._decode(start, end, kind)

    def _doctype(self, d: int) -> int:
        b = self.b
        s, inner = d, False
        while c := self._at(s):
            if not inner and c == b">":
                break
            if inner and c == b"]" and self._at(end_of(_SPACES, b, s + 1)) == b">":
                break
            inner = inner or c == b"["
            s = end_of(_IN_DOCTYPE, b, s + 1)
        if not self._at(s) and self.last != b">":
            raise ParseError("unclosed <!DOCTYPE", d)
        if inner:
            start = b.index(b"[", d) + 1
            b[s] = 0
            self.declarations.read(b, start)
            s += 1
        return s


class _LocatingParser(_Parser):
    """A parser that records the places of elements and values: it never moves a byte."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self._values: list[tuple[int, int]] = []

    def _found_value(self, start: int, end: int) -> None:
        self._values.append((start, end))

    def _decode(self, start: int, end: int, kind: bytes) -> bytes:
        # In a buffer of its own: nothing that follows is moved.
        own = self.b[start:end] + b"\0"
        value = decode_in_place(own, 0, end - start, self.declarations.entities, kind)
        self.b[start:end] = own[:-1]
        return value

    def _tag(self, d: int) -> int:
        self._values = []
        parent = self.current
        end = super()._tag(d) + 1
        siblings = parent.children if parent else [self.root]
        if (element := siblings[-1]) is not None:
            values = self._values or [
                found.span(2) for found in _USUAL_ATTRIBUTE.finditer(self.b, d, end)
            ]
            element.markup = Markup(d - 1, end, end, end, values)
        return end - 1

    def _close(self, s: int) -> int:
        element = self.current
        last = super()._close(s)
        if element:
            element.markup = element.markup._replace(inner_end=s - 1, end=last + 1)
        return last
