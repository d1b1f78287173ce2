"""A user that a change puts into a file, as the checks of ids and aliases need it."""

import os
from typing import NamedTuple

from sipapp_xmldir.directory.entry import Entry
from sipapp_xmldir.directory.snapshot import Position
from sipapp_xmldir.files.atomic_files import DISABLED


class Arrival(NamedTuple):
    """A user in a new or changed file.

    ``order`` is where it stands among the users that are in the file now, such as 2.5 between
    the third and the fourth.  ``number`` is which user of the new content it is; ``None`` if all
    of the file come with it.
    """

    file: str
    order: float
    number: int | None
    entry: Entry

    @property
    def position(self) -> Position:
        """Where FreeSWITCH will meet the user."""
        return os.fsencode(self.file), self.order


def is_seen(file: str) -> bool:
    """Whether FreeSWITCH reads a file of that name."""
    return not file.endswith(DISABLED)
