"""How often calls live through a cut of both their phones, and how soon they are taken over.

``.venv/bin/python bench/both_sides.py [ROUNDS]``: 2 and 5 calls at once, all cut together, 25
rounds each unless told otherwise.  With ``SIPAPP_LIVE_FREESWITCH`` by that FreeSWITCH, else by the
demo switch.  The sound goes on meanwhile: its longest gap is told.  A call has lived when both
sides hear each other, are connected again, and the hang-up of one, in turns, arrives at the other.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, expect, sync_playwright
from switch_in_use import switch_in_use
from tests.browser import chromium
from tests.browser.cuttable import Cuttable
from tests.browser.phone import connect
from tests.browser.server import Application
from tests.browser.tones import ANN, BOB, Toned, expect_hears, open_toned

ROUNDS: Final = 25
AT_ONCE: Final = (2, 5)
PATIENCE: Final = 40.0
"""Seconds after which a call counts as lost."""
STEADY: Final = 6
"""Looks in a row, some 100 ms apart, at which all must be well."""
AUDIBLE: Final = 0.5
"""Seconds without sound that are none: a busy machine looks late."""
BROKEN: Final = "text=/Reconnecting|Recovering|Registering/"
GAPS: Final = Path(__file__).with_name("gaps.js")
expect.set_options(timeout=30_000)


@dataclass(frozen=True)
class Outcome:
    """What became of one call."""

    seconds: float | None
    """Until it was taken over from both sides; None if it was lost."""
    gap: float
    """Seconds, the longest in which one side heard nothing."""
    ended: bool
    """Whether the hang-up arrived."""

    @property
    def lived(self) -> bool:
        """Whether all was as it should be."""
        return self.seconds is not None and self.ended


@dataclass(frozen=True)
class Pair:
    """A call's two phones."""

    caller: Toned
    callee: Toned
    number: str

    @property
    def phones(self) -> tuple[Toned, Toned]:
        """Both."""
        return self.caller, self.callee

    def begin(self) -> None:
        """A call is up, and both hear each other."""
        connect(self.caller, self.callee, self.number)
        expect_hears(self.caller, self.callee)
        expect_hears(self.callee, self.caller)
        for phone in self.phones:
            phone.page.evaluate("sipappGaps.begin()")

    def is_well(self) -> bool:
        """Whether both are in the call and hear something: nobody else calls them."""
        return all(
            not phone.page.locator(BROKEN).count()
            and phone.button("Hang up").count() == 1
            and phone.page.evaluate("sipappGaps.now()") < AUDIBLE
            for phone in self.phones
        )

    def end(self, first: int) -> bool:
        """Hang up at one side; whether it arrives at the other."""
        one, other = self.phones[first], self.phones[1 - first]
        if one.button("Hang up").count():
            one.button("Hang up").click()
        try:
            other.expect_idle()
        except AssertionError:
            other.button("Hang up").click()
            return False
        one.expect_idle()
        return True


def main() -> None:
    """Measure, and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{'':16}{'lived':>12}{'median':>10}{'longest':>10}{'longest gap':>14}", flush=True)
    for count in AT_ONCE:
        outcomes = list(_measure(count, rounds))
        lived = [each for each in outcomes if each.lived]
        seconds = sorted(each.seconds for each in lived if each.seconds is not None)
        gap = max((each.gap for each in lived), default=0.0)
        times = (
            f"{statistics.median(seconds):>8.1f} s{seconds[-1]:>8.1f} s{gap:>12.1f} s"
            if seconds
            else f"{'-':>10}"
        )
        print(f"{count} calls at once {len(lived):>4} of {len(outcomes):<3}{times}", flush=True)


def _measure(count: int, rounds: int) -> Iterator[Outcome]:
    with _pairs(count) as (way, pairs):
        for turn in range(rounds):
            for pair in pairs:
                pair.begin()
            begin = time.monotonic()
            way.cut()
            seconds = _until_well(pairs, begin)
            gaps = [
                max(phone.page.evaluate("sipappGaps.longest()") for phone in pair.phones)
                for pair in pairs
            ]
            for pair, well, gap in zip(pairs, seconds, gaps, strict=True):
                outcome = Outcome(well, gap, pair.end(turn % 2))
                if not outcome.lived:
                    print(f"round {turn}: {outcome}", file=sys.stderr)
                yield outcome


def _until_well(pairs: list[Pair], begin: float) -> list[float | None]:
    """Seconds until each is well and stays so."""
    since: list[float | None] = [None] * len(pairs)
    looks = [0] * len(pairs)
    # Nobody has noticed the cut before.
    pairs[0].caller.page.wait_for_timeout(300)
    while time.monotonic() - begin < PATIENCE and any(count < STEADY for count in looks):
        for place, pair in enumerate(pairs):
            well = pair.is_well()
            looks[place] = looks[place] + 1 if well else 0
            if looks[place] == 1:
                since[place] = time.monotonic() - begin
        pairs[0].caller.page.wait_for_timeout(100)
    return [at if count >= STEADY else None for at, count in zip(since, looks, strict=True)]


@contextmanager
def _pairs(count: int) -> Iterator[tuple[Cuttable, list[Pair]]]:
    with (
        TemporaryDirectory(prefix="sipapp-both-sides-") as name,
        ExitStack() as running,
        sync_playwright() as playwright,
    ):
        folder = Path(name)
        application = running.enter_context(Application(folder, switch_in_use(folder, running)))
        way = running.enter_context(Cuttable(("127.0.0.1", application.switch.ws_port)))
        with playwright.chromium.launch(
            executable_path=chromium.find_shell(), args=list(chromium.FLAGS)
        ) as browser:
            phones = [
                _open(browser, application, way, str(2000 + place), (ANN, BOB)[place % 2])
                for place in range(2 * count)
            ]
            yield (
                way,
                [
                    Pair(phones[2 * place], phones[2 * place + 1], str(2001 + 2 * place))
                    for place in range(count)
                ],
            )


def _open(
    browser: Browser, application: Application, way: Cuttable, number: str, tone: int
) -> Toned:
    made = application.api("POST", "/extensions", {"id": number})
    context = browser.new_context(permissions=["microphone"])
    context.set_default_timeout(30_000)
    server = f"ws://127.0.0.1:{way.port}"
    context.add_init_script(f"localStorage.setItem('sipapp.server', '{server}')")
    phone = open_toned(context, application.url, tone)
    phone.page.evaluate(GAPS.read_text(encoding="utf-8"))
    phone.register(number, made.body["password"])
    return phone


if __name__ == "__main__":
    main()
