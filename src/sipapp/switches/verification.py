"""Verification that a switch has taken over a change, and dropped what was deleted."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sipapp.model.apply import UNKNOWN, Values
from sipapp.model.errors import SwitchError, SwitchRefused, SwitchUnreachable
from sipapp.model.extension import FIELD_NAMES, FIELDS, Extension
from sipapp.model.type_checks import checked_result
from sipapp.state.shared import BacklogItem
from sipapp.storages.query import COUNTED
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.strategy import ReloadStrategy

MAX_NAMED: Final = 5
"""Extensions, or fields, that a message names; the rest is counted."""


@dataclass(frozen=True)
class Expectation:
    """What a switch must know after a reload.

    It must know the extensions that are ``present``, with their ``values`` (those that a change
    made, by id), and not know those that are ``absent``.  It must ``forget`` what it keeps of
    some names: registrations, and a cache; the calls of those in ``end_calls`` are hung up.
    Of ``new_pins``, the voicemail PIN that is stored must be the only one that opens the mailbox.
    Success settles the items of the backlog that it ``settles``; ``left_out`` counts extensions
    that are not among ``present`` because those are a sample, and is ``None`` if there are more
    than a storage counts.  An ``old_spelling`` is an id that differs only in case from one that is
    present, and that a switch may have to replace.
    """

    present: Sequence[str] = ()
    absent: Sequence[str] = ()
    forget: Sequence[str] = ()
    end_calls: Sequence[str] = ()
    new_pins: Sequence[str] = ()
    settles: Sequence[BacklogItem] = ()
    left_out: int | None = 0
    values: Mapping[str, Values] = field(default_factory=dict)
    old_spelling: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """All extensions that are named."""
        return (*self.present, *self.absent, *self.forget, *self.new_pins)

    @property
    def changes(self) -> ChangeSet:
        """What a switch has to take over to meet it."""
        spelling = [self.old_spelling] if self.old_spelling else []
        return ChangeSet(self.present, [*self.absent, *spelling], self.forget, self.end_calls)


def changed_values(old: Extension | None, new: Extension) -> Values:
    """The values that a switch must ``now`` have of an extension, and those that it had before.

    Of an extension that is new, was disabled or had another id: all that are stored as values.
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


def verify(
    strategy: ReloadStrategy, expectation: Expectation, said: str, *, deadline: float
) -> str:
    """Ask whether a switch that ``said`` yes to a reload meets the expectation.

    Returns a sentence if it does not tell, or if it was not asked for all extensions.  Raises
    ``SwitchRefused`` if it does not, ``SwitchUnreachable`` if no time was left to ask.
    """
    absent = dict.fromkeys(expectation.absent)
    present = [each for each in dict.fromkeys(expectation.present) if each not in absent]
    expected = [*present, *absent]
    if not expected:
        return ""
    found: dict[str, Sequence[str] | None] = {}
    if present and (left := deadline - time.monotonic()) > 0:
        differences = strategy.differences(present, expectation.values, timeout=left)
        found |= checked_result(differences, Mapping, strategy, "differences()")  # type: ignore[type-abstract]
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
    if expectation.left_out is None:
        return f"It was asked for {len(found)} of more than {COUNTED:,} extensions."
    total = len(expected) + expectation.left_out
    if len(found) < total:
        return f"It was asked for {len(found)} of {total} extensions."
    return ""


def forget(strategy: ReloadStrategy, expectation: Expectation, *, deadline: float) -> str:
    """Make a switch drop registrations, caches, calls and PINs; returns sentences about that.

    A failure does not undo the change.
    """
    names = dict.fromkeys((*expectation.forget, *expectation.end_calls))
    sentences = []
    for each in names:
        said = []
        if each in expectation.forget:
            said.append(_forget(strategy, each, deadline))
        if each in expectation.end_calls:
            said.append(_end_calls(strategy, each, deadline))
        words = " ".join(filter(None, said))
        if words:
            sentences.append(f"{each}: {words}" if len(names) > 1 else words)
    if expectation.new_pins:
        sentences.append(_drop_own_pins(strategy, expectation.new_pins, deadline))
    return " ".join(filter(None, sentences))


def _forget(strategy: ReloadStrategy, name: str, deadline: float) -> str:
    def forget(left: float) -> str:
        said = strategy.forget(name, timeout=left)
        return checked_result(said, str, strategy, "forget()")

    return _attempt("Its registrations could not be dropped", forget, deadline)


def _end_calls(strategy: ReloadStrategy, name: str, deadline: float) -> str:
    def end_calls(left: float) -> str:
        said = strategy.end_calls(name, timeout=left)
        return checked_result(said, str, strategy, "end_calls()")

    return _attempt("Its calls could not be ended", end_calls, deadline)


def _drop_own_pins(strategy: ReloadStrategy, names: Sequence[str], deadline: float) -> str:
    def drop(left: float) -> str:
        said = strategy.drop_own_pins(names, timeout=left)
        return checked_result(said, str, strategy, "drop_own_pins()")

    return _attempt("A PIN that was set by phone may still open the mailbox", drop, deadline)


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
    if len(found) > MAX_NAMED:
        found[MAX_NAMED - 1 :] = [f"{len(found) - MAX_NAMED + 1} more values"]
    before = ", ".join(found[:-1])
    return f"{before} and {found[-1]}" if before else found[-1]


def _names(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"extension {ids[0]}"
    more = f" and {len(ids) - MAX_NAMED} more" if len(ids) > MAX_NAMED else ""
    return f"extensions {', '.join(ids[:MAX_NAMED])}{more}"
