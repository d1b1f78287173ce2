"""Versions of extensions for If-Match: keyed hashes of their files' contents."""

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Final

_DISABLED: Final = "-disabled"
_DIGEST_BYTES: Final = 16
# Keys that all processes of this machine share, and that its users' browsers do not know. The
# second changes when the machine starts; containers often have no other.
KEY_SOURCES: Final = (Path("/etc/machine-id"), Path("/proc/sys/kernel/random/boot_id"))
_MIN_KEY_LENGTH: Final = 32


def version_of(data: bytes, *, enabled: bool = True) -> str:
    """The version of an extension: a hash of its file's content, and whether it is disabled.

    With a key: there is a password in the content, and versions are shown to all users that
    may list extensions.  Against a hash without a key, they could try passwords.
    """
    content = hashlib.blake2b(data, digest_size=_DIGEST_BYTES, key=version_key()).hexdigest()
    return content if enabled else disabled_version(content)


def disabled_version(version: str) -> str:
    """The version of the same file, disabled."""
    return f"{version}{_DISABLED}"


@cache
def version_key() -> bytes:
    """A key of this machine (machine-id(5): not to be shown as it is, but to be hashed)."""
    found = next(filter(None, map(_read, KEY_SOURCES)), b"")
    # Without any, a key of this process alone: open forms are refused after a restart.
    identity = found or secrets.token_bytes(_MIN_KEY_LENGTH)
    return hashlib.blake2b(identity, person=b"sipapp-xmldir").digest()


def _read(path: Path) -> bytes:
    try:
        found = path.read_bytes().strip()
    except OSError:
        return b""
    # machine-id may be "uninitialized".
    return found if len(found) >= _MIN_KEY_LENGTH else b""
