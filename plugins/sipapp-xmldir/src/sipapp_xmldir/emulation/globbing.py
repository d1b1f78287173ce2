"""The files that a pattern matches, by the C library's glob(3), which FreeSWITCH asks.

Python's own differs from it: ``[^a]``, a backslash, and a folder that cannot be read.
"""

import ctypes
from collections.abc import Sequence
from typing import Final

_libc: Final = ctypes.CDLL(None)
_ERR: Final = 1  # GLOB_ERR: stop at a folder that cannot be read (switch_xml.c:1393)


class _Result(ctypes.Structure):
    """``glob_t``, with more room than any C library needs."""

    _fields_ = (
        ("count", ctypes.c_size_t),
        ("paths", ctypes.POINTER(ctypes.c_char_p)),
        ("rest", ctypes.c_byte * 256),
    )


def matches(pattern: bytes) -> Sequence[bytes]:
    """The paths that match, in the order of their bytes: FreeSWITCH never calls setlocale(3)."""
    result = _Result()
    if _libc.glob(pattern, _ERR, None, ctypes.byref(result)):
        return []
    found = [result.paths[index] or b"" for index in range(result.count)]
    _libc.globfree(ctypes.byref(result))
    return sorted(found)
