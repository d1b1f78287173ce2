"""A change set: which extensions a switch has to take over from the storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_CHANGED: Final = 10_000
"""Ids that a change set names; one of more is a full synchronisation."""


@dataclass(frozen=True)
class ChangeSet:
    """The extensions that one reload is about, by id.

    Those that are ``present`` were added, changed or stay, those that are ``absent`` were deleted
    or disabled.  The storage has the values, and decides if it has been changed once more.
    Registrations of those to ``forget`` and the calls of those in ``end_calls`` are ended
    afterwards, by the strategy's methods of these names.  With ``everything``, any extension
    may have changed, also some that are not named.
    """

    present: Sequence[str] = ()
    absent: Sequence[str] = ()
    forget: Sequence[str] = ()
    end_calls: Sequence[str] = ()
    everything: bool = False

    @property
    def changed(self) -> Sequence[str]:
        """The ids of all extensions that may be stored otherwise than before."""
        return tuple(dict.fromkeys([*self.present, *self.absent]))

    def merged_with(self, later: "ChangeSet") -> "ChangeSet":
        """Both change sets as one; where they contradict each other, the later one counts."""
        present = [each for each in self.present if each not in later.absent]
        absent = [each for each in self.absent if each not in later.present]
        merged = ChangeSet(
            _union(present, later.present),
            _union(absent, later.absent),
            _union(self.forget, later.forget),
            _union(self.end_calls, later.end_calls),
            self.everything or later.everything,
        )
        names = (merged.present, merged.absent, merged.forget, merged.end_calls)
        return ChangeSet(everything=True) if sum(map(len, names)) > MAX_CHANGED else merged


def _union(first: Sequence[str], second: Sequence[str]) -> Sequence[str]:
    return tuple(dict.fromkeys([*first, *second]))
