"""The report of a diagnosis, as JSON and as text."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

from sipapp.model.diagnosis import LEVELS, Diagnosis, Level
from sipapp.model.text import one_line

_MAX_TEXT: Final = 2000


@dataclass(frozen=True)
class DiagnosisReport:
    """All lines, when the diagnosis began (seconds since 1970), and the seconds that it took."""

    lines: tuple[Diagnosis, ...]
    at: float
    seconds: float

    @cached_property
    def level(self) -> Level:
        """The worst level of all lines."""
        return max((line.level for line in self.lines), key=LEVELS.index, default="ok")

    @property
    def status(self) -> int:
        """The exit status: 0 all ok, 1 with warnings, 2 with faults."""
        return LEVELS.index(self.level)

    @cached_property
    def counts(self) -> dict[Level, int]:
        """How many lines there are of each level."""
        return {level: sum(line.level == level for line in self.lines) for level in LEVELS}

    def as_json(self) -> dict[str, Any]:
        """For monitoring: the lines as they are, and the worst level."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at))
        return {
            "status": self.level,
            "at": at,
            "seconds": round(self.seconds, 3),
            "lines": [asdict(line) for line in self.lines],
        }

    def as_text(self) -> Iterator[str]:
        """For a terminal: a line for each, and its remedy below it."""
        for line in self.lines:
            about = f" [{line.about}]" if line.about else ""
            # What stands in a file or came from a network must not command the terminal.
            yield one_line(f"{line.level} {line.check}{about}: {line.found}", _MAX_TEXT)
            if line.remedy:
                yield f"    -> {one_line(line.remedy, _MAX_TEXT)}"
        counts = self.counts
        yield (
            f"{counts['ok']} ok, {counts['warning']} warnings, {counts['fault']} faults "
            f"in {self.seconds:.1f} s"
        )
