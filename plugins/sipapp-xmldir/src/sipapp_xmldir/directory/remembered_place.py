"""The place in a file that a user was taken from, kept so that it can come back there."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Final

from sipapp.api import fold_id
from sipapp_xmldir.files.atomic_files import DISABLED

_DIGEST_BYTES: Final = 16
# A comment at the end of the file of a disabled user; base64 has no hyphen, which would end it.
_NOTE: Final = re.compile(rb"<!-- sipapp: place ([A-Za-z0-9+/=]+) -->[ \t]*(?:\r\n|\n)?\Z")
MAX_NEIGHBOURS: Final = 50
"""How many ids on each side of a user are remembered."""

_DISABLED: Final = DISABLED.removeprefix(".xml")


@dataclass(frozen=True)
class RememberedPlace:
    """Where a user stood: the name of the file, the offset, and what stood around it.

    ``number`` is which user of the file it was.  ``before`` and ``after`` are the indent and the
    line end that went with it, ``rest`` is a digest of the content that was left.  ``previous``
    and ``following`` are ids of the users around, the nearest first.
    """

    file: str
    number: int
    offset: int
    before: str
    after: str
    rest: str
    previous: Sequence[str]
    following: Sequence[str]

    def fits(self, data: bytes) -> bool:
        """Whether this is the content that was left when the user was taken out."""
        return digest(data) == self.rest

    def neighbour(self, ids: Sequence[str]) -> tuple[int, bool] | None:
        """Of users with these ids, the number of the nearest one, and whether it came before.

        ``None`` if none of them is there.
        """
        numbers = {fold_id(each): number for number, each in reversed([*enumerate(ids)])}
        for names, is_before in ((self.previous, True), (self.following, False)):
            for each in names:
                if fold_id(each) in numbers:
                    return numbers[fold_id(each)], is_before
        return None

    def pack(self) -> Mapping[str, Any]:
        """The place as plain data."""
        return asdict(self)

    @classmethod
    def unpack(cls, packed: object) -> "RememberedPlace | None":
        """The place of what :meth:`pack` returned; ``None`` for anything else."""
        try:
            found = cls(**packed)  # type: ignore[arg-type]
        except TypeError:
            return None
        texts = [found.file, found.before, found.after, found.rest]
        texts += [*found.previous, *found.following]
        is_right = isinstance(found.number, int) and isinstance(found.offset, int)
        is_right = is_right and all(isinstance(each, str) for each in texts)
        return found if is_right and is_file_name(found.file.removesuffix(_DISABLED)) else None


def is_file_name(name: str) -> bool:
    """Whether a name can only be that of a file in the folder itself which FreeSWITCH reads."""
    return name.endswith(".xml") and "/" not in name and not name.startswith(".")


def digest(data: bytes) -> str:
    """A digest of a content, to know it again."""
    return blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def with_note(data: bytes, place: RememberedPlace, line_end: bytes) -> bytes:
    """The content of a file with a comment at its end that says where its user stood."""
    packed = b64encode(json.dumps(place.pack(), sort_keys=True).encode())
    return data + b"<!-- sipapp: place " + packed + b" -->" + line_end


def without_note(data: bytes) -> bytes:
    """The content of a file without the comment at its end that says where its user stood."""
    return _NOTE.sub(b"", data)


def noted_place(data: bytes) -> RememberedPlace | None:
    """The place that the comment at the end of a file tells; ``None`` if there is none."""
    found = _NOTE.search(data)
    if found is None:
        return None
    try:
        return RememberedPlace.unpack(json.loads(b64decode(found[1], validate=True)))
    except ValueError:
        return None
