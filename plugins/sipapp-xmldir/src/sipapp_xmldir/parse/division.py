"""The places of the users in a file, and the text of each by itself.

A file of several users is edited by the text of one: put between ``<include>`` and ``</include>``
alone, it is a file of one user, for the reader, the editor and the verification.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.lines import DIRECTIVE, LINE_LIMIT, is_special
from sipapp_xmldir.parse.reader import decode, read, user_elements
from sipapp_xmldir.parse.usual_pattern import SEVERAL_END, SEVERAL_GAP, SEVERAL_START

_USER_END: Final = "</user>"
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_DECLARATION: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^<>\r\n]*\?>")
_OTHER_ENCODING: Final = b'<?xml version="1.0" encoding="ISO-8859-1"?>'
# Stands for what is before a user on its line: the user begins no line of its own.
_BEFORE_ON_LINE: Final = b"<!-- -->"


class Span(NamedTuple):
    """From where to where a text stands, in bytes."""

    start: int
    end: int


class Frame(NamedTuple):
    """What is around the text of a user in a file of its own."""

    before: bytes
    after: bytes


@dataclass(frozen=True)
class Division:
    """The bytes of a file, and the span of each user in it, in the order of the look-up.

    ``is_plain`` tells that nothing outside of a user can bear on how FreeSWITCH reads it.
    ``is_domain`` tells that the users stand in a domain, so that the file is never one of a
    single user.
    """

    data: bytes
    spans: Sequence[Span]
    is_plain: bool
    is_domain: bool = False

    def text(self, number: int) -> bytes:
        """The text of a user."""
        start, end = self.spans[number]
        return self.data[start:end]

    def alone(self, number: int) -> bytes:
        """A file with this user alone: the file itself if it has no other."""
        before, after = self.frame(number)
        return before + self.text(number) + after

    def frame(self, number: int) -> Frame:
        """What is around the user in a file with it alone."""
        start, end = self.spans[number]
        if len(self.spans) == 1 and not self.is_domain:
            return Frame(self.data[:start], self.data[end:])
        return Frame(self._opening + self._indent(start), self._closing)

    def with_text(self, number: int, text: bytes) -> "Division":
        """The same file with another text of one user."""
        start, end = self.spans[number]
        return self._shifted(number, self.data[:start] + text + self.data[end:])

    def changed_user(self, data: bytes) -> int | None:
        """The one user within whose text another content of the file differs from this one."""
        first = _common_start(self.data, data)
        room = min(len(self.data), len(data)) - first
        last = len(self.data) - min(_common_end(self.data, data), room)
        found = bisect_right(self._in_order, (first, -1)) - 1
        if found < 0:
            return None
        start, number = self._in_order[found]
        return number if start < first and last < self.spans[number].end else None

    def with_content(self, number: int, data: bytes) -> "Division":
        """The same users in another content, which differs within the text of one alone."""
        return self._shifted(number, data)

    def with_user(self, data: bytes, number: int, span: Span) -> "Division":
        """Another content, with one more user."""
        more = len(data) - len(self.data)
        spans = [
            Span(start + more, end + more) if end > span.start else Span(start, end)
            for start, end in self.spans
        ]
        return replace(self, data=data, spans=[*spans[:number], span, *spans[number:]])

    def without_user(self, data: bytes, number: int) -> "Division":
        """Another content, with one user less."""
        less, gone = len(self.data) - len(data), self.spans[number]
        spans = [
            Span(start - less, end - less) if start > gone.start else Span(start, end)
            for start, end in self.spans
        ]
        return replace(self, data=data, spans=[*spans[:number], *spans[number + 1 :]])

    def is_closed(self, number: int) -> bool:
        """Whether the lines of this user say nothing of others, nor others of its lines."""
        start, end = self.spans[number]
        for place in (start, end):
            first, last = self._line(place)
            line = self.data[first:last]
            outside = line[: start - first] if place == start else line[end - first :]
            if outside.strip() and (is_special(line) or len(line) >= LINE_LIMIT):
                return False
        return True

    @cached_property
    def lines(self) -> Sequence[int]:
        """The line on which each user begins, from 1, where LF ends all lines."""
        found = [1] * len(self.spans)
        line, position = 1, 0
        for start, number in self._in_order:
            line += self.data.count(b"\n", position, start)
            found[number], position = line, start
        return found

    @cached_property
    def line_end(self) -> bytes:
        """How lines end in the file."""
        found = _LINE_END.search(self.data)
        return found[0] if found else b"\n"

    @cached_property
    def _opening(self) -> bytes:
        declaration = _DECLARATION.match(self.data)
        first = declaration[0] if declaration else b""
        if not first and not decode(self.data)[1]:
            first = _OTHER_ENCODING
        return (first + self.line_end if first else b"") + b"<include>" + self.line_end

    @property
    def _closing(self) -> bytes:
        return self.line_end + b"</include>" + self.line_end

    @cached_property
    def _in_order(self) -> Sequence[tuple[int, int]]:
        """Where the users begin, each with its number, in the order of the text."""
        return sorted((span.start, number) for number, span in enumerate(self.spans))

    def _line(self, place: int) -> Span:
        """The line that a place is on."""
        start = max(self.data.rfind(b"\n", 0, place), self.data.rfind(b"\r", 0, place)) + 1
        found = _LINE_END.search(self.data, place)
        return Span(start, found.start() if found else len(self.data))

    def _indent(self, start: int) -> bytes:
        before = self.data[self._line(start).start : start]
        return before if not before.strip(b" \t") else _BEFORE_ON_LINE

    def _shifted(self, number: int, data: bytes) -> "Division":
        start, end = self.spans[number]
        more = len(data) - len(self.data)
        spans = [
            Span(first + more, last + more) if first > start else Span(first, last)
            for first, last in self.spans
        ]
        spans[number] = Span(start, end + more)
        return replace(self, data=data, spans=spans)


class Place(NamedTuple):
    """The place of a user in a file: the users of the file, and which of them it is."""

    division: Division
    number: int


def divide(data: bytes) -> Division:
    """Divide the content of a file of the directory, as FreeSWITCH reads it.

    Raises :class:`.xml_elements.Unreadable` as :func:`.reader.read` does.
    """
    read(decode(data)[0])
    return divide_any(data)


def divide_usual(data: bytes) -> Division | None:
    """Divide a file with nothing around its users but comments, by the fast path.

    The texts of the users are not looked at: :func:`.entry.entries_of` reads each by itself.
    """
    # Each byte is one character, so that positions are those of bytes.
    text = data.decode("latin-1")
    match = SEVERAL_START.match(text)
    if match is None or (match := SEVERAL_GAP.match(text, match.end())) is None:
        return None
    spans: list[Span] = []
    position = 0
    while match:
        start = match.end()
        end = text.find(_USER_END, start)
        if end < 0:
            return None
        position = end + len(_USER_END)
        spans.append(Span(start, position))
        match = SEVERAL_GAP.match(text, position)
    if not SEVERAL_END.fullmatch(text, position) or _is_odd(text):
        return None
    return Division(data, spans, is_plain=True)


def divide_any(data: bytes) -> Division:
    """Divide a file of any form that :func:`.reader.read` accepts."""
    spans = [Span(each.markup.start, each.markup.end) for each in user_elements(data)]
    is_plain = DIRECTIVE.encode() not in data.lower() and b"<!DOCTYPE" not in data
    return Division(data, spans, is_plain)


def _is_odd(text: str) -> bool:
    has_cr = "\r" in text and text.count("\r") != text.count("\r\n")
    return has_cr or DIRECTIVE in text.lower()


def _common_start(one: bytes, other: bytes) -> int:
    """How many bytes at the beginning are the same."""
    same, limit = 0, min(len(one), len(other))
    while same < limit:
        middle = (same + limit + 1) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            limit = middle - 1
    return same


def _common_end(one: bytes, other: bytes) -> int:
    """How many bytes at the end are the same."""
    length, other_length = len(one), len(other)
    same, limit = 0, min(length, other_length)
    while same < limit:
        middle = (same + limit + 1) // 2
        tail = other[other_length - middle : other_length - same]
        if one[length - middle : length - same] == tail:
            same = middle
        else:
            limit = middle - 1
    return same
