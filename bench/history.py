"""Pages, searches and entries of a long history, beside those of a short one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from directories import folder
from measuring import heading, in_turns, report

from sipapp.history.entry import Entry, new_id
from sipapp.history.sqlite_store import KEPT, sqlite_store
from sipapp.history.store import SEARCH_LIMIT, HistoryStore
from sipapp.model.apply import SwitchOutcome
from sipapp.model.change import Actor, FieldChange

SHORT: Final = 1_000
LIMIT_MS: Final = 100
GROWTH: Final = 2.0
ROUNDS: Final = 40
FIRST: Final = "10000"
"""The extension of the oldest ten entries."""
_AT_ONCE: Final = 10_000
_SNAPSHOT: Final = bytes(700)

Case = Callable[[HistoryStore, str], object]
CASES: dict[str, tuple[Case, float]] = {
    "history, first page": (lambda store, _: store.find("", before="", limit=50), GROWTH),
    "history, search that finds nothing": (
        lambda store, _: store.find("nothing", before="", limit=50),
        # It reads that many more of the long one, which are not in the processor's cache.
        1.5 * GROWTH * SEARCH_LIMIT / SHORT,
    ),
    "history, the oldest entry": (lambda store, oldest: store.get(oldest), GROWTH),
    "history, what came after it": (lambda store, oldest: store.later(oldest, [FIRST]), GROWTH),
}


def main() -> None:
    """Measure, and print a table."""
    heading(f"the same in a history of {SHORT:,} entries", "entries")
    long, oldest = filled(KEPT)
    short, oldest_of_short = filled(SHORT)
    for name, (case, growth) in CASES.items():
        measured = in_turns(
            partial(case, long, oldest), partial(case, short, oldest_of_short), ROUNDS
        )
        kept = measured.seconds * 1000 <= LIMIT_MS and measured.ratio <= growth
        report(name, KEPT, measured, limit=f"{growth:.0f}; {LIMIT_MS} ms", kept=kept)


def filled(size: int) -> tuple[HistoryStore, str]:
    """A history of that many entries, and the id of the oldest."""
    store = sqlite_store(folder() / "history")
    oldest = ""
    for first in range(0, size, _AT_ONCE):
        entries = [entry(number) for number in range(first, min(first + _AT_ONCE, size))]
        oldest = oldest or entries[0].id
        store.append(entries, _SNAPSHOT)
    return store, oldest


def entry(number: int) -> Entry:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    change = FieldChange("caller_id_name", f"Name {number}", f"Name {number + 1}")
    password = FieldChange("password", None, None)
    switch = SwitchOutcome("local", "applied", "+OK [Success]", 0.25)
    extension = str(10_000 + number // 10)
    digest = "content:" + "0" * 32
    actor = Actor("ann", "192.0.2.1")
    return Entry(new_id(at), at, actor, "updated", extension, [change, password], [switch], digest)


if __name__ == "__main__":
    main()
