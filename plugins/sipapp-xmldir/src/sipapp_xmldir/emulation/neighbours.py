"""The effect of a file on the file that FreeSWITCH reads next."""

from collections.abc import Mapping
from typing import Final

from sipapp_xmldir.emulation.directory import Directory, Source

NEIGHBOUR: Final = b"""<include>
<user id="neighbour"><params><param name="password" value="neighbour"/></params></user>
</include>
"""
"""Content of a file that stands for the one before or after another."""
_NEIGHBOUR_ID: Final = b"neighbour"

NEXT: Final = Source("(next)", NEIGHBOUR)
"""The file that comes next."""


def swallows_next(source: Source, variables: Mapping[str, str]) -> bool:
    """Whether FreeSWITCH would not see the file that comes after this one.

    An unclosed quote or comment does that.  A file that breaks the whole reload is none.
    """
    directory = Directory([source, NEXT], variables)
    last = [user.attribute(b"id") for user in directory.users[-1:]]
    return directory.fault is None and last != [_NEIGHBOUR_ID]
