"""FreeSWITCH's preprocessor, byte for byte: what of the files reaches the parser.

FreeSWITCH reports nothing of what it drops.  Line numbers in the comments are those of
FreeSWITCH 1.10.12: ``preprocess`` is switch_xml.c:1427-1650.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sipapp_xmldir.emulation.globbing import matches
from sipapp_xmldir.emulation.lines import (
    Fate,
    LineBuffer,
    ends_of_braces,
    expand,
    fate_of,
    is_dropped,
    is_special,
    numbered,
    split_at_directive,
)
from sipapp_xmldir.emulation.merged_text import Directive, Dropped, Merged, Place
from sipapp_xmldir.emulation.stripping import without
from sipapp_xmldir.files.regular_files import MAX_FILE_BYTES, NotRegular, TooLarge, read_any

_MAX_LEVEL: Final = 100
_MAX_INCLUSIONS: Final = 10_000  # ours: two files that include each other never end there
_MAX_INCLUDED_BYTES: Final = 64 << 20  # ours: of all included files together
# A line with nothing else may be dropped.
_INTENDED: Final = re.compile(rb"\s|\xef\xbb\xbf|</?include>")
_EFFECTS_ELSEWHERE: Final = frozenset({b"exec-set", b"stun-set", b"env-set", b"exec"})


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
        self._inclusions = 0
        self._bytes_left = _MAX_INCLUDED_BYTES

    def file(self, name: str, data: bytes, level: int = 0) -> None:
        """Merge a file's content; ``name`` is its path, for the places and for inclusions."""
        in_comment = False
        buffer = LineBuffer()
        for number, line in numbered(data):
            room = buffer.room_for(len(line))
            place = Place(name, number)
            if in_comment or is_special(line):
                in_comment = self._line(line, place, level, room, in_comment=in_comment)
            else:
                self.merged.write(line, place)

    def include(self, pattern: bytes, place: Place, level: int = 0) -> None:
        """Merge the files that match ``pattern`` (``preprocess_glob``, 1378-1425).

        What cannot be read is skipped, as there.  ``place`` is where the pattern stands.
        """
        if level > _MAX_LEVEL or not self.follows(pattern, place, level):
            return
        if not _is_path(pattern):
            pattern = os.fsencode(Path(place.file).parent) + b"/" + pattern
        for path in matches(pattern):
            if self.merged.hang:
                return
            self._inclusions += 1
            if self._inclusions > _MAX_INCLUSIONS:
                self.merged.hangs(place, "files include each other without an end")
            else:
                self._include(os.fsdecode(path), place, level)

    # Not by overriding, which would take further frames of the stack for each of 100 levels.

    def follows(self, pattern: bytes, place: Place, level: int) -> bool:  # noqa: ARG002
        """Whether to look for files that match ``pattern``; ``level`` is 1 in the file itself."""
        return True

    def reads(self, name: str) -> bool:  # noqa: ARG002
        """Whether to merge an included file of that path."""
        return True

    def not_read(self, name: str, why: str) -> None:
        """Note a file that FreeSWITCH may read and that was not read here."""

    def settled(self) -> dict[str, str]:
        """The variables that are set by now, as far as the files tell.

        Those that depend on something else, such as ``$${local_ip_v4}``, which FreeSWITCH
        finds out by itself, are left out.
        """
        unknown = {place for place, _ in self.merged.undefined}
        variables = dict(self.variables)
        for directive in self.merged.directives:
            if directive.place in unknown:
                variables.pop(variable_name(directive.data), None)
        return {
            name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape")
            for name, value in variables.items()
        }

    def _include(self, name: str, place: Place, level: int) -> None:
        try:
            data = read_any(name, limit=min(MAX_FILE_BYTES, self._bytes_left))
        except TooLarge:
            limits = f"{MAX_FILE_BYTES >> 20} MiB, or {_MAX_INCLUDED_BYTES >> 20} MiB in all"
            reason = f"{name} is included and too large ({limits}): sipapp did not read it"
            self.merged.unread.append(Dropped(place, reason, b""))
            self.not_read(name, "is too large to be read here")
        except NotRegular as error:
            if error.blocks_reader:
                self.merged.hangs(
                    place, f"FreeSWITCH waits for ever for {name}, which {error.kind}"
                )
            else:
                self.merged.drop(place, f"FreeSWITCH skips {name}, which {error.kind}")
        except OSError as error:
            self.merged.drop(place, f"FreeSWITCH skips {name}: {error.strerror}")
            if isinstance(error, PermissionError):
                self.not_read(name, "may not be read here")
        else:
            self._bytes_left -= len(data)
            if self.reads(name):
                self.file(name, data, level)

    def _line(self, whole: bytes, place: Place, level: int, room: int, *, in_comment: bool) -> bool:
        """Handle one line; returns whether the next one is in a ``<!--#`` comment."""
        line = self._to_nul(whole, place)
        text, searched = self._expanded(line, place, room)
        if is_dropped(searched):
            if _is_lost(line):
                self.merged.drop(place, "<include>, </include> or <? stands in the line", whole)
            return in_comment
        if in_comment:
            end = searched.find(b"-->")
            if end < 0:
                return True
            text = searched[end + 3 :]
        fate = fate_of(text)
        if fate is Fate.COMMAND:
            return self._command_comment(text, place, level)
        if fate is Fate.DIRECTIVE:
            self._directive(text, place, level)
        elif fate is Fate.DROPPED:
            self.merged.drop(place, "x-pre-process stands in the line", text)
        else:
            self.merged.write(text, place)
        return False

    def _to_nul(self, line: bytes, place: Place) -> bytes:
        text, nul, rest = line.partition(b"\0")
        if nul:
            self.merged.drop(place, "a NUL byte ends the line, and joins it with the next", rest)
        return text

    def _expanded(self, line: bytes, place: Place, room: int) -> tuple[bytes, bytes]:
        """The line with its variables put in, and what is left of the buffer it stood in."""
        expanded = expand(line, self.value_of, room)
        self.merged.undefined += [
            (place, name.decode("utf-8", "replace"))
            for name in expanded.names
            if name.lower() not in self.variables
        ]
        if expanded.overflows:
            self.merged.drop(place, "the value of a variable overflows FreeSWITCH's buffer")
        return expanded.text, expanded.searched

    def value_of(self, name: bytes) -> bytes:
        """The value of a variable; nothing if it is not set."""
        return self.variables.get(name.lower(), b"")

    def _directive(self, text: bytes, place: Place, level: int) -> None:
        before, rest = split_at_directive(text)
        end = rest.find(b"/>")
        if end >= 0:
            rest, after = rest[: end + 2], rest[end + 2 :]
        else:
            after = b""
        lost = before + after
        if lost.strip():
            self.merged.drop(place, "a directive takes the whole line", lost)
        command, data = _arguments(rest)
        if data is None:
            self.merged.drop(place, "the directive has no cmd and data in this line", text)
        else:
            self._run_directive(command.lower(), data, place, level, "X-PRE-PROCESS")

    def _command_comment(self, text: bytes, place: Place, level: int) -> bool:
        """Handle ``<!--#command argument-->`` (1570-1638); returns whether it goes on."""
        start = text.index(b"<!--#")
        self.merged.write(text[:start], place)
        command, closed, after = text[start:].partition(b"-->")
        self.merged.write(after, place)
        self.merged.drop(place, "<!--# begins a comment for the preprocessor", command + closed)
        command = re.split(rb"\r|\n", command[5:], maxsplit=1)[0]
        name, space, argument = command.partition(b" ")
        if space:
            quoted = argument.split(b'"', 2)
            if len(quoted) == 3:  # before, between and after two quotes
                argument = quoted[1]
            self._run_directive(name.lower(), argument, place, level, "<!--#")
        return not closed

    def _run_directive(
        self, command: bytes, data: bytes, place: Place, level: int, kind: str
    ) -> None:
        position = len(self.merged.text)
        self.merged.directives.append(Directive(place, command, data, position))
        if command == b"set":
            _, equals, value = data.partition(b"=")
            if equals:
                self.variables[variable_name(data)] = _safe(value.lstrip(b" "))
        elif command == b"include":
            if _without_braces(data) is None:
                text = "an include that begins with an unclosed { keeps FreeSWITCH busy for ever"
                self.merged.hangs(place, text)
            else:
                self.include(data, place, level + 1)
        elif command in _EFFECTS_ELSEWHERE:
            if command != b"exec":
                # Only FreeSWITCH knows its value now.
                self.variables.pop(variable_name(data), None)
            shown = command.decode()
            self.merged.drop(place, f"{kind} {shown} is not done here; FreeSWITCH does it", data)


