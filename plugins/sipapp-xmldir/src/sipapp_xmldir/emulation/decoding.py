"""References, line ends and blanks, decoded in place as ``switch_xml_decode`` does.

It is switch_xml.c:600-691 of FreeSWITCH 1.10.12.
"""

import re
from collections.abc import Iterator
from typing import Final

from sipapp_xmldir.emulation.errors import EndlessExpansion

Entities = list[tuple[bytes, bytes]]
"""Names, each with its ``;``, and what they stand for."""
PREDEFINED: Final = (
    (b"lt;", b"&#60;"),
    (b"gt;", b"&#62;"),
    (b"quot;", b"&#34;"),
    (b"apos;", b"&#39;"),
    (b"amp;", b"&#38;"),
)
_VALUES: Final = {name[:-1]: value for name, value in PREDEFINED}
BLANKS: Final = b"\t\n\v\f\r "
"""What isspace(3) takes for one."""

_SPACES_TO_BLANKS: Final = bytes.maketrans(BLANKS, b" " * len(BLANKS))
_SPACE_RUN: Final = re.compile(rb" *")
_TOKEN: Final = re.compile(rb"[^ \0]*")
_DECIMAL: Final = re.compile(rb"&#([0-9]+);")
# strtoul(3) takes "0x" too, where it stands for base 16.
_HEXADECIMAL: Final = re.compile(rb"&#x(?:0x)?([0-9A-Fa-f]+);")
_USUAL_REFERENCE: Final = re.compile(
    rb"&(?:(lt|gt|quot|apos|amp)|#([0-9]+)|#x(?:0x)?([0-9A-Fa-f]+));"
)
_SPECIAL: Final = re.compile(rb"[&\t\n\v\f\r ]")
_SPECIAL_IN_ENTITY: Final = re.compile(rb"[&%\t\n\v\f\r ]")
_MAX_WORK: Final = 1 << 26
_MAX_CODE: Final = 0x7FFFFFFF
_MAX_DIGITS: Final = 4000  # what int() takes; as many digits are leading zeros or too much


def decode_in_place(
    buffer: bytearray, start: int, end: int, entities: Entities, kind: bytes
) -> bytes:
    """Decode the C string between ``start`` and ``end``, where a NUL stands already.

    The buffer has afterwards what the original leaves there.  ``kind`` is as for
    :func:`decode`.
    """
    raw = bytes(buffer[start:end])
    if b"\r" not in raw and (kind == b"c" or b"&" not in raw) and kind != b"*":
        if kind != b" ":
            return raw
        value = raw.translate(_SPACES_TO_BLANKS)
        buffer[start:end] = value
        return value
    value, left = decode(raw, entities, kind)
    buffer[start:end] = left
    if kind == b"*":
        in_place = left[: len(value) + 1].rstrip(b"\0") == value
        return _collapse(buffer, start) if in_place else _collapse(bytearray(value + b"\0"))
    if raw.endswith(b"\r"):
        # Its loop over line ends runs past the end of the string then (616-622).
        rest = buffer[end + 1 : -1]
        buffer[end + 1 : -1] = re.sub(rb"\r\n?", b"\n", rest).ljust(len(rest), b"\0")
    return value


def decode(raw: bytes, entities: Entities, kind: bytes) -> tuple[bytes, bytes]:
    """Decode references and white space; returns also what stands then in the place of ``raw``.

    ``kind`` is ``&`` for text, a blank for an attribute, ``*`` for one that a DOCTYPE
    declares, ``c`` for CDATA, ``%`` for the value of an entity.
    """
    text = re.sub(rb"\r\n?", b"\n", raw)
    if kind == b"c":
        return text, text.ljust(len(raw), b"\0")
    if kind in b"& " and len(entities) == len(PREDEFINED):
        return _decode_usual(text, len(raw), kind)
    return _decode_declared(text, len(raw), entities, kind)


