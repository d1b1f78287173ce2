"""A site of a million extensions beside one of a thousand: nothing may depend on their number.

The storage computes its extensions and the switch its registrations: the server's own work is
measured.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from applications import Client, serving
from measuring import heading, in_turns, report
from tests.computed_live import ComputedLive
from tests.computed_storage import FIRST, ComputedStorage

from sipapp.app import make_app
from sipapp.testing.memory import MemoryPlugin

FEW: Final = 1_000
MANY: Final = 1_000_000
LIMIT: Final = 2.0
MEMORY_LIMIT_MB: Final = 50.0
ROUNDS: Final = 40
INI: Final = {
    "sipapp.storage": "memory",
    "sipapp.reloaders": "switch",
    "sipapp.reloader.switch.use": "scripted",
}

Act = Callable[[Client, int], object]

CASES: Final[dict[str, Act]] = {
    "list, first page": lambda client, _: client.get("/sip/admin"),
    "search for one": lambda client, number: client.get(f"/sip/admin?search={_id(number)}"),
    "live page": lambda client, _: client.get("/sip/admin/live"),
    "presence of a list's rows": lambda client, _: client.get(
        f"/sip/admin/live.json?enabled={'&enabled='.join(str(_id(each)) for each in range(50))}"
    ),
    "health": lambda client, _: client.get("/sip/health"),
    "directory health": lambda client, _: client.get("/sip/admin/health"),
    "one save": lambda client, number: client.patch(
        f"/sip/api/v1/extensions/{_id(number)}", {"caller_id_name": f"Changed {number}"}
    ),
}


def main() -> None:
    """Measure, and print a table."""
    heading(f"the same with {FEW:,} extensions", size="")
    _compare("start of the server", partial(_start, MANY), partial(_start, FEW), rounds=5)
    with ExitStack() as stack:
        many, few = (stack.enter_context(serving(INI, [_plugin(size)])) for size in (MANY, FEW))
        for name, act in CASES.items():
            numbers, others = count(), count()
            _compare(
                name,
                lambda act=act, numbers=numbers: act(many, next(numbers)),
                lambda act=act, others=others: act(few, next(others)),
            )
        grown = _peak_mb(many) - _peak_mb(few)
        missed = "" if grown <= MEMORY_LIMIT_MB else "   MISSED"
        print(f"{'memory more than that, at most':41}{grown:>10.1f} MB   {MEMORY_LIMIT_MB}{missed}")


def _compare(
    name: str, task: Callable[[], object], floor: Callable[[], object], rounds: int = ROUNDS
) -> None:
    measured = in_turns(task, floor, rounds)
    report(name, MANY, measured, limit=f"{LIMIT}", kept=measured.ratio <= LIMIT)


def _id(number: int) -> int:
    return FIRST + number % FEW


def _plugin(size: int) -> MemoryPlugin:
    plugin = MemoryPlugin()
    storage = ComputedStorage(size)
    plugin.storage = storage  # type: ignore[assignment]
    plugin.switch.status = ComputedLive(storage, size)
    return plugin


def _start(size: int) -> None:
    logging.disable(logging.WARNING)
    make_app(INI, [_plugin(size)]).registry.close()


def _peak_mb(client: Client) -> float:
    status = Path(f"/proc/{client.server_id}/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    os.environ.pop("SIP_ADMIN_PASS", None)
    main()
