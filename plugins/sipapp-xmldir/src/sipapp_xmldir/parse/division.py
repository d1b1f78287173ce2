"""The places of the users in a file, and the text of each by itself.

A file of several users is edited by the text of one: put between ``<include>`` and ``</include>``
alone, it is a file of one user, for the reader, the editor and the verification.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from sipapp_xmldir.emulation.lines import DIRECTIVE, LINE_LIMIT, is_special
from sipapp_xmldir.parse.inclusions import Surroundings
from sipapp_xmldir.parse.reader import decode, read, user_elements
from sipapp_xmldir.parse.usual_pattern import SEVERAL_END, SEVERAL_GAP, SEVERAL_START

_USER_END: Final = "</user>"
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_DECLARATION: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^<>\r\n]*\?>")
_OTHER_ENCODING: Final = b'<?xml version="1.0" encoding="ISO-8859-1"?>'
# Contents are compared in pieces of these lengths.
_STEPS: Final = (1 << 16, 1 << 10, 1 << 5, 1)
# Stands for what is before a user on its line: the user begins no line of its own.
_BEFORE_ON_LINE: Final = b"<!-- -->"


class Frame(NamedTuple):
    """What is around the text of a user in a file of its own."""

    before: bytes
    after: bytes


@dataclass(frozen=True)
class Division:
    """The bytes of a file, and from where to where the text of each user goes.

    The users are in the order of the look-up.  ``is_plain`` tells that nothing outside of a user
    can bear on how FreeSWITCH reads it.  ``is_domain`` tells that the users stand in a domain, so
    that the file is never one of a single user; then ``before_new`` is how many users come before
    a new one, and ``parent_tag`` the opening tag of the element that new ones stand in.
    """

    data: bytes
    starts: Sequence[int]
    ends: Sequence[int]
    is_plain: bool
    is_domain: bool = False
    before_new: int | None = None
    parent_tag: tuple[int, int] | None = None

    @property
    def last(self) -> int:
        """The user behind whom a new one comes, if there is one."""
        return (self.count if self.before_new is None else self.before_new) - 1

    @property
    def count(self) -> int:
        """How many users there are."""
        return len(self.starts)

    def span(self, number: int) -> tuple[int, int]:
        """From where to where the text of a user goes."""
        return self.starts[number], self.ends[number]

    def text(self, number: int) -> bytes:
        """The text of a user."""
        return self.data[self.starts[number] : self.ends[number]]

    def alone(self, number: int) -> bytes:
        """A file with this user alone: the file itself if it has no other."""
        before, after = self.frame(number)
        return before + self.text(number) + after

    def frame(self, number: int) -> Frame:
        """What is around the user in a file with it alone."""
        start, end = self.span(number)
        if self.count == 1 and not self.is_domain:
            return Frame(self.data[:start], self.data[end:])
        return Frame(self._opening + self._before_on_line(start), self._closing)

    def line(self, number: int) -> int:
        """The line on which a user begins, from 1, where LF ends all lines."""
        return self.data.count(b"\n", 0, self.starts[number]) + 1

    @property
    def lines(self) -> Sequence[int]:
        """The line on which each user begins, from 1, where LF ends all lines."""
        found = [1] * self.count
        line, position = 1, 0
        for start, number in sorted(zip(self.starts, range(self.count), strict=True)):
            line += self.data.count(b"\n", position, start)
            found[number], position = line, start
        return found

    def changed_user(self, data: bytes) -> int | None:
        """The one user within whose text another content of the file differs from this one."""
        first = _common_start(self.data, data)
        room = min(len(self.data), len(data)) - first
        last = len(self.data) - min(_common_end(self.data, data), room)
        spans = zip(self.starts, self.ends, strict=True)
        around = (
            number for number, (start, end) in enumerate(spans) if start < first <= last < end
        )
        return next(around, None)

    def with_text(self, number: int, text: bytes) -> "Division":
        """The same file with another text of one user."""
        start, end = self.span(number)
        return self.with_content(number, self.data[:start] + text + self.data[end:])

    def with_content(self, number: int, data: bytes) -> "Division":
        """Another content, which differs within the text of one user alone."""
        start, end = self.span(number)
        shifted = self._shifted(data, start + 1)
        ends = [*shifted.ends]
        ends[number] = end + len(data) - len(self.data)
        return replace(shifted, ends=ends)

    def with_user(self, data: bytes, number: int, span: tuple[int, int]) -> "Division":
        """Another content, with one more user."""
        shifted = self._shifted(data, span[0])
        starts = [*shifted.starts[:number], span[0], *shifted.starts[number:]]
        ends = [*shifted.ends[:number], span[1], *shifted.ends[number:]]
        return replace(shifted, starts=starts, ends=ends, before_new=self._new_after(number, 1))

    def without_user(self, data: bytes, number: int) -> "Division":
        """Another content, with one user less."""
        shifted = self._shifted(data, self.ends[number])
        starts = [*shifted.starts[:number], *shifted.starts[number + 1 :]]
        ends = [*shifted.ends[:number], *shifted.ends[number + 1 :]]
        return replace(shifted, starts=starts, ends=ends, before_new=self._new_after(number, -1))

    def is_closed(self, number: int) -> bool:
        """Whether the lines of this user say nothing of others, nor others of its lines."""
        start, end = self.span(number)
        for place in (start, end):
            first, last = self._line_around(place)
            line = self.data[first:last]
            outside = line[: start - first] if place == start else line[end - first :]
            if outside.strip() and (is_special(line) or len(line) >= LINE_LIMIT):
                return False
        return True

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

    def _new_after(self, number: int, more: int) -> int | None:
        if self.before_new is None or number > self.last + max(more, 0):
            return self.before_new
        return self.before_new + more

    def _line_around(self, place: int) -> tuple[int, int]:
        start = max(self.data.rfind(b"\n", 0, place), self.data.rfind(b"\r", 0, place)) + 1
        found = _LINE_END.search(self.data, place)
        return start, found.start() if found else len(self.data)

    def _before_on_line(self, start: int) -> bytes:
        before = self.data[self._line_around(start)[0] : start]
        return before if not before.strip(b" \t") else _BEFORE_ON_LINE

    def _shifted(self, data: bytes, behind: int) -> "Division":
        """Another content, in which all users from a place on are moved by its other length."""
        more = len(data) - len(self.data)
        starts = [start + more if start >= behind else start for start in self.starts]
        ends = [
            end + more if start >= behind else end
            for start, end in zip(self.starts, self.ends, strict=True)
        ]
        return replace(self, data=data, starts=starts, ends=ends)


class Place(NamedTuple):
    """The place of a user in a file: the users of the file, and which of them it is."""

    division: Division
    number: int


def divide(data: bytes, around: Surroundings | None = None) -> Division:
    """Divide the content of a file of the directory, as FreeSWITCH reads it.

    ``around`` is where the file stands.

    Raises :class:`.xml_elements.Unreadable` as :func:`.reader.read` does.
    """
    read(decode(data)[0], around)
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
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    while match:
        starts.append(match.end())
        end = text.find(_USER_END, match.end())
        if end < 0:
            return None
        position = end + len(_USER_END)
        ends.append(position)
        match = SEVERAL_GAP.match(text, position)
    if not SEVERAL_END.fullmatch(text, position) or _is_odd(text):
        return None
    return Division(data, starts, ends, is_plain=True)


def divide_any(data: bytes) -> Division:
    """Divide a file of any form that :func:`.reader.read` accepts."""
    users = [each.markup for each in user_elements(data)]
    is_plain = DIRECTIVE.encode() not in data.lower() and b"<!DOCTYPE" not in data
    starts, ends = [each.start for each in users], [each.end for each in users]
    return Division(data, starts, ends, is_plain)


def _is_odd(text: str) -> bool:
    has_cr = "\r" in text and text.count("\r") != text.count("\r\n")
    return has_cr or DIRECTIVE in text.lower()


def _common_start(one: bytes, other: bytes) -> int:
    """How many bytes at the beginning are the same."""
    same, limit = 0, min(len(one), len(other))
    for step in _STEPS:
        while same + step <= limit and one[same : same + step] == other[same : same + step]:
            same += step
    return same


def _common_end(one: bytes, other: bytes) -> int:
    """How many bytes at the end are the same."""
    length, other_length = len(one), len(other)
    same, limit = 0, min(length, other_length)
    for step in _STEPS:
        while (
            same + step <= limit
            and one[length - same - step : length - same]
            == other[other_length - same - step : other_length - same]
        ):
            same += step
    return same
