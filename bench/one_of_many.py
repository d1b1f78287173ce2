"""The edit of each user of a file of many, and the list of such a file."""

from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from directories import FIRST, content, folder
from measuring import heading, in_turns, report

from sipapp_xmldir.storage import XmlDirectory

USERS: Final = (100, 1_000)
LIMIT: Final = 2.0
"""How many times as long as the edit of a file of one user an edit of one of many may take."""
LISTING_LIMIT: Final = 1.5
"""How many times as long as a folder of as many files the first list of one file may take."""
ROUNDS: Final = 60


def main() -> None:
    """Measure, and print a table."""
    heading("the same edit in a file of one user; as many files of one user", size="users")
    for size in USERS:
        many, alone = folder(), folder()
        (many / "all.xml").write_bytes(file_of(size))
        (alone / f"{FIRST}.xml").write_bytes(content(FIRST))
        numbers = count()
        storages = [XmlDirectory(directory=each, create=False) for each in (many, alone)]

        def edit(storage: XmlDirectory, users: int) -> None:
            number = next(numbers)  # noqa: B023
            changes = {"caller_id_name": f"Name & {number}"}
            storage.update(str(FIRST + number * 7 % users), changes)

        tasks = partial(edit, storages[0], size), partial(edit, storages[1], 1)
        measured = in_turns(*tasks, ROUNDS)
        report("edit", size, measured, limit=f"{LIMIT}", kept=measured.ratio <= LIMIT)

        files = folder()
        for number in range(FIRST, FIRST + size):
            (files / f"{number}.xml").write_bytes(content(number))
        measured = in_turns(partial(look, many), partial(look, files), 7)
        kept = measured.ratio <= LISTING_LIMIT
        report("first list", size, measured, limit=f"{LISTING_LIMIT}", kept=kept)


def file_of(size: int) -> bytes:
    """A file of so many users, as sipapp would write them."""
    users = (
        content(number).splitlines(keepends=True)[1:-1] for number in range(FIRST, FIRST + size)
    )
    return b"".join([b"<include>\n", *(line for user in users for line in user), b"</include>\n"])


def look(path: Path) -> None:
    """List a folder that was not seen before."""
    XmlDirectory(directory=path, create=False).list()


if __name__ == "__main__":
    main()
