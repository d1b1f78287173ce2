"""FreeSWITCH's preprocessor, byte for byte: what of the files reaches the parser.

It works on lines, knows nothing of quotes and comments, and tells nobody what it
drops.  Line numbers in the comments are those of FreeSWITCH 1.10.12:
``preprocess`` is switch_xml.c:1427-1650, ``expand_vars`` switch_xml.c:1270-1317.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Final, NamedTuple

LINE_LIMIT: Final = 1 << 20
"""Size of the buffer for one line (switch_utils.c:841); a longer line comes in pieces."""

_LINE_BLOCK: Final = 1024
_MAX_LEVEL: Final = 100
_MAX_INCLUSIONS: Final = 10_000  # ours: two files that include each other never end there
_PART: Final = re.compile(rb"[^\r\n]*[\r\n]|[^\r\n]+")
_DROPS_LINE: Final = re.compile(rb"</?include>|<\?")
_DIRECTIVE: Final = re.compile(rb"x-pre-process", re.IGNORECASE)
_DIRECTIVE_ARGUMENTS: Final = (
    re.compile(rb'cmd[^=]*=[^"]*"', re.IGNORECASE | re.DOTALL),
    re.compile(rb'data[^=]*=[^"]*"', re.IGNORECASE | re.DOTALL),
)
# Nothing is lost with a line in which only this stands.
_INTENDED: Final = re.compile(rb"\s|\xef\xbb\xbf|</?include>|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_EFFECTS_ELSEWHERE: Final = frozenset({b"exec-set", b"stun-set", b"env-set", b"exec"})


class Place(NamedTuple):
    """A line of a file, from 1; a line ends with LF, CR LF or CR."""

    file: str
    line: int


class Dropped(NamedTuple):
    """Something that stands in a file and has no effect."""

    place: Place
    reason: str
    text: bytes


class Directive(NamedTuple):
    """A command to the preprocessor, such as ``set`` or ``include``."""

    place: Place
    command: bytes
    data: bytes


@dataclass
class Merged:
    """The text that the parser gets, and from which places it comes."""

    text: bytearray = field(default_factory=bytearray)
    dropped: list[Dropped] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    undefined: list[tuple[Place, str]] = field(default_factory=list)
    hang: Place | None = None
    """An ``include`` that FreeSWITCH never comes back from."""
    _starts: list[int] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)

    def place(self, position: int) -> Place:
        """Where the byte at ``position`` came from."""
        found = bisect_right(self._starts, position) - 1
        return self._places[max(found, 0)]

    def write(self, data: bytes, place: Place) -> None:
        """Append what stands at ``place``."""
        if data:
            self._starts.append(len(self.text))
            self._places.append(place)
            self.text += data


class Preprocessor:
    """Merges files, one after the other, and keeps the variables that they set.

    Nothing is executed and nothing asked over the network: ``exec``, ``exec-set``,
    ``stun-set`` and ``env-set`` are recorded as directives, and have no effect.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.merged = Merged()
        self.variables = {
            name.lower().encode("utf-8", "surrogateescape"): _safe(
                value.encode("utf-8", "surrogateescape")
            )
            for name, value in (variables or {}).items()
        }
        self._buffer_size = _LINE_BLOCK
        self._inclusions = 0

    def file(self, name: str, data: bytes, level: int = 0) -> None:
        """Take in a file's content; ``name`` is its path, for the places and for inclusions."""
        in_comment = False
        self._buffer_size = _LINE_BLOCK
        for number, line in _numbered(data):
            place = Place(name, number)
            in_comment = self._line(line, place, level, in_comment=in_comment)

    def include(self, folder: str, pattern: bytes, level: int) -> None:
        """Take in the files that match ``pattern`` (``preprocess_glob``, 1378-1425).

        In the order of their bytes: FreeSWITCH never calls setlocale(3).  What cannot
        be read is skipped, as there.
        """
        if level > _MAX_LEVEL:
            return
        if not _is_path(pattern):
            pattern = os.fsencode(folder) + b"/" + pattern
        for path in sorted(glob(pattern)):  # noqa: PTH207  (Path.glob takes no absolute pattern)
            name = os.fsdecode(path)
            self._inclusions += 1
            if self._inclusions > _MAX_INCLUSIONS:
                self._drop(Place(name, 1), "files include each other without an end", b"")
                return
            try:
                data = Path(name).read_bytes()
            except OSError as error:
                reason = f"FreeSWITCH skips the file: {error.strerror}"
                self._drop(Place(name, 1), reason, b"")
            else:
                self.file(name, data, level)

    def _line(self, line: bytes, place: Place, level: int, *, in_comment: bool) -> bool:
        """Handle one line; returns whether the next one is in a ``<!--#`` comment."""
        whole = line
        size = self._grown(len(line))
        line = self._to_nul(line, place)
        text, searched = self._expanded(line, place, size)
        # Only what stands before the "}" of the first reference is searched (1473): expanding
        # has put a NUL there.
        if _DROPS_LINE.search(searched):
            if _INTENDED.sub(b"", line):
                self._drop(place, "<include>, </include> or <? stands in the line", whole)
            return in_comment
        if in_comment:
            end = searched.find(b"-->")
            if end < 0:
                return True
            text = searched[end + 3 :]
        directive = _DIRECTIVE.search(text)
        if directive:
            self._directive(text, directive.start(), place, level)
        elif b"<!--#" in text:
            return self._command_comment(text, place, level)
        else:
            self.merged.write(text, place)
        return False

    def _grown(self, length: int) -> int:
        # The buffer grows in blocks and is kept for the next lines (switch_utils.c:911-924).
        while length + 1 >= self._buffer_size and self._buffer_size < LINE_LIMIT:
            self._buffer_size += _LINE_BLOCK
        return self._buffer_size * 2

    def _to_nul(self, line: bytes, place: Place) -> bytes:
        text, nul, rest = line.partition(b"\0")
        if nul:
            self._drop(place, "a NUL byte ends the line, and joins it with the next", rest)
        return text

    def _expanded(self, line: bytes, place: Place, size: int) -> tuple[bytes, bytes]:
        """The line with its variables put in, and what is left of the buffer it stood in."""
        buffer = line
        while True:
            if b"$${" not in buffer:
                return buffer, buffer
            expanded, buffer = self._expand_once(buffer, place, size)
            if expanded is not None:
                return expanded, buffer
            size *= 2

    def _expand_once(self, buffer: bytes, place: Place, size: int) -> tuple[bytes | None, bytes]:
        written = bytearray()
        position, end_of_room, cut = 0, size - 1, len(buffer)
        while position < len(buffer) and len(written) < end_of_room:
            start = buffer.find(b"$${", position)
            if start != position:
                stop = len(buffer) if start < 0 else start
                stop = min(stop, position + end_of_room - len(written))
                written += buffer[position:stop]
                position = stop
                continue
            end = _end_of_braces(buffer, start + 2)
            if end is None:
                written += b"$"
                position += 1
                continue
            cut = min(cut, end)
            # The value may go one byte further than the room reaches (1298).
            value = self._value(buffer[start + 3 : end], place)
            written += value[: end_of_room - len(written) + 1]
            position = end + 1
        if len(written) == end_of_room:
            return None, buffer[:cut]
        if position < len(buffer) or len(written) > end_of_room:
            self._drop(place, "the value of a variable overflows FreeSWITCH's buffer", b"")
        return bytes(written), buffer[:cut]

    def _value(self, name: bytes, place: Place) -> bytes:
        value = self.variables.get(name.lower())
        if value is None:
            self.merged.undefined.append((place, name.decode("utf-8", "replace")))
            return b""
        return value

    def _directive(self, text: bytes, start: int, place: Place, level: int) -> None:
        if start == 0 or text[start - 1 : start] != b"<":
            self._drop(place, "x-pre-process stands in the line", text)
            return
        rest = text[start:]
        end = rest.find(b"/>")
        if end >= 0:
            rest, after = rest[: end + 2], rest[end + 2 :]
        else:
            after = b""
        lost = text[: start - 1] + after
        if lost.strip():
            self._drop(place, "a directive takes the whole line", lost)
        command, data = _arguments(rest)
        if data is None:
            self._drop(place, "the directive has no cmd and data in this line", text)
        else:
            self._obey(command.lower(), data, place, level, "X-PRE-PROCESS")

    def _command_comment(self, text: bytes, place: Place, level: int) -> bool:
        """Handle ``<!--#command argument-->`` (1570-1638); returns whether it goes on."""
        start = text.index(b"<!--#")
        self.merged.write(text[:start], place)
        command, closed, after = text[start:].partition(b"-->")
        self.merged.write(after, place)
        self._drop(place, "<!--# begins a comment for the preprocessor", command + closed)
        command = re.split(rb"\r|\n", command[5:], maxsplit=1)[0]
        name, space, argument = command.partition(b" ")
        if space:
            quoted = argument.split(b'"', 2)
            if len(quoted) == 3:  # before, between and after two quotes
                argument = quoted[1]
            self._obey(name.lower(), argument, place, level, "<!--#")
        return not closed

    def _obey(self, command: bytes, data: bytes, place: Place, level: int, kind: str) -> None:
        self.merged.directives.append(Directive(place, command, data))
        if command == b"set":
            name, equals, value = data.partition(b"=")
            if equals:
                self.variables[name.rstrip(b" ").lower()] = _safe(value.lstrip(b" "))
        elif command == b"include":
            size = self._buffer_size
            if _without_braces(data) is None:
                self.merged.hang = place
                return
            self.include(str(Path(place.file).parent), data, level + 1)
            self._buffer_size = size
        elif command in _EFFECTS_ELSEWHERE:
            shown = command.decode()
            self._drop(place, f"{kind} {shown} is not done here; FreeSWITCH does it", data)

    def _drop(self, place: Place, reason: str, text: bytes) -> None:
        self.merged.dropped.append(Dropped(place, reason, text.strip(b"\r\n")))


