"""Which values of parameters FreeSWITCH takes for true."""

import re
from typing import Final

_TRUE: Final = frozenset({"yes", "on", "true", "t", "enabled", "active", "allow"})
_NUMBER: Final = re.compile(r"[+-]?[0-9.]+")


def is_true(value: str) -> bool:
    """Whether FreeSWITCH takes a value for true (``switch_true``, switch_utils.h:518)."""
    if _NUMBER.fullmatch(value):
        whole = re.match(r"[+-]?[0-9]+", value)  # atoi()
        return bool(whole and int(whole[0]))
    return value.lower() in _TRUE
