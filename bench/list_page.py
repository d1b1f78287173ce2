"""The first page of the list and a search, as a browser gets them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count, repeat

from applications import Client, served
from directories import FIRST, directory
from measuring import SIZES, heading, in_turns, report

LIMIT = 1.5
GROWTH = 2.0
ROUNDS = 60

Search = Callable[[int], str]
CASES: dict[str, Search] = {
    "list, first page": lambda _: "",
    "search for one, each time another": lambda number: f"?search={FIRST + number % SIZES[0]}",
    "search for one, the same again": lambda _: f"?search={FIRST}",
    "search that finds a seventh": lambda _: "?search=grace",
}


def main() -> None:
    """Measure, and print a table."""
    heading("a view that renders the same template from a constant list, all by HTTP (waitress)")
    with ExitStack() as stack:
        clients = {size: stack.enter_context(client(size)) for size in SIZES}
        for name, search in CASES.items():
            seconds: list[float] = []
            for size, each in clients.items():
                measured = in_turns(
                    partial(get_next, each, "/sip/admin", search, count()),
                    partial(get_next, each, "/sip/floor", search, repeat(0)),
                    ROUNDS,
                )
                seconds.append(measured.seconds)
                report(name, size, measured, limit=f"{LIMIT}", kept=measured.ratio <= LIMIT)
            growth = seconds[-1] / seconds[0]
            missed = "" if growth <= GROWTH else "   MISSED"
            print(f"{'  10,000 against 100':34}{growth:>47.2f}   {GROWTH}{missed}")


def get_next(client: Client, page: str, search: Search, numbers: Iterator[int]) -> None:
    client.get(f"{page}{search(next(numbers))}")


@contextmanager
def client(size: int) -> Iterator[Client]:
    with served(directory(size)) as made:
        made.get("/sip/admin")
        yield made


if __name__ == "__main__":
    main()
