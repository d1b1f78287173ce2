"""One password reset by the API, without a switch."""

from functools import partial
from itertools import count

from applications import served
from directories import FIRST, content, directory, folder
from floors import replace_and_sync
from measuring import SIZES, heading, in_turns, report

LIMIT_MS = 15.0
ROUNDS = 40


def main() -> None:
    """Measure, and print a table."""
    heading("write, fsync, rename, fsync of the directory")
    for size in SIZES:
        other = folder()
        with served(directory(size)) as client:
            client.get("/sip/admin")
            numbers = count()

            def reset() -> None:
                # Another one each time, and FreeSWITCH would be told after that.
                number = FIRST + next(numbers) * 7 % size  # noqa: B023
                client.post(f"/sip/api/v1/extensions/{number}/password", {})

            floor = partial(replace_and_sync, other / "1000.xml", content(FIRST))
            measured = in_turns(reset, floor, ROUNDS)
        kept = measured.seconds * 1000 <= LIMIT_MS
        report("password reset", size, measured, limit=f"{LIMIT_MS:.0f} ms", kept=kept)


if __name__ == "__main__":
    main()
