"""What a switch must know after a reload, and what it has to forget; whether it does."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sipapp.model.apply import UNKNOWN, Values
from sipapp.model.errors import SwitchError, SwitchRefused, SwitchUnreachable
from sipapp.model.extension import FIELD_NAMES, FIELDS, Extension
from sipapp.model.type_checks import checked_result
from sipapp.switches.reload_queue import ReloadTicket
from sipapp.switches.strategy import ReloadStrategy

NAMED: Final = 5
"""Extensions that are named where more are at fault."""


@dataclass(frozen=True)
class Expectation:
    """What a change is about: the extensions that a switch must know then, or must not.

    ``values`` are those that were changed, by id of a present one.
    It must also ``forget`` what it keeps of some: registrations, and a cache; with
    ``end_calls`` their calls are hung up too.  What ``clears_backlog`` is all that it was
    still to be asked for.
    """

    present: Sequence[str] = ()
    absent: Sequence[str] = ()
    forget: Sequence[str] = ()
    end_calls: bool = False
    clears_backlog: bool = False
    values: Mapping[str, Values] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """All extensions that it is about."""
        return (*self.present, *self.absent, *self.forget)


def changed_values(old: Extension | None, new: Extension) -> Values:
    """The values that a switch must ``now`` have of an extension, and those that it had before.

    Of one that was not there, was disabled or had another id, all that are stored as values.
    """
    if old is None or not old.enabled or old.id != new.id:
        return Values({name: value for name in FIELD_NAMES if (value := getattr(new, name))})
    changed = [name for name in FIELD_NAMES if _stored(old, name) != _stored(new, name)]
    return Values(
        {name: value for name in changed if (value := getattr(new, name))},
        {
            name: value
            for name in changed
            if (value := getattr(old, name)) and new.resolved.get(name) != value
        },
    )


def _stored(extension: Extension, name: str) -> tuple[str, str]:
    return getattr(extension, name), extension.inherited.get(name, "")


class VerificationBacklog:
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

    def add(self, wanted: Expectation, number: int) -> None:
        """The switch can be asked after reload ``number``, or a later one."""
        self._about.update(dict.fromkeys(wanted.ids, number))
        self._forget.update(dict.fromkeys(wanted.forget, number))

    def wanted(self, stored: Iterable[Extension]) -> Expectation:
        """What to ask, as things are stored now."""
        if not self:
            return Expectation()
        there = [each for each in stored if each.enabled]
        enabled = {each.id.casefold(): each for each in there}
        present = [each for each in self._about if each.casefold() in enabled]
        values = {each: _values_of(enabled[each.casefold()]) for each in present}
        if len(enabled) < len(there):
            # The switch answers with one of those that share an id, nobody knows which.
            count = Counter(each.id.casefold() for each in there)
            values = {each: values[each] for each in present if count[each.casefold()] == 1}
        if self._all:
            # Of what others wrote nobody knows what the switch makes.
            present += [each.id for each in enabled.values() if not each.read_only]
        return Expectation(
            present=present,
            absent=[each for each in self._about if each.casefold() not in enabled],
            forget=list(self._forget),
            clears_backlog=True,
            values=values,
        )

    def settle(self, wanted: Expectation, number: int) -> None:
        """All was well with these after reload ``number``."""
        if wanted.clears_backlog:
            self._all = False
            for owed in (self._about, self._forget):
                for each in wanted.ids:
                    if owed.get(each, number + 1) <= number:
                        del owed[each]

    def can_be_asked(self, turn: ReloadTicket) -> bool:
        """Whether that reload came after all that is owed."""
        return bool(self) and all(at <= turn.number for at in self._about.values())

    def __bool__(self) -> bool:
        return self._all or bool(self._about)


def _values_of(extension: Extension) -> Values:
    # What a switch makes of a file that sipapp does not change, nobody knows.
    return Values() if extension.read_only else changed_values(None, extension)


def verify(strategy: ReloadStrategy, wanted: Expectation, said: str, *, deadline: float) -> str:
    """Ask whether a switch that ``said`` yes to a reload has taken over what it should.

    Returns words if it does not tell, or if it was not asked for all of them.  Raises
    ``SwitchRefused`` if it has not, ``SwitchUnreachable`` if nobody could be asked for.
    """
    absent = dict.fromkeys(wanted.absent)
    present = [each for each in dict.fromkeys(wanted.present) if each not in absent]
    expected = [*present, *absent]
    if not expected:
        return ""
    found: dict[str, Sequence[str] | None] = {}
    if present and (left := deadline - time.monotonic()) > 0:
        told = strategy.differences(present, wanted.values, timeout=left)
        found |= checked_result(told, Mapping, strategy, "differences()")  # type: ignore[type-abstract]
        _refuse(strategy, said, found, deadline)
    if absent and (left := deadline - time.monotonic()) > 0:
        known = strategy.knows_each(list(absent), timeout=left)
        wrong = [each for each, knows in known.items() if knows]
        if wrong:
            why = _why(strategy, wrong[0], deadline)
            raise SwitchRefused(f"{_answered(said)} still knows {_names(wrong)}. {why}".rstrip())
        found |= {each: None if knows is None else () for each, knows in known.items()}
    if not found:
        raise SwitchUnreachable(f"{said}, but no time was left to verify {_names(expected)}.")
    if all(differ is None for differ in found.values()):
        return "It could not be verified: the switch does not tell what it has."
    if len(found) < len(expected):
        return f"It was asked for {len(found)} of {len(expected)} extensions."
    return ""


def forget(strategy: ReloadStrategy, wanted: Expectation, *, deadline: float) -> str:
    """Make a switch forget; returns what came of it, which does not undo the change."""
    several = len(wanted.forget) > 1
    sentences = []
    for each in wanted.forget:
        said = _attempt(
            "Its registrations could not be dropped",
            lambda left, each=each: checked_result(  # type: ignore[misc]
                strategy.forget(each, timeout=left), str, strategy, "forget()"
            ),
            deadline,
        )
        if wanted.end_calls:
            ended = _attempt(
                "Its calls could not be ended",
                lambda left, each=each: checked_result(  # type: ignore[misc]
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


def _refuse(
    strategy: ReloadStrategy,
    said: str,
    found: Mapping[str, Sequence[str] | None],
    deadline: float,
) -> None:
    """Raise ``SwitchRefused`` if the switch has something else than is stored."""
    unknown = [each for each, differ in found.items() if differ and UNKNOWN in differ]
    other = [each for each, differ in found.items() if differ and UNKNOWN not in differ]
    if unknown:
        what = f"does not know {_names(unknown)}"
    elif other:
        fields = {name for each in other for name in found[each] or ()}
        what = f"has not taken over {labels(fields)} of {_names(other)}"
    else:
        return
    why = _why(strategy, (unknown or other)[0], deadline)
    raise SwitchRefused(f"{_answered(said)} {what}. {why}".rstrip())


def _answered(said: str) -> str:
    return f"The switch answered {said}, but"


def _why(strategy: ReloadStrategy, extension_id: str, deadline: float) -> str:
    left = deadline - time.monotonic()
    try:
        said = strategy.explain(extension_id, timeout=left) if left > 0 else ""
    except SwitchError:
        return ""
    return checked_result(said, str, strategy, "explain()")


def labels(names: Collection[str]) -> str:
    """Fields as people know them: “the password and the caller ID name”."""
    found = [
        f"the {each.label[0].lower()}{each.label[1:]}" for each in FIELDS if each.name in names
    ]
    if len(found) > NAMED:
        found[NAMED - 1 :] = [f"{len(found) - NAMED + 1} more values"]
    before = ", ".join(found[:-1])
    return f"{before} and {found[-1]}" if before else found[-1]


def _names(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"extension {ids[0]}"
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"extensions {', '.join(ids[:NAMED])}{more}"
