"""The backlog of a switch that was unreachable: extensions that still have to be verified."""

import secrets
from collections.abc import Iterable, Sequence

from sipapp.model.apply import Values
from sipapp.model.extension import Extension, fold_id
from sipapp.state.shared import BacklogItem, SharedState
from sipapp.switches.strategy import Sample
from sipapp.switches.verification import Expectation, changed_values


class VerificationBacklog:
    """The extensions that still have to be verified on a switch, in the shared state.

    Whether the switch must know one is not kept: the storage says how things stand.
    """

    def __init__(self, state: SharedState, switch: str) -> None:
        self._state = state
        self._switch = switch
        self._process = secrets.token_hex(8)

    def add_all(self) -> None:
        """Add a sample of all extensions that are stored."""
        self._state.add_to_backlog(self._switch, [BacklogItem(None, self._process)])

    def add(self, expectation: Expectation, number: int) -> None:
        """Add extensions that can be verified after the reload of ticket ``number``, or later."""
        forget = frozenset(expectation.forget)
        self._state.add_to_backlog(
            self._switch,
            [
                BacklogItem(each, self._process, number, each in forget)
                for each in dict.fromkeys(expectation.ids)
            ],
        )

    def items(self) -> Sequence[BacklogItem]:
        """What has to be verified now, by this process or any other."""
        return self._state.backlog(self._switch)

    def settle(self, expectation: Expectation) -> None:
        """Remove what was verified, except what was added anew since."""
        self._state.settle_backlog(self._switch, expectation.settles)

    def can_be_verified_after(self, number: int) -> bool:
        """Whether the reload of that ticket took over all that has to be verified.

        The reloads of other processes are not known here.
        """
        items = self.items()
        return bool(items) and all(
            each.process == self._process and each.ticket <= number for each in items
        )

    def __bool__(self) -> bool:
        return bool(self.items())


def expectation_of(
    items: Sequence[BacklogItem], stored: Iterable[Extension], most: int
) -> Expectation:
    """What to verify for these items of a backlog, as things are stored now.

    Beside what was changed, ``most`` extensions at most, spread evenly over all.
    """
    changed = [each.extension for each in items if each.extension is not None]
    is_all = len(changed) < len(items)
    names = {fold_id(each) for each in changed}
    found: dict[str, Extension] = {}
    ambiguous: set[str] = set()
    others = Sample[str](most)
    for each in stored:
        folded = fold_id(each.id)
        if not each.enabled:
            continue
        if folded in names:
            if folded in found:
                # The switch answers with one of those that share an id, in no known order.
                ambiguous.add(folded)
            found[folded] = each
        elif is_all and not each.read_only:
            # What a switch makes of a file that others wrote is not known.
            others.add(each.id)
    present = [each for each in changed if fold_id(each) in found]
    return Expectation(
        present=[*present, *others.items],
        absent=[each for each in changed if fold_id(each) not in found],
        forget=[each.extension for each in items if each.extension is not None and each.forget],
        settles=items,
        values={
            each: _values_of(found[fold_id(each)])
            for each in present
            if fold_id(each) not in ambiguous
        },
        left_out=others.left_out,
    )


def _values_of(extension: Extension) -> Values:
    # What a switch makes of a file that others wrote is not known.
    return Values() if extension.read_only else changed_values(None, extension)
