"""How long sipapp takes to know a directory that it has not seen."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from directories import directory
from lxml import etree
from measuring import SIZES, heading, in_turns, report

from sipapp_xmldir.storage import XmlDirectory

LIMIT = 1.5


def main() -> None:
    """Measure, and print a table."""
    heading("lxml.etree.parse over the same files")
    for size in SIZES:
        path = directory(size)
        seen: list[XmlDirectory] = []
        measured = in_turns(
            partial(look, path, seen), parser(path), max(7, 3000 // size), before=seen.clear
        )
        report("cold index", size, measured, limit=f"{LIMIT}", kept=measured.ratio <= LIMIT)


def look(path: Path, seen: list[XmlDirectory]) -> None:
    storage = XmlDirectory(directory=path, create=False)
    storage.list()
    # Taking it apart again is not what is measured.
    seen.append(storage)


def parser(path: Path) -> Callable[[], object]:
    names = sorted(os.fspath(each) for each in path.iterdir())

    def task() -> None:
        for name in names:
            etree.parse(name)

    return task


if __name__ == "__main__":
    main()
