"""The text that FreeSWITCH's preprocessor hands on, and from which places it comes."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_MAX_SIZE: Final = 1 << 28  # ours: fifty thousand users take a fifth of that


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
    """A command to the preprocessor, such as ``set`` or ``include``.

    ``position`` is where in the merged text it puts what it brings.
    """

    place: Place
    command: bytes
    data: bytes
    position: int


class Hang(NamedTuple):
    """A place where FreeSWITCH blocks or loops for ever, and the reason as a clause."""

    place: Place
    reason: str


@dataclass
class Merged:
    """The text that the parser gets, and from which places it comes."""

    text: bytearray = field(default_factory=bytearray)
    dropped: list[Dropped] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    undefined: list[tuple[Place, str]] = field(default_factory=list)
    unread: list[Dropped] = field(default_factory=list)
    """What FreeSWITCH reads, and sipapp does not: files that are too large."""
    hang: Hang | None = None
    """The first place where FreeSWITCH blocks or loops for ever."""
    _starts: list[int] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)

    def place(self, position: int) -> Place:
        """Where the byte at ``position`` came from."""
        found = bisect_right(self._starts, position) - 1
        return self._places[max(found, 0)]

    def write(self, data: bytes, place: Place) -> None:
        """Append what stands at ``place``."""
        if len(self.text) + len(data) > _MAX_SIZE:
            self.hangs(place, "with its variables put in, the text outgrows all bounds")
        elif data:
            self._starts.append(len(self.text))
            self._places.append(place)
            self.text += data

    def drop(self, place: Place, reason: str, text: bytes = b"") -> None:
        """Record something that has no effect."""
        self.dropped.append(Dropped(place, reason, text.strip(b"\r\n")))

    def hangs(self, place: Place, reason: str) -> None:
        """Record a place where FreeSWITCH blocks or loops for ever; only the first counts."""
        self.hang = self.hang or Hang(place, reason)
