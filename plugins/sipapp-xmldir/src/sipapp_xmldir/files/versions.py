"""Versions of extensions: hashes of their files, which tell nobody what is in a file."""

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Final

_DISABLED: Final = "-disabled"
_SIZE: Final = 16  # bytes
# Something that is the same for all processes of this machine, and that nobody else knows. The
# second is new with each start of the machine; containers often have nothing but that.
_IDENTITIES: Final = (Path("/etc/machine-id"), Path("/proc/sys/kernel/random/boot_id"))
_LEAST: Final = 32  # hexadecimal digits


def version_of(data: bytes, *, enabled: bool = True) -> str:
    """The version of an extension: a hash of its file's content, and whether it is disabled.

    With a key: there is a password in the content, and versions are shown to whoever may
    list extensions.  A plain hash would let them try passwords against it.
    """
    content = hashlib.blake2b(data, digest_size=_SIZE, key=_key()).hexdigest()
    return content if enabled else disabled_version(content)


def disabled_version(version: str) -> str:
    """The version of the same file, disabled."""
    return f"{version}{_DISABLED}"


@cache
def _key() -> bytes:
    """A key of this machine (machine-id(5): not to be shown as it is, but to be hashed)."""
    found = next(filter(None, map(_read, _IDENTITIES)), b"")
    # Without any, rather versions that end with this process than such as can be guessed from.
    identity = found or secrets.token_bytes(_LEAST)
    return hashlib.blake2b(identity, person=b"sipapp-xmldir").digest()


def _read(path: Path) -> bytes:
    try:
        found = path.read_bytes().strip()
    except OSError:
        return b""
    # It may say "uninitialized".
    return found if len(found) >= _LEAST else b""
