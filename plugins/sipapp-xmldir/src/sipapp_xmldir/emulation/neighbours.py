"""The effect of a file on the files that FreeSWITCH reads before and after it."""

from collections.abc import Mapping, Sequence
from typing import Final

from sipapp_xmldir.emulation.directory import Directory, Source

NEIGHBOUR: Final = b"""<include>
<user id="neighbour"><params><param name="password" value="neighbour"/></params></user>
</include>
"""
"""Content of a file that stands for the one before or after another."""

_PREVIOUS: Final = Source("(previous)", NEIGHBOUR)
NEXT: Final = Source("(next)", NEIGHBOUR)
"""The file that comes next."""
_DECLARATIONS: Final = (b"<!ENTITY", b"<!ATTLIST")
_HARMLESS_COMMANDS: Final = (b"include", b"set")


def swallows_next(source: Source, variables: Mapping[str, str]) -> bool:
    """Whether FreeSWITCH would not see the file that comes after this one.

    An unclosed quote or comment does that.  A file that breaks the whole reload is none.
    """
    directory = Directory([source, NEXT], variables)
    return directory.fault is None and _files_of_users(directory)[-1:] != [NEXT.file]


def is_isolated(source: Source, variables: Mapping[str, str]) -> bool:
    """Whether FreeSWITCH reads all other files as it would without this one.

    It does not if this one leaves something open, closes what is around it, or declares entities
    or default attributes.  Variables that it sets concern only files that refer to them.
    """
    directory = Directory([_PREVIOUS, source, NEXT], variables)
    merged, files = directory.merged, _files_of_users(directory)
    return (
        directory.fault is None
        and files[:1] == [_PREVIOUS.file]
        and files[-1:] == [NEXT.file]
        and next(directory.strays(), None) is None
        and all(each.command in _HARMLESS_COMMANDS for each in merged.directives)
        and not any(each in merged.text for each in _DECLARATIONS)
    )


def _files_of_users(directory: Directory) -> Sequence[str]:
    """The file of each user, in FreeSWITCH's order: the place tells it, not the id."""
    return [directory.file_of(user) for user in directory.users]
