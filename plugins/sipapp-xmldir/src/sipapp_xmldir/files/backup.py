"""Backup of a file for an undo: its content, owner, mode and extended attributes."""

import errno
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sipapp_xmldir.files.ownership import Ownership
from sipapp_xmldir.files.regular_files import READ_FLAGS


@dataclass(frozen=True)
class FileBackup:
    """A file of the directory as it was at one moment: content, owner, mode, attributes.

    Of a file of several users, ``data`` is one with a single user of them alone, and ``place``
    where that stood.  ``span`` is from where to where the user's own text goes in ``data``; there
    is none of a file that is named after its only user, and all of it is that user's.
    ``all_versions`` finds the versions of all users then; none after :meth:`unpack`.
    """

    name: str
    data: bytes = field(repr=False)
    ownership: Ownership
    attributes: Mapping[str, bytes] = field(repr=False)
    span: tuple[int, int] | None = None
    place: Mapping[str, Any] | None = field(default=None, repr=False)
    # Only a restore asks for them, and each change is backed up: there may be ten thousand users.
    all_versions: Callable[[], Collection[tuple[str, str, str]]] = field(
        default=tuple, repr=False, compare=False
    )

    @property
    def content(self) -> bytes:
        """Name and text, which a change can change, without owner, mode and attributes."""
        start, end = self.span or (0, len(self.data))
        return os.fsencode(self.name) + b"\0" + self.data[start:end]

    def pack(self) -> bytes:
        """Serialize the backup."""
        document = {
            "name": os.fsencode(self.name).hex(),
            "data": b64encode(self.data).decode(),
            "ownership": asdict(self.ownership),
            "attributes": {
                name: b64encode(value).decode() for name, value in self.attributes.items()
            },
            "span": self.span,
            "place": self.place,
        }
        return json.dumps(document, sort_keys=True).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> "FileBackup":
        """Deserialize what :meth:`pack` made.  Raises ``ValueError`` for anything else."""
        try:
            document: dict[str, Any] = json.loads(packed)
            name = os.fsdecode(bytes.fromhex(document["name"]))
            kept = cls(
                name,
                b64decode(document["data"], validate=True),
                Ownership(**document["ownership"]),
                {key: b64decode(text) for key, text in document["attributes"].items()},
                _span(document.get("span")),
                document.get("place"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a file that was kept") from error
        if "/" in name or name in {"", ".", ".."}:
            raise ValueError("not the name of a file of the directory")
        return kept


def _span(given: Any) -> tuple[int, int] | None:
    """The span of what :meth:`FileBackup.pack` made."""
    if given is None:
        return None
    start, end = given
    return int(start), int(end)


def read_attributes(directory: int, name: str) -> dict[str, bytes]:
    """The extended attributes of the file, which hold access control lists."""
    descriptor = os.open(name, READ_FLAGS | os.O_NOFOLLOW, dir_fd=directory)
    try:
        return {
            attribute: os.getxattr(descriptor, attribute)
            for attribute in os.listxattr(descriptor)
            # Security labels are set by the kernel.
            if not attribute.startswith(("security.", "trusted."))
        }
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return {}
    finally:
        os.close(descriptor)
