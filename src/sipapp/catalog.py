"""The extensions of a storage, made ready to be sorted and searched."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from sipapp.extension import Extension

SORT_KEYS: Final = ("id", "caller_id_name", "caller_id_number")
_NUMBER: Final = re.compile(r"\d+")


class _Sorted(NamedTuple):
    extensions: Sequence[Extension]
    texts: Sequence[str]
    """What a search looks at, one for each extension."""


class Catalog:
    """A list of extensions, which stays as it is.

    What is worked out for one page of it is kept for the next.
    """

    def __init__(self, extensions: Sequence[Extension]) -> None:
        self.extensions = extensions
        self._sorted: dict[tuple[str, bool], _Sorted] = {}

    def find(self, search: str, key: str, *, descending: bool) -> Sequence[Extension]:
        """Extensions whose id, caller ID name or number contain ``search``.

        They are sorted by ``key``, one of :data:`SORT_KEYS`: numbers in a text count as
        numbers, and what has no such value comes last.
        """
        found = self._sorted.get((key, descending))
        if found is None:
            found = self._sorted[key, descending] = _sort(self.extensions, key, descending)
        if not search:
            return found.extensions
        needle = search.casefold()
        return [
            extension
            for text, extension in zip(found.texts, found.extensions, strict=True)
            if needle in text
        ]


def _sort(extensions: Sequence[Extension], key: str, descending: bool) -> _Sorted:
    def sort_key(extension: Extension) -> tuple[bool, str, str]:
        value: str = getattr(extension, key)
        # The id decides between equals.
        return not value, _natural(value), extension.id

    found = sorted(extensions, key=sort_key, reverse=descending)
    return _Sorted(found, [_searched(extension) for extension in found])


def _searched(extension: Extension) -> str:
    # With a line break between them, which nobody types, so that no find spans two.
    return f"{extension.id}\n{extension.caller_id_name}\n{extension.caller_id_number}".casefold()


def _natural(text: str) -> str:
    """A text that sorts as this one does when the numbers in it count as numbers."""
    return _NUMBER.sub(_magnitude, text.casefold())


def _magnitude(number: re.Match[str]) -> str:
    # The more digits, the larger.  U+0001 lets numbers come before all other text.
    digits = number[0].lstrip("0")
    return f"\x01{chr(len(digits) + 1)}{digits}"
