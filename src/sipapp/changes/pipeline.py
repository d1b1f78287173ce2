"""A change on its way: stored, applied on the switches, and taken back if one refuses it."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from sipapp.concurrency.shared_exclusive_lock import LockTimeout, SharedExclusiveLock
from sipapp.model.apply import Apply, SwitchOutcome, Values
from sipapp.model.errors import (
    ChangeRefused,
    DirectoryBroken,
    StorageError,
    StorageUnavailable,
    VersionConflict,
)
from sipapp.model.extension import Extension, fold_id
from sipapp.model.secret import Secret
from sipapp.model.type_checks import checked_result
from sipapp.state.shared import Busy, SharedState
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import blocking_fault
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.fleet import SwitchFleet
from sipapp.switches.verification import Expectation, changed_values

log = logging.getLogger(__name__)

LOCK_TIMEOUT_S: Final = 15.0
"""Seconds that a change waits for a lock that another change holds."""


@dataclass(frozen=True)
class Edit:
    """A change of the storage.

    ``store`` is given the version that the extension must still have, and returns the
    extensions as stored; none after a deletion.  ``old`` is the extension as it is before,
    ``None`` for new ones.  With ``forget``, its registrations are dropped, and with
    ``forget_if_secret_changes`` they are if phones need another password (or hash) afterwards;
    with ``end_calls`` its calls end too.  With ``new_mailbox``, an id is given anew: a voicemail
    PIN that somebody else has set by phone must not open its mailbox.
    """

    store: Callable[[str | None], Sequence[Extension]]
    old: Extension | None = None
    version: str | None = None
    forget: bool = False
    forget_if_secret_changes: bool = False
    end_calls: bool = False
    new_mailbox: bool = False

    def expectation(
        self, stored: Sequence[Extension], values: Mapping[str, Values], names: Sequence[str]
    ) -> Expectation:
        """What switches must know after it; ``values`` are those that it changed, by id.

        ``names`` are those by which switches found the extension before it.
        """
        present = [each.id for each in stored if each.enabled]
        if self.old is None:
            return Expectation(present=present, values=values, new_pins=self._new_pins(stored))
        gone = fold_id(self.old.id) not in map(fold_id, present)
        return Expectation(
            present=present,
            absent=[self.old.id] if gone else (),
            forget=names if self.forget else self._lost(stored, names),
            end_calls=names if self.end_calls else (),
            new_pins=self._new_pins(stored),
            values=values,
            old_spelling="" if gone or self.old.id in present else self.old.id,
        )

    def _new_pins(self, stored: Sequence[Extension]) -> Sequence[str]:
        """The ids of those that have another voicemail PIN, or another mailbox, than before."""
        if self.new_mailbox:
            return [each.id for each in stored]
        old = self.old
        return [each.id for each in stored if old and _pin(each) != _pin(old)]

    def _lost(self, stored: Sequence[Extension], names: Sequence[str]) -> Sequence[str]:
        """The names that do not lead to the extension any more; of a new id, aliases still do."""
        if not (self.old and (self.old.enabled or not stored)):
            return ()
        kept = {name for each in stored if each.enabled for name in each.names}
        return [each for each in names if each not in kept]


def _pin(extension: Extension) -> tuple[str, str]:
    return extension.vm_password, extension.inherited.get("vm_password", "")


@dataclass(frozen=True)
class _Attempt:
    """An edit that was stored and applied, with a snapshot of the extension before it."""

    edit: Edit
    before: object
    stored: Sequence[Extension]
    result: Apply

    @property
    def changed(self) -> Sequence[tuple[str, str | None]]:
        """The ids and versions of what was stored; of what was deleted, no version."""
        if self.stored or self.edit.old is None:
            return [(each.id, each.version) for each in self.stored]
        return [(self.edit.old.id, None)]

    @property
    def reversal(self) -> ChangeSet:
        """What switches have to take over when it was taken back."""
        old = [self.edit.old.id] if self.edit.old else []
        return ChangeSet(old, [each.id for each in self.stored if each.id not in old])

    @property
    def ids(self) -> str:
        """The ids of all extensions that it is about, for the log."""
        old = [self.edit.old.id] if self.edit.old else []
        return ", ".join(dict.fromkeys([*old, *(each.id for each in self.stored)]))


@dataclass(frozen=True)
class _TakenBack:
    """A change that was taken back: the place of the fault, if it was found.

    ``kept`` is what could not be taken back, with the reasons in ``failures``.
    """

    place: str
    failures: Sequence[str]
    kept: Sequence[Extension] | None


class Changes:
    """The pipeline of every change: lock, store, apply, take back.  For several threads."""

    def __init__(
        self, storage: ExtensionStorage, switches: SwitchFleet, state: SharedState
    ) -> None:
        self._storage = storage
        self._switches = switches
        self._state = state
        self._lock = SharedExclusiveLock()

    @contextmanager
    def lock(self, ids: Collection[str]) -> Iterator[None]:
        """Hold an exclusive lock on these extensions.

        To be held until the switches have answered: otherwise a change that is taken back
        could take another one with it.  Raises
        ``StorageUnavailable`` after :data:`LOCK_TIMEOUT_S`.
        """
        names = {f"extension {fold_id(each)}" for each in ids}
        with ExitStack() as held:
            try:
                held.enter_context(self._state.lock(names, wait_s=LOCK_TIMEOUT_S))
            except Busy:
                raise StorageUnavailable(_BUSY.format("the same extension")) from None
            yield

    def make(self, edit: Edit) -> tuple[Sequence[Extension], Apply]:
        """Store an edit, and make the switches take it over.

        Raises ``ChangeRefused``, with nothing changed, and what ``store`` raises.  A reload
        is shared by the changes that are made at the same time.  If it is refused, all of
        them are taken back, and each is made once more by itself: the guilty one alone is
        refused then.
        """
        self._check()
        try:
            with self._lock.shared(LOCK_TIMEOUT_S) as hold:
                attempt = self._try(edit, edit.version)
                if attempt.result.state != "refused":
                    return attempt.stored, attempt.result
                back = self._take_back(attempt)
                if back.failures or not hold.overlapped:
                    self._refuse(attempt, back)
        except LockTimeout:
            raise StorageUnavailable(_BUSY.format("other extensions")) from None
        return self._make_alone(attempt, back)

    def _make_alone(
        self, shared: _Attempt, shared_back: _TakenBack
    ) -> tuple[Sequence[Extension], Apply]:
        edit = shared.edit
        try:
            with self._lock.exclusive(LOCK_TIMEOUT_S):
                try:
                    attempt = self._try(edit, self._version_now(edit))
                except StorageError:
                    self._reload(shared)
                    raise
                if attempt.result.state == "refused":
                    self._refuse(attempt, self._take_back(attempt))
                return attempt.stored, attempt.result
        except LockTimeout:
            self._refuse(shared, shared_back, undecided=True)

    def _version_now(self, edit: Edit) -> str | None:
        """The present version: what was taken back may have got a new one."""
        if edit.old is None:
            return None
        now = self._storage.get(edit.old.id)
        if replace(now, version=edit.old.version) != edit.old:
            raise VersionConflict(edit.old.id)
        return now.version

    def _try(self, edit: Edit, version: str | None) -> _Attempt:
        before = self._storage.snapshot(edit.old.id) if edit.old else None
        names = self._names(edit.old) if edit.old else ()
        secret = self._compared_secret(edit, edit.old)
        with self._switches.change() as change:
            stored = self._checked(edit.store(version))
            if any(self._compared_secret(edit, each) != secret for each in stored):
                edit = replace(edit, forget=True)
            values = {each.id: self._values(edit.old, each) for each in stored if each.enabled}
            result = change.apply(edit.expectation(stored, values, names))
        return _Attempt(edit, before, stored, result)

    def _values(self, old: Extension | None, new: Extension) -> Values:
        values = changed_values(old, new)
        before = values.before.get("password")
        if before and "password" in new.inherited:
            # It is stored already: a fault of a plugin must not end it here.
            with suppress(Exception):
                if self._storage.secret(new.id) == Secret(before):
                    # What it inherits is the same.
                    rest = {name: old for name, old in values.before.items() if name != "password"}
                    return replace(values, before=rest)
        return values

    def _names(self, extension: Extension) -> Sequence[str]:
        """The names by which phones of an extension register."""
        return self._storage.aliases().names_of(extension.id)

    def _compared_secret(self, edit: Edit, extension: Extension | None) -> object:
        """What phones need to register, if that is compared; unequal to all if not known."""
        was_reachable = edit.old is not None and edit.old.enabled
        if not (edit.forget_if_secret_changes and was_reachable and extension):
            return None
        try:
            return self._storage.secret(extension.id)
        except Exception:
            # Registrations are dropped then: a phone that knows the password registers again.
            log.exception("The storage failed to tell what phones of an extension need.")
            return object()

    def _checked(self, stored: Sequence[Extension]) -> Sequence[Extension]:
        try:
            return [
                checked_result(each, Extension, self._storage, "what it stored") for each in stored
            ]
        except TypeError as error:
            log.exception("A storage does not return what it has stored.")
            raise StorageUnavailable(
                "The storage's plugin failed, and it is not known whether the change was stored: "
                "look. The server's log has the details."
            ) from error

    def _check(self) -> None:
        place = blocking_fault(self._storage)
        if place:
            raise DirectoryBroken(place)

    def _take_back(self, attempt: _Attempt) -> _TakenBack:
        """Restore in the storage what was there before."""
        place = self._place()
        failures: dict[str, str] = {}
        with self._switches.change():
            for extension_id, version in attempt.changed:
                try:
                    self._storage.restore(extension_id, attempt.before, version=version)
                except StorageError as error:
                    log.error("Extension %s could not be taken back: %s", extension_id, error)  # noqa: TRY400  (the text says it all)
                    failures[extension_id] = str(error)
        log.warning(
            "A switch refused a change of %s%s. %s",
            attempt.ids,
            "" if failures else ": it was taken back",
            _sentence(_refusals(attempt.result)),
        )
        kept = [each for each in attempt.stored if each.id in failures] if failures else None
        return _TakenBack(place, [*failures.values()], kept)

    def _refuse(self, attempt: _Attempt, back: _TakenBack, *, undecided: bool = False) -> NoReturn:
        """Make the switches take over what is stored now, and say what happened."""
        words = _words(attempt.result, self._reload(attempt), back, undecided=undecided)
        raise ChangeRefused(words, attempt.result, back.kept)

    def _reload(self, taken_back: _Attempt) -> Apply:
        with self._switches.change() as change:
            return change.apply_unverified(taken_back.reversal)

    def _place(self) -> str:
        try:
            return blocking_fault(self._storage, thorough=True)
        except StorageError as error:
            log.warning("The fault that a switch stumbled over was not looked for: %s", error)
            return ""


_BUSY: Final = (
    "Another request is changing {}, and a switch has not answered yet. Nothing was changed; "
    "try again in a moment."
)


def _words(result: Apply, again: Apply, back: _TakenBack, *, undecided: bool) -> str:
    sentences = [_sentence(_refusals(result))]
    if back.place:
        sentences.append(f"The fault is in {back.place}.")
    if back.failures:
        sentences.append(
            f"The change could not be taken back, and is in the history: {' '.join(back.failures)}"
        )
    else:
        sentences.append("The change was taken back.")
    if undecided:
        sentences.append(
            "Other changes were made at the same time, and there was no time to find out which "
            "of them is at fault: try again."
        )
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


def _refusals(result: Apply) -> str:
    refused = [f"{each.name} said: {each.detail}" for each in result.switches if _refused(each)]
    return "; ".join(refused)


def _refused(switch: SwitchOutcome) -> bool:
    return switch.outcome == "refused"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
