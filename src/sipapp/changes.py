"""A change on its way: stored, applied on the switches, and taken back if one refuses it."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Condition
from typing import Final, NoReturn

from sipapp.errors import (
    ChangeRefused,
    DirectoryBroken,
    StorageError,
    StorageUnavailable,
)
from sipapp.extension import Extension
from sipapp.reload import Apply, SwitchOutcome
from sipapp.storage import ExtensionStorage
from sipapp.switch import Wanted
from sipapp.switches import Switches

log = logging.getLogger(__name__)

PATIENCE: Final = 15.0
"""Seconds that a change waits for an earlier one of the same extension."""


class Changes:
    """The way of every change.  For several threads."""

    def __init__(self, storage: ExtensionStorage, switches: Switches) -> None:
        self._storage = storage
        self._switches = switches
        self._busy: set[str] = set()
        self._done = Condition()

    @contextmanager
    def alone(self, ids: Collection[str]) -> Iterator[None]:
        """Nobody else changes these extensions here meanwhile, until the switches answered.

        Otherwise a change that is taken back could take another one with it.  Raises
        ``StorageUnavailable`` after :data:`PATIENCE`.
        """
        wanted = {each.casefold() for each in ids}
        with self._done:
            if not self._done.wait_for(lambda: not wanted & self._busy, PATIENCE):
                raise StorageUnavailable(
                    "Somebody else is changing the same extension, and a switch has not answered "
                    "yet. Nothing was changed; try again in a moment."
                )
            self._busy |= wanted
        try:
            yield
        finally:
            with self._done:
                self._busy -= wanted
                self._done.notify_all()

    def create(
        self, store: Callable[[], Sequence[Extension]], ids: Collection[str]
    ) -> tuple[Sequence[Extension], Apply]:
        """Store new extensions, and make the switches know them.

        They are asked for the last one alone.  Raises ``ChangeRefused``, with nothing
        created, and what ``store`` raises.
        """
        self._check()
        with self._switches.change() as change:
            stored = store()
            result = change.apply(Wanted(present=stored[-1].id if stored else None))
        if result.state == "refused":
            before = dict.fromkeys(ids)
            self._take_back(before, {each.id: each.version for each in stored}, result)
        return stored, result

    def update(
        self, extension_id: str, store: Callable[[], Extension], *, forget: bool
    ) -> tuple[Extension, Apply]:
        """Store a changed extension, as :meth:`create` does.

        With ``forget``, whoever is registered as it has to register anew.
        """
        self._check()
        before = {extension_id: self._storage.snapshot(extension_id)}
        with self._switches.change() as change:
            stored = store()
            result = change.apply(
                Wanted(
                    present=stored.id if stored.enabled else None,
                    absent=None if stored.enabled else stored.id,
                    forget=stored.id if forget else None,
                )
            )
        if result.state == "refused":
            self._take_back(before, {extension_id: stored.version}, result)
        return stored, result

    def delete(self, extension_id: str, store: Callable[[], None]) -> Apply:
        """Delete an extension, and make the switches forget it."""
        self._check()
        before = {extension_id: self._storage.snapshot(extension_id)}
        with self._switches.change() as change:
            store()
            result = change.apply(Wanted(absent=extension_id, forget=extension_id))
        if result.state == "refused":
            self._take_back(before, {}, result)
        return result

    def _check(self) -> None:
        place = self._storage.find_fault()
        if place:
            raise DirectoryBroken(place)

    def _take_back(
        self, before: Mapping[str, object], versions: Mapping[str, str], result: Apply
    ) -> NoReturn:
        place = self._place()
        failures = []
        with self._switches.change() as change:
            for extension_id, snapshot in before.items():
                version = versions.get(extension_id)
                try:
                    self._storage.restore(extension_id, snapshot, version=version)
                except StorageError as error:
                    log.error("Extension %s could not be taken back: %s", extension_id, error)  # noqa: TRY400  (the text says it all)
                    failures.append(str(error))
            again = change.apply(Wanted())
        log.warning("A switch refused a change of %s: it was taken back.", ", ".join(before))
        raise ChangeRefused(_words(result, again, place, failures), result)

    def _place(self) -> str:
        try:
            return self._storage.find_fault(thorough=True)
        except StorageError as error:
            log.warning("The fault that a switch stumbled over was not looked for: %s", error)
            return ""


def _words(result: Apply, again: Apply, place: str, failures: Sequence[str]) -> str:
    refused = [f"{each.name} said: {each.detail}" for each in result.switches if _refused(each)]
    sentences = [_sentence("; ".join(refused))]
    if place:
        sentences.append(f"The fault is in {place}.")
    if failures:
        sentences.append(f"The change could not be taken back: {' '.join(failures)}")
    else:
        sentences.append("The change was taken back.")
    still = [each for each in again.switches if each.outcome != "applied"]
    if any(_refused(each) for each in still):
        sentences.append(
            "Without it the reload is refused too, so the cause is elsewhere: "
            "put that right, and save again."
        )
    elif still:
        names = ", ".join(each.name for each in still)
        sentences.append(f"Not told of that yet: {names}.")
    return " ".join(sentences)


def _refused(switch: SwitchOutcome) -> bool:
    return switch.outcome == "refused"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
