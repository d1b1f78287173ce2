"""The effect of a file on the files that FreeSWITCH reads before and after it."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from sipapp_xmldir.emulation.directory import Directory, Source

NEIGHBOUR: Final = b"""<include>
<user id="neighbour"><params><param name="password" value="neighbour"/></params></user>
</include>
"""
"""Content of a file that stands for the one before or after another."""

NEXT: Final = Source("(next)", NEIGHBOUR)
"""The file that comes next."""
_DECLARATIONS: Final = (b"<!ENTITY", b"<!ATTLIST")
_HARMLESS_COMMANDS: Final = (b"include", b"set")


def swallows_next(source: Source, variables: Mapping[str, str]) -> bool:
    """Whether FreeSWITCH would not see the file that comes after this one.

    An unclosed quote or comment does that.  A file that breaks the whole reload is none.
    """
    following = _neighbour(source, "next")
    directory = Directory([source, _file_of(following)], variables)
    return directory.fault is None and _ids(directory)[-1:] != [following]


def is_isolated(source: Source, variables: Mapping[str, str]) -> bool:
    """Whether FreeSWITCH reads all other files as it would without this one.

    It does not if this one leaves something open, closes what is around it, or declares entities
    or default attributes.  Variables that it sets concern only files that refer to them.
    """
    previous, following = _neighbour(source, "previous"), _neighbour(source, "next")
    directory = Directory([_file_of(previous), source, _file_of(following)], variables)
    merged, ids = directory.merged, _ids(directory)
    return (
        directory.fault is None
        and ids[:1] == [previous]
        and ids[-1:] == [following]
        and next(directory.strays(), None) is None
        and all(each.command in _HARMLESS_COMMANDS for each in merged.directives)
        and not any(each in merged.text for each in _DECLARATIONS)
    )


def _neighbour(source: Source, place: str) -> bytes:
    """The id of a file's neighbour: no file has its own digest in it, as an id or otherwise."""
    return f"{place}-{sha256(source.data).hexdigest()}".encode()


def _file_of(extension_id: bytes) -> Source:
    data = NEIGHBOUR.replace(b'id="neighbour"', b'id="%s"' % extension_id)
    return Source(f"({extension_id.decode()})", data)


def _ids(directory: Directory) -> Sequence[bytes | None]:
    """The id of each user, in FreeSWITCH's order."""
    return [user.attribute(b"id") for user in directory.users]
