"""Bringing a file back as it was before a change: every byte, its owner, mode and attributes."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from sipapp_xmldir.files import put_file, read_file
from sipapp_xmldir.ownership import Ownership


@dataclass(frozen=True)
class KeptFile:
    """A file of the directory as it was at one moment."""

    name: str
    data: bytes = field(repr=False)
    ownership: Ownership
    attributes: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, directory: int, name: str) -> "KeptFile":
        """Read it.  Raises ``OSError``."""
        data, state = read_file(directory, name)
        return cls(name, data, Ownership.of(state), _attributes(directory, name))

    def put_back(self, directory: int) -> None:
        """Make the file again where there is none now.  Raises ``FileExistsError``."""
        put_file(directory, self.name, self.data, self.ownership, self.attributes)


def _attributes(directory: int, name: str) -> dict[str, bytes]:
    """What else hangs on the file, access control lists above all."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        return {
            attribute: os.getxattr(descriptor, attribute)
            for attribute in os.listxattr(descriptor)
            # Security labels are the kernel's own business.
            if not attribute.startswith(("security.", "trusted."))
        }
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return {}
    finally:
        os.close(descriptor)
