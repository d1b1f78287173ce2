"""The copy of a user that FreeSWITCH makes for every look-up.

``switch_xml_dup`` writes the user as XML and reads it again, and not all values
survive that: what is no UTF-8 loses bytes, and behind ``<!`` nothing is escaped
(``switch_xml_ampencode`` and ``switch_xml_toxml_r``, switch_xml.c:2517-2721 of 1.10.12).
"""

import re
from typing import Final

from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.emulation.tree import Element

_PLAIN: Final = re.compile(rb"[^&<>\"\n\t\r\x80-\xff]*")
_NAME: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_.:-]*")
_USUAL: Final = re.compile(rb"[^&<>\"\0\t\n\v\f\r\x80-\xff]*")  # nothing to escape or to decode
_BLANK: Final = re.compile(rb"[ \t\n]*")
_ESCAPES: Final = {
    ord("&"): b"&amp;",
    ord("<"): b"&lt;",
    ord(">"): b"&gt;",
    ord("\r"): b"&#xD;",
}
_ATTRIBUTE_ESCAPES: Final = {
    **_ESCAPES,
    ord('"'): b"&quot;",
    ord("\n"): b"&#xA;",
    ord("\t"): b"&#x9;",
}
_INDENT: Final = b"  "


def copy(user: Element) -> Element:
    """The copy of ``user`` that a look-up gets; FreeSWITCH ignores errors of the copying.

    It is ``user`` itself if there is no difference but in white space between tags.
    """
    if _is_usual(user) and not user.root.defaults:
        return user
    return exact_copy(user)


def exact_copy(user: Element) -> Element:
    """The copy with the white space that copying adds, which :func:`copy` need not have.

    A line begins behind each tag that another tag follows at once, and behind each closing tag,
    so that only copies can be compared with copies.
    """
    copied, _ = parse(serialize(user))
    return copied or Element(user.name, user.start, [])


def _is_usual(user: Element) -> bool:
    """Whether the copy is equal for sure, so that it need not be made."""
    pending = [user]
    while pending:
        element = pending.pop()
        if not (_NAME.fullmatch(element.name) and _BLANK.fullmatch(element.text)):
            return False
        for name, value in element.attributes:
            if not (_NAME.fullmatch(name) and _USUAL.fullmatch(value)):
                return False
        pending += element.children
    return True


def survives(value: str) -> bool:
    """Whether a value of an attribute comes out of the copy as it was."""
    original = value.encode()
    if _USUAL.fullmatch(original):
        return True
    element = Element(b"param", 0, [(b"value", original)])
    return copy(element).attributes == [(b"value", original)]


def serialize(element: Element) -> bytes:
    """The element as FreeSWITCH writes it (``switch_xml_toxml``)."""
    writer = _Writer(element.root)
    writer.write(element)
    return bytes(writer.out)


class _Writer:
    def __init__(self, root: Element) -> None:
        self.out = bytearray()
        self._defaults = root.defaults

    def write(self, element: Element) -> None:
        """Write an element with all that is in it, however deep."""
        self._open(element, b"", 0)
        path = [(element, iter(element.children), 0)]
        while path:
            parent, children, start = path[-1]
            child = next(children, None)
            if child is None:
                path.pop()
                self._close(parent, start, len(path))
            else:
                path[-1] = parent, children, child.offset
                # No text in between means a length of 0, which is taken for "all there is" (2644).
                end = child.offset if child.offset > start else None
                self._open(child, bytes(parent.text[start:end]), len(path))
                path.append((child, iter(child.children), 0))

    def _open(self, element: Element, text: bytes, depth: int) -> None:
        out = self.out
        out += encode(text)
        if out.endswith(b">"):
            out += b"\n"
        out += _INDENT * depth + b"<" + element.name
        for name, value in self._attributes(element):
            out += b" " + name + b'="' + encode(value, attribute=True) + b'"'
        out += b">"

    def _close(self, element: Element, start: int, depth: int) -> None:
        out = self.out
        out += encode(bytes(element.text[start:]))
        if out.endswith(b"\n"):
            out += _INDENT * depth
        out += b"</" + element.name + b">\n"

    def _attributes(self, element: Element) -> list[tuple[bytes, bytes]]:
        first: dict[bytes, bytes] = {}
        for name, value in element.attributes:
            first.setdefault(name, value)
        for name, default in self._defaults.get(element.name, {}).items():
            if default is not None:
                first.setdefault(name, default)
        return list(first.items())


def encode(text: bytes, *, attribute: bool = False) -> bytes:
    """Text or an attribute's value, escaped as FreeSWITCH does."""
    plain = _PLAIN.match(text)
    if plain and plain.end() == len(text):
        return text
    # From "<!" on, which could be a comment, nothing is escaped (2548-2552).
    text, markup, rest = text.partition(b"<!")
    escapes = _ATTRIBUTE_ESCAPES if attribute else _ESCAPES
    out = bytearray()
    character, missing = 0, 0
    for byte in text:
        if byte in escapes:
            out += escapes[byte]
        elif not missing:
            character, missing = _first_byte(byte)
            if byte < 0x80:
                out.append(byte)
        elif byte >> 6 == 0b10:
            character = character << 6 | byte & 0x3F
            missing -= 1
            if not missing:
                out += b"&#x%X;" % character
        else:
            missing = 0  # and this byte is lost, whatever it is
    return bytes(out) + markup + rest


def _first_byte(byte: int) -> tuple[int, int]:
    """What a byte outside of a character begins: its bits, and how many bytes are to come."""
    for least, bits, missing in ((0xF0, 0x07, 3), (0xE0, 0x0F, 2), (0xC0, 0x1F, 1)):
        if byte >= least:
            return byte & bits, missing
    return 0, 0
