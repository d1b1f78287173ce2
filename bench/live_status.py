"""Live status of 100,000 registrations beside 100: what a request costs, and what a change does.

The answer of FreeSWITCH is computed; the poller reads and indexes it as in the server.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from measuring import heading, in_turns, report
from tests.computed_live import registrations_reply
from tests.computed_storage import FIRST

from sipapp.api import LiveView, Registration
from sipapp.freeswitch.poller import Poller, freeswitch_poller

FEW: Final = 100
MANY: Final = 100_000
LIMIT: Final = 2.0
ROUNDS: Final = 200
IDS: Final = [str(FIRST + each) for each in range(50)]
NO_CALLS: Final = '{"row_count": 0}'

Act = Callable[[LiveView], object]

CASES: Final[dict[str, Act]] = {
    "first page": lambda view: view.registrations(),
    "page by cursor": lambda view: view.registrations(after=view.registrations(limit=20).after),
    "presence of 50 extensions": lambda view: view.registrations_of(IDS),
    "one by its id": lambda view: view.registration(_first(view).id),
}


def main() -> None:
    """Measure, and print a table."""
    heading(f"the same of {FEW:,} registrations", size="")
    few, many = _polled(FEW), _polled(MANY)
    for name, act in CASES.items():
        measured = in_turns(
            lambda act=act: act(many.view()), lambda act=act: act(few.view()), ROUNDS
        )
        report(name, MANY, measured, limit=f"{LIMIT}", kept=measured.ratio <= LIMIT)


def _first(view: LiveView) -> Registration:
    return view.registrations(limit=1).items[0]


def _polled(count: int) -> Poller:
    """A poller with an answer, which is good for as long as its clock stands."""
    answer, now = registrations_reply(count), [0.0]

    def command(text: str) -> str:
        return NO_CALLS if text.startswith("show channels") else answer

    poller = freeswitch_poller(command, ["internal"], "bench", clock=lambda: now[0])
    for _ in range(2):
        poller.view()
        poller.wait(60)
        now[0] += 2.0
    poller.view()
    poller.wait(60)
    return poller


if __name__ == "__main__":
    main()