def _decode_usual(text: bytes, size: int, kind: bytes) -> tuple[bytes, bytes]:
    """Decode without entities of a DOCTYPE, in one pass."""
    blanks = kind == b" "
    value, left, position = bytearray(), None, 0
    behind: list[bytes] = []
    for found in _USUAL_REFERENCE.finditer(text):
        value += _blanked(text[position : found.start()], blanks=blanks)
        token, position = found[0], found.end()
        for new in _steps(found):
            shorter = len(token) - len(new)
            if shorter < 0 and left is None:
                left = bytes(value) + token + text[position:]
            elif shorter and left is None:
                # A NUL, and what was behind the end of the string that is shorter now.
                tail = (token + text[max(position, len(text) - shorter) :])[1 - shorter :]
                behind.append(b"\0" + (tail if shorter > 1 else b""))
            token = new
        value += token
    value += _blanked(text[position:], blanks=blanks)
    stands = (value if left is None else left) + b"".join(reversed(behind))
    return bytes(value), bytes(stands).ljust(size, b"\0")


def _steps(reference: re.Match[bytes]) -> Iterator[bytes]:
    """What a reference is replaced by, one after the other."""
    name, decimal, hexadecimal = reference.groups()
    if name:
        yield _VALUES[name]
        yield bytes([int(_VALUES[name][2:-1])])
    elif code := _code(decimal or hexadecimal, 10 if decimal else 16):
        yield _utf8(code)


def _blanked(text: bytes, *, blanks: bool) -> bytes:
    return text.translate(_SPACES_TO_BLANKS) if blanks else text


def _decode_declared(
    text: bytes, size: int, entities: Entities, kind: bytes
) -> tuple[bytes, bytes]:
    """Decode step by step: what an entity stands for is decoded again, with what follows it."""
    buffer = _Buffer(text, size)
    special = _SPECIAL_IN_ENTITY if kind == b"%" else _SPECIAL
    position = 0
    while found := special.search(buffer.text, position):
        position = found.start()
        sign = found[0]
        if buffer.text.startswith(b"&#", position):
            position = _character(buffer, position)
        elif (sign == b"&" and kind in b"& *") or (sign == b"%" and kind == b"%"):
            position = _entity(buffer, position, entities)
        elif sign in BLANKS and kind in b" *":
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
        blanks = end_of(_SPACE_RUN, buffer, place)
        if blanks > place:
            tail = buffer[blanks : buffer.index(0, blanks) + 1]
            buffer[place : place + len(tail)] = tail
        place = end_of(_TOKEN, buffer, place) + 1
    if place > start and buffer[place - 1] == ord(" "):
        buffer[place - 1] = 0
    return bytes(buffer[start : buffer.index(0, start)])


class _Buffer:
    """A C string that is changed in place until it has to grow.

    It may cost ``_MAX_WORK`` bytes of moving: entities can multiply without an end.
    """

    def __init__(self, text: bytes, size: int) -> None:
        self.text = text
        self._place = bytearray(size)
        self._place[: len(text)] = text
        self._moved = False
        self._work = 0

    def replace(self, start: int, end: int, new: bytes) -> None:
        self._work += len(self.text) + len(new)
        if self._work > _MAX_WORK:
            raise EndlessExpansion
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
    code = _code(found[1], base) if found else 0
    if found is None or not code:
        return position + 1
    encoded = _utf8(code)
    buffer.replace(position, found.end(), encoded)
    return position + len(encoded)


def _code(digits: bytes, base: int) -> int:
    """The character of that number; 0 if it is none."""
    code = int(digits, base) if len(digits) <= _MAX_DIGITS else 0
    return code if code <= _MAX_CODE else 0


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


def end_of(pattern: re.Pattern[bytes], text: bytes | bytearray, position: int) -> int:
    """Where what a pattern matches at ``position`` ends."""
    found = pattern.match(text, position)
    return found.end() if found else position
