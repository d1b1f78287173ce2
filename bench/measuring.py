"""What is measured, beside its floor, in turns, so that a busy machine slows both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SIZES: Final = (100, 1_000, 10_000)
"""Numbers of extensions."""

Task = Callable[[], object]


@dataclass(frozen=True)
class Measurement:
    """Median seconds of a task and of its floor, and the median of their ratios."""

    seconds: float
    floor: float
    ratio: float


def in_turns(task: Task, floor: Task, rounds: int, before: Task = lambda: None) -> Measurement:
    """Measure both, one after the other, in each round after something that does not count.

    Nor does the first round, which fills caches.
    """
    seconds: list[float] = []
    floors: list[float] = []
    for _ in range(rounds + 1):
        before()
        floors.append(_seconds(floor))
        seconds.append(_seconds(task))
    ratios = [one / other for one, other in zip(seconds[1:], floors[1:], strict=True)]
    return Measurement(
        statistics.median(seconds[1:]), statistics.median(floors[1:]), statistics.median(ratios)
    )


def report(what: str, size: int, measured: Measurement, *, limit: str, kept: bool) -> None:
    """Print one row."""
    print(
        f"{what:34}{size:>7,}{measured.seconds * 1000:>10.2f} ms{measured.floor * 1000:>10.2f} ms"
        f"{measured.ratio:>7.2f}   {limit}{'' if kept else '   MISSED'}",
        flush=True,
    )


def heading(floor: str, size: str = "size") -> None:
    """Print what the columns are."""
    print(f"\nfloor: {floor}\n{'':34}{size:>7}{'median':>13}{'floor':>13}{'ratio':>7}   target")


def _seconds(task: Task) -> float:
    begin = time.perf_counter()
    task()
    return time.perf_counter() - begin
