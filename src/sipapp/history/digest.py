"""Digests by which an undo sees whether an extension is what a change made of it.

They are keyed: content holds passwords, which nobody shall try against a digest.
"""

import hashlib
from typing import Final

_CONTENT: Final = "content:"
UNKNOWN: Final = _CONTENT
"""In the place of the digest of content that was not known."""
_SIZE: Final = 16


def content_digest(key: bytes, content: bytes) -> str:
    """The digest of a snapshot's content: the same on each machine that has the key."""
    digest = hashlib.blake2b(content, key=key, digest_size=_SIZE, person=b"content")
    return _CONTENT + digest.hexdigest()


def version_digest(key: bytes, version: str) -> str:
    """The digest that earlier versions made, of the version of an extension."""
    return hashlib.blake2b(version.encode(), key=key, digest_size=_SIZE).hexdigest()


def is_of_content(digest: str) -> bool:
    """Whether :func:`content_digest` made it."""
    return digest.startswith(_CONTENT)