def read_variables(file: str, data: bytes) -> dict[str, str]:
    """The variables that a file such as ``vars.xml`` sets, as far as it alone tells."""
    preprocessor = Preprocessor()
    preprocessor.file(file, data)
    return preprocessor.settled()


def variable_name(data: bytes) -> bytes:
    """The name of the variable that ``name=value`` sets."""
    return data.partition(b"=")[0].rstrip(b" ").lower()


def _without_braces(pattern: bytes) -> bytes | None:
    """A pattern without ``{...}`` before it; ``None`` if that does not end.

    There ``switch_is_file_path`` (switch_utils.h:1275) runs in a circle for ever (measured).
    """
    ends = ends_of_braces(pattern)
    start = 0
    while pattern.startswith(b"{", start):
        if start not in ends:
            return None
        start = ends[start] + 1
        while pattern.startswith(b" ", start):
            start += 1
    return pattern[start:]


def _is_path(pattern: bytes) -> bool:
    """Whether a pattern is taken as it is, not from the including file's folder on."""
    rest = _without_braces(pattern) or b""
    return rest.startswith(b"/") or b"://" in rest


def _arguments(directive: bytes) -> tuple[bytes, bytes | None]:
    """Command and data of a directive, found as loosely as there (1500-1528)."""
    command, quote, rest = (_behind(directive, b"cmd") or b"").partition(b'"')
    data = _behind(rest, b"data") if quote else None
    return command, data if data is None else data.partition(b'"')[0]


def _behind(text: bytes, word: bytes) -> bytes | None:
    """What follows a word, then a ``=``, then a ``"``, with anything between them."""
    word_at = text.lower().find(word)
    equals_at = text.find(b"=", word_at) if word_at >= 0 else -1
    quote_at = text.find(b'"', equals_at) if equals_at >= 0 else -1
    return text[quote_at + 1 :] if quote_at >= 0 else None


def _safe(value: bytes) -> bytes:
    """A variable's value as it is kept: "${" becomes "%{" (switch_utils.h:759)."""
    return re.sub(rb"\$(?=\\*\{)", b"%", value)


def _is_lost(line: bytes) -> bool:
    """Whether a dropped line has text besides what is meant to be dropped."""
    meant = without(without(line, b"<?", b"?>"), b"<!--", b"-->")
    return _INTENDED.sub(b"", meant) != b""
