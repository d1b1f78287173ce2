"""Reading the dialplan, and where it leads the numbers of extensions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sipapp_xmldir.emulation.merged_text import Hang, Place
from sipapp_xmldir.emulation.parser import parse
from sipapp_xmldir.emulation.tracked_files import Stamps, TrackingPreprocessor, stamp
from sipapp_xmldir.emulation.tree import Element
from sipapp_xmldir.health.dialplan_routing import (
    MAX_LENGTH,
    Context,
    Route,
    descendants,
    is_destination,
)

_UNSEEN_COMMANDS: Final = frozenset({b"exec", b"exec-set", b"stun-set", b"env-set"})


@dataclass
class Dialplan:
    """The contexts of a dialplan.

    ``gaps`` lists what of it could not be read, ``hang`` is where FreeSWITCH blocks for ever.
    """

    name: str
    contexts: Sequence[Context] = ()
    gaps: tuple[str, ...] = ()
    hang: Hang | None = None
    _routes: dict[str, Route] = field(default_factory=dict)

    def route(self, number: str) -> Route:
        """Where a number leads, in the context that serves the extension best."""
        known = self._routes.get(number)
        if known is None:
            known = self._routes[number] = self._find(number)
        return known

    def _find(self, number: str) -> Route:
        if len(number) > MAX_LENGTH:
            return Route(rings=True)
        routes = [context.route(number) for context in self.contexts]
        best = next((route for route in routes if route.rings), None)
        taken = next((route for route in routes if route.taken_by), None)
        return best or taken or Route(rings=False)


def load_dialplan(path: Path, variables: Mapping[str, str]) -> tuple[Dialplan, Stamps]:
    """Read a file of a dialplan with what it includes, or all files of a folder."""
    tracked = TrackingPreprocessor(variables)
    tracked.merged.write(b"<section>", Place(str(path), 1))
    gaps: list[str] = []
    files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    tracked.stamps[str(path)] = stamp(str(path))
    for file in files:
        try:
            tracked.open(str(file))
        except OSError as error:
            gaps.append(f"{file} cannot be read: {error.strerror}")
    tracked.merged.write(b"</section>\n", Place(str(path), 1))
    hang = tracked.merged.hang
    if hang:
        gaps.append(f"{hang.place.file}:{hang.place.line} holds FreeSWITCH up")
    root, fault = parse(bytes(tracked.merged.text))
    if fault or root is None:
        place = tracked.merged.place(fault.position) if fault else Place(str(path), 1)
        gaps.append(f"{place.file} is not well-formed, near line {place.line}")
        return Dialplan(str(path), (), tuple(gaps), hang), tracked.stamps
    gaps += _gaps(root, tracked)
    contexts = [Context(root), *(Context(each) for each in descendants(root, b"context"))]
    found = [each for each in contexts if each]
    return Dialplan(str(path), found, tuple(gaps), hang), tracked.stamps


def _gaps(root: Element, tracked: TrackingPreprocessor) -> Iterator[str]:
    merged = tracked.merged
    for directive in merged.directives:
        if directive.command in _UNSEEN_COMMANDS:
            yield f"{directive.place.file}:{directive.place.line} runs a command"
    for dropped in merged.dropped:
        if dropped.reason.startswith("FreeSWITCH skips "):
            yield f"{dropped.place.file}:{dropped.place.line}: {dropped.reason}"
    for unread in merged.unread:
        yield f"{unread.place.file}:{unread.place.line}: {unread.reason}"
    undefined = {place for place, _ in merged.undefined}
    decisive = {directive.place for directive in merged.directives}
    for condition in descendants(root, b"condition"):
        if is_destination(condition):
            decisive.add(merged.place(condition.start))
    for place in sorted(undefined & decisive):
        yield f"{place.file}:{place.line} has a variable whose value is not known here"