def read_variables(file: str, data: bytes) -> dict[str, str]:
    """The variables that a file such as ``vars.xml`` sets, as far as it alone tells.

    Those that depend on something else, such as ``$${local_ip_v4}``, which FreeSWITCH
    finds out by itself, are left out.
    """
    preprocessor = Preprocessor()
    preprocessor.file(file, data)
    merged = preprocessor.merged
    unknown = {place for place, _ in merged.undefined}
    variables = dict(preprocessor.variables)
    for directive in merged.directives:
        if directive.place in unknown:
            variables.pop(directive.data.partition(b"=")[0].rstrip(b" ").lower(), None)
    return {
        name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape")
        for name, value in variables.items()
    }


def _numbered(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines as ``switch_fp_read_dline`` reads them, with the numbers that people give them."""
    number = 1
    previous = b""
    for match in _PART.finditer(data):
        line = match[0]
        if line == b"\n" and previous.endswith(b"\r"):
            number -= 1
        yield from ((number, piece) for piece in _pieces(line))
        previous = line
        number += 1


def _pieces(line: bytes) -> Iterator[bytes]:
    # The byte that no longer fits is read and forgotten (switch_utils.c:907-912).
    room = LINE_LIMIT - 2
    while len(line) > room:
        yield line[:room]
        line = line[room + 1 :]
    if line:
        yield line


def _end_of_braces(buffer: bytes, start: int) -> int | None:
    """Where the ``}`` to the ``{`` at ``start`` is (switch_utils.c:794)."""
    depth = 0
    for match in re.compile(rb"[{}]").finditer(buffer, start):
        depth += 1 if match[0] == b"{" else -1
        if depth == 0:
            return match.start()
    return None


def _without_braces(pattern: bytes) -> bytes | None:
    """A pattern without ``{...}`` before it; ``None`` if that does not end.

    There ``switch_is_file_path`` (switch_utils.h:1275) runs in a circle for ever (measured).
    """
    while pattern.startswith(b"{"):
        end = _end_of_braces(pattern, 0)
        if end is None:
            return None
        pattern = pattern[end + 1 :].lstrip(b" ")
    return pattern


def _is_path(pattern: bytes) -> bool:
    """Whether a pattern is taken as it is, not from the including file's folder on."""
    rest = _without_braces(pattern) or b""
    return rest.startswith(b"/") or b"://" in rest


def _arguments(directive: bytes) -> tuple[bytes, bytes | None]:
    """Command and data of a directive, found as loosely as there (1500-1528)."""
    values = []
    for pattern in _DIRECTIVE_ARGUMENTS:
        found = pattern.search(directive)
        if found is None:
            return b"", None
        value, quote, directive = directive[found.end() :].partition(b'"')
        values.append(value)
        if not quote and len(values) == 1:
            return b"", None
    return values[0], values[1]


def _safe(value: bytes) -> bytes:
    """A variable's value as it is kept: "${" becomes "%{" (switch_utils.h:759)."""
    return re.sub(rb"\$(?=\\*\{)", b"%", value)
