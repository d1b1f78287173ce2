"""The backlog of a switch that was unreachable: extensions that still have to be verified."""

import secrets
from collections.abc import Collection, Sequence

from sipapp.model.apply import Values
from sipapp.model.extension import Extension, fold_id
from sipapp.state.shared import BacklogItem, SharedState
from sipapp.storages.query import Query
from sipapp.storages.view import StorageView
from sipapp.switches.strategy import spread
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
        forget, new_pins = frozenset(expectation.forget), frozenset(expectation.new_pins)
        self._state.add_to_backlog(
            self._switch,
            [
                BacklogItem(each, self._process, number, each in forget, each in new_pins)
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


def expectation_of(items: Sequence[BacklogItem], storage: StorageView, most: int) -> Expectation:
    """What to verify for these items of a backlog, as things are stored now.

    Beside what was changed, a sample of ``most`` extensions at most.  Raises ``StorageError``.
    """
    changed = [each.extension for each in items if each.extension is not None]
    stored = storage.get_many(changed)
    found = {each: extension for each, extension in stored.items() if extension.enabled}
    aliases = storage.aliases()
    is_all = len(changed) < len(items)
    sample, left_out = _sample(storage, most, set(map(fold_id, changed))) if is_all else ((), 0)
    return Expectation(
        present=[*(each for each in changed if each in found), *sample],
        absent=[each for each in changed if each not in found and each not in aliases],
        forget=[each.extension for each in items if each.extension is not None and each.forget],
        new_pins=[each.extension for each in items if each.extension is not None and each.new_pin],
        settles=items,
        values={each: _values_of(extension) for each, extension in found.items()},
        left_out=left_out,
    )


def _sample(
    storage: StorageView, most: int, names: Collection[str]
) -> tuple[Sequence[str], int | None]:
    """Some ids that are stored beside those of the folded ``names``, and how many are left out.

    They are the first ones and the last ones: no storage has to read all for that.
    """
    first = storage.find(Query(), limit=most)
    last = storage.find(Query(descending=True), limit=most) if first.after else first
    read = {each.id: each for each in (*first.items, *reversed(last.items))}
    others = [
        each.id
        for each in read.values()
        # What a switch makes of a file that others wrote is not known.
        if each.enabled and not each.read_only and fold_id(each.id) not in names
    ]
    sample = spread(others, most)
    if first.total is None:
        return sample, None
    not_read = max(0, first.total - len(read)) if first.after else 0
    return sample, not_read + len(others) - len(sample)


def _values_of(extension: Extension) -> Values:
    # What a switch makes of a file that others wrote is not known.
    return Values() if extension.read_only else changed_values(None, extension)
