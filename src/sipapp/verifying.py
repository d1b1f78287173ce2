"""What a switch must know after a reload, and what it has to forget; whether it does."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sipapp.coalesce import Turn
from sipapp.errors import SwitchError, SwitchRefused, SwitchUnreachable
from sipapp.extension import Extension
from sipapp.given import given
from sipapp.reload import ReloadStrategy

NAMED: Final = 5
"""Extensions that are named where more are at fault."""


@dataclass(frozen=True)
class Wanted:
    """What a change is about: the extensions that a switch must know then, or must not.

    It must also ``forget`` what it keeps of some: registrations, and a cache; with
    ``end_calls`` their calls are hung up too.  What ``settles`` is all that it was
    still to be asked for.
    """

    present: Sequence[str] = ()
    absent: Sequence[str] = ()
    forget: Sequence[str] = ()
    end_calls: bool = False
    settles: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """All extensions that it is about."""
        return (*self.present, *self.absent, *self.forget)


class Owed:
    """The extensions that a switch which was away has not been asked for yet.

    Whether it must know one is not kept: the storage says how things stand.
    """

    def __init__(self) -> None:
        self._all = False
        self._about: dict[str, int] = {}
        self._forget: dict[str, int] = {}

    def add_all(self) -> None:
        """It has not been asked for any extension."""
        self._all = True

    def add(self, wanted: Wanted, number: int) -> None:
        """The switch can be asked after reload ``number``, or a later one."""
        self._about.update(dict.fromkeys(wanted.ids, number))
        self._forget.update(dict.fromkeys(wanted.forget, number))

    def wanted(self, stored: Iterable[Extension]) -> Wanted:
        """What to ask, as things are stored now."""
        if not self:
            return Wanted()
        enabled = {each.id.casefold(): each for each in stored if each.enabled}
        present = [each for each in self._about if each.casefold() in enabled]
        if self._all:
            # Of what others wrote nobody knows what the switch makes.
            present += [each.id for each in enabled.values() if not each.read_only]
        return Wanted(
            present=present,
            absent=[each for each in self._about if each.casefold() not in enabled],
            forget=list(self._forget),
            settles=True,
        )

    def settle(self, wanted: Wanted, number: int) -> None:
        """All was well with these after reload ``number``."""
        if wanted.settles:
            self._all = False
            for owed in (self._about, self._forget):
                for each in wanted.ids:
                    if owed.get(each, number + 1) <= number:
                        del owed[each]

    def can_be_asked(self, turn: Turn) -> bool:
        """Whether that reload came after all that is owed."""
        return bool(self) and all(at <= turn.number for at in self._about.values())

    def __bool__(self) -> bool:
        return self._all or bool(self._about)


def verify(strategy: ReloadStrategy, wanted: Wanted, said: str, *, deadline: float) -> str:
    """Ask whether a switch that ``said`` yes to a reload knows what it should.

    Returns words on how many were asked for, if that was not all of them.  Raises
    ``SwitchRefused`` if it does not, ``SwitchUnreachable`` if nobody could be asked for.
    """
    expected = dict.fromkeys(wanted.present, True) | dict.fromkeys(wanted.absent, False)
    if not expected:
        return ""
    left = deadline - time.monotonic()
    found = strategy.knows_each(list(expected), timeout=left) if left > 0 else {}
    wrong = [
        each for each, known in found.items() if known is not None and known is not expected[each]
    ]
    if wrong:
        raise SwitchRefused(_not_as_expected(said, wrong, expected))
    if not found:
        names = _names(list(expected))
        raise SwitchUnreachable(f"{said}, but no time was left to verify {names}.")
    if len(found) < len(expected):
        return f"It was asked for {len(found)} of {len(expected)} extensions."
    return ""


def forget(strategy: ReloadStrategy, wanted: Wanted, *, deadline: float) -> str:
    """Make a switch forget; returns what came of it, which does not undo the change."""
    several = len(wanted.forget) > 1
    sentences = []
    for each in wanted.forget:
        said = _attempt(
            "Its registrations could not be dropped",
            lambda left, each=each: given(  # type: ignore[misc]
                strategy.forget(each, timeout=left), str, strategy, "forget()"
            ),
            deadline,
        )
        if wanted.end_calls:
            ended = _attempt(
                "Its calls could not be ended",
                lambda left, each=each: given(  # type: ignore[misc]
                    strategy.end_calls(each, timeout=left), str, strategy, "end_calls()"
                ),
                deadline,
            )
            said = f"{said} {ended}".strip()
        if said:
            sentences.append(f"{each}: {said}" if several else said)
    return " ".join(sentences)


def _attempt(failure: str, act: Callable[[float], str], deadline: float) -> str:
    try:
        return act(max(0.0, deadline - time.monotonic()))
    except SwitchError as error:
        return f"{failure}: {error}"


def _not_as_expected(said: str, wrong: Sequence[str], expected: Mapping[str, bool]) -> str:
    missing = [each for each in wrong if expected[each]]
    state, names = ("does not know", missing) if missing else ("still knows", list(wrong))
    return (
        f"The switch answered {said}, but {state} {_names(names)}. "
        "Is the directory that sipapp writes the one that the switch reads?"
    )


def _names(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"extension {ids[0]}"
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"extensions {', '.join(ids[:NAMED])}{more}"
