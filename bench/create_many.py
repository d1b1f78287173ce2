"""A thousand new extensions in one request, with one reload of a switch that says yes."""

from itertools import count

from applications import Client, served
from directories import FIRST, content, directory, folder
from floors import write_all_and_sync
from measuring import SIZES, heading, in_turns, report

LIMIT = 3.0
MANY = 1_000
ROUNDS = 5


def main() -> None:
    """Measure, and print a table."""
    heading(f"write and fsync {MANY:,} such files in a loop")
    files = {f"{number}.xml": content(number) for number in range(MANY)}
    for size in SIZES:
        other = folder()
        with served(directory(size), switch="scripted") as client:
            rounds = count()

            def create() -> None:
                create_many(client, FIRST + size + next(rounds) * MANY)  # noqa: B023

            def floor() -> None:
                made = other / str(next(rounds))  # noqa: B023
                made.mkdir()
                write_all_and_sync(made, files)

            measured = in_turns(create, floor, ROUNDS)
        report(f"create {MANY:,}", size, measured, limit=f"{LIMIT}", kept=measured.ratio <= LIMIT)


def create_many(client: Client, first: int) -> None:
    items = [{"id": str(first + number)} for number in range(MANY)]
    answer = client.post("/sip/api/v1/batch", {"items": items})
    if answer["apply"]["state"] != "applied" or len(answer["items"]) != MANY:
        raise RuntimeError(str(answer["apply"]))


if __name__ == "__main__":
    main()
