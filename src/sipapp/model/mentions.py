"""The values of an extension that hold its number, for when it gets another one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sipapp.model.defaults import following
from sipapp.model.extension import FIELDS, Extension, split_id
from sipapp.model.secret_words import names_secret

_CREDENTIALS: Final = re.compile(r"auth|://[^/@\s]*@", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A value that holds the number of an extension, and what it is with the new number.

    ``name`` is that of the field, or the storage's for a value that is none.  ``follows`` says
    that it is made of the number alone, as that of a new extension.
    """

    name: str
    label: str
    old: str = field(repr=False)
    new: str = field(repr=False)
    follows: bool
    is_whole: bool
    """Whether the number is all of it."""

    @property
    def is_hidden(self) -> bool:
        """Whether it must not be shown: there may be a secret in it."""
        # A value of another name may be a command that has a password in it.
        text = f"{self.name} {self.old}"
        return names_secret(text) or _CREDENTIALS.search(text) is not None


def find_mentions(
    extension: Extension, new_id: str, others: Mapping[str, str]
) -> Sequence[Mention]:
    """The values that hold the id or an alias of an extension as a word, secrets left out.

    ``others`` are those that are no fields, by the storage's names.
    """
    values = {
        each.name: (each.label, getattr(extension, each.name)) for each in FIELDS if not each.secret
    }
    values |= {name: (name, value) for name, value in others.items()}
    follows = following(extension, new_id)
    own, number = _word([extension.user]), _word([split_id(each)[0] for each in extension.names])
    new_user, _ = split_id(new_id)

    def renamed(found: re.Match[str]) -> str:
        # An alias may be made of the id, such as 1001-home.
        changed, times = own.subn(lambda _: new_user, found[0])
        return changed if times else new_user

    return [
        Mention(
            name,
            label,
            value,
            follows.get(name) or number.sub(renamed, value),
            follows=name in follows,
            is_whole=value == extension.user,
        )
        for name, (label, value) in values.items()
        if number.search(value)
    ]


def _word(users: Sequence[str]) -> re.Pattern[str]:
    """Matches a user where it is no part of a longer word or number."""
    found = "|".join(map(re.escape, sorted(users, key=len, reverse=True)))
    return re.compile(rf"(?<![^\W_])(?<!\+)(?:{found})(?![^\W_])", re.IGNORECASE)
