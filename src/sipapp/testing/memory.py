"""A storage in memory and a scripted switch: for tests of everything above them."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from sipapp.api import (
    Backend,
    ChangeSet,
    Diagnosis,
    Examination,
    Extension,
    ExtensionExists,
    ExtensionNotFound,
    ExtensionStorage,
    Finding,
    InvalidExtension,
    ListedStorage,
    LiveStatus,
    LiveView,
    Registration,
    ReloadStrategy,
    SwitchContext,
    SwitchError,
    Values,
    check_domain,
    check_new_id,
    fold_id,
    hookimpl,
    refuse_unknown_fields,
)


class MemoryStorage(ListedStorage):
    """Keeps extensions in a dictionary, by folded id."""

    def __init__(self, domains: Sequence[str] = ("",)) -> None:
        self._domains = domains
        self._extensions: dict[str, Extension] = {}
        self._lock = Lock()

    def domains(self) -> Sequence[str]:
        return self._domains

    def list(self) -> Sequence[Extension]:
        return list(self._extensions.values())

    def get(self, extension_id: str) -> Extension:
        found = self._extensions.get(fold_id(extension_id))
        if found is None:
            raise ExtensionNotFound(extension_id)
        return found

    def create(self, extension: Extension) -> Extension:
        error = check_domain(extension.id, self._domains)
        if error:
            raise InvalidExtension([error])
        with self._lock:
            self._refuse_taken(extension, None)
            return self._put(extension)

    def update(
        self, extension_id: str, changes: Mapping[str, str], *, version: str | None = None
    ) -> Extension:
        refuse_unknown_fields(changes)
        with self._lock:
            old = self.current(extension_id, version)
            return self._put(replace(old, **changes))  # type: ignore[arg-type]

    def rename(
        self,
        extension_id: str,
        new_id: str,
        changes: Mapping[str, str],
        *,
        version: str | None = None,
    ) -> Extension:
        refuse_unknown_fields(changes)
        with self._lock:
            old = self.current(extension_id, version)
            error = check_new_id(old.id, new_id)
            if error:
                raise InvalidExtension([error])
            new = replace(old, id=new_id, **changes)  # type: ignore[arg-type]
            self._refuse_taken(new, old)
            del self._extensions[fold_id(old.id)]
            return self._put(new)

    def delete(self, extension_id: str, *, version: str | None = None) -> None:
        with self._lock:
            old = self.current(extension_id, version)
            del self._extensions[fold_id(old.id)]

    def set_enabled(
        self, extension_id: str, *, enabled: bool, version: str | None = None
    ) -> Extension:
        with self._lock:
            return self._put(replace(self.current(extension_id, version), enabled=enabled))

    def examine(self) -> Examination:
        """Find nothing; tests put findings here."""
        return Examination()

    def mend(self, finding: Finding) -> None:
        """Mend nothing; tests put a mending here."""
        raise NotImplementedError(f"This storage cannot mend {finding.code}.")

    def diagnose(self) -> Iterable[Diagnosis]:
        """Say nothing; tests put lines of the doctor here."""
        return ()

    def _refuse_taken(self, new: Extension, old: Extension | None) -> None:
        names = {fold_id(each) for each in new.names}
        owners = [self._extensions[each] for each in names if each in self._extensions]
        owners += [
            each
            for each in self._extensions.values()
            if each.aliases and not names.isdisjoint(map(fold_id, each.aliases))
        ]
        if any(each is not old for each in owners):
            raise ExtensionExists(new.id)

    def _put(self, extension: Extension) -> Extension:
        plain = replace(extension, version="")
        secrets = f"{plain!r}{plain.password}{plain.vm_password}"
        stored = replace(plain, version=hashlib.sha256(secrets.encode()).hexdigest()[:16])
        self._extensions[fold_id(stored.id)] = stored
        return stored


class ScriptedSwitch(ReloadStrategy):
    """Takes over each change at its reload, unless ``fault`` says otherwise.

    It copies only extensions that were changed, and reads all others in the storage when it is
    asked for them, so that it serves for any number.  ``status`` is its live status,
    and ``ended`` the ids of the calls and registrations that it was asked to end.
    """

    def __init__(self) -> None:
        self.reloads = 0
        self.fault: SwitchError | None = None
        self.status: LiveStatus | LiveView | None = None
        self.ended: list[str] = []
        self._context: SwitchContext | None = None
        self._taken_over: dict[str, Extension | None] = {}

    def start(self, context: SwitchContext) -> None:
        self._context = context

    def reload(self, *, timeout: float) -> str:  # noqa: ARG002
        if self.fault is not None:
            raise self.fault
        self.reloads += 1
        self._taken_over = {}
        return "+OK [Success]"

    def apply(self, changes: ChangeSet, *, timeout: float) -> str:
        before = self._taken_over
        said = self.reload(timeout=timeout)
        if self._context is not None and not changes.everything:
            stored = self._context.storage.get_many(changes.changed)
            self._taken_over = before | {each: stored.get(each) for each in changes.changed}
        return said

    def knows(self, extension_id: str, *, timeout: float) -> bool | None:  # noqa: ARG002
        return extension_id in self._known([extension_id])

    def differences(
        self, extension_ids: Sequence[str], values: Mapping[str, Values], *, timeout: float
    ) -> Mapping[str, Sequence[str] | None]:
        found = dict(super().differences(extension_ids, values, timeout=timeout))
        for each, known in self._known(values.keys()).items():
            now = values[each].now
            if found.get(each) == ():
                found[each] = [name for name in now if getattr(known, name) != now[name]]
        return found

    def _known(self, extension_ids: Collection[str]) -> Mapping[str, Extension]:
        """Those of the extensions that it knows, by id."""
        stored = self._context.storage.get_many(extension_ids) if self._context else {}
        found = {each: self._taken_over.get(each, stored.get(each)) for each in extension_ids}
        return {
            each: extension
            for each, extension in found.items()
            if extension and extension.enabled and extension.id == each
        }

    def live(self) -> LiveStatus | LiveView | None:
        return self.status

    def end_call(self, call_id: str, *, timeout: float) -> str:  # noqa: ARG002
        return self._end(call_id)

    def drop_registration(self, registration: Registration, *, timeout: float) -> str:  # noqa: ARG002
        return self._end(registration.id)

    def _end(self, what: str) -> str:
        if self.fault is not None:
            raise self.fault
        self.ended.append(what)
        return "+OK"

    def ping(self, *, timeout: float) -> str:  # noqa: ARG002
        if self.fault is not None:
            raise self.fault
        return "here"


class MemoryPlugin:
    """Offers storage ``memory`` and reload strategy ``scripted``, each one instance."""

    def __init__(self, domains: Sequence[str] = ("",)) -> None:
        self.storage = MemoryStorage(domains)
        self.switch = ScriptedSwitch()

    @hookimpl
    def sipapp_storage_backends(self) -> list[Backend[ExtensionStorage]]:
        return [Backend("memory", lambda: self.storage, "forgets everything at the end")]

    @hookimpl
    def sipapp_reload_strategies(self) -> list[Backend[ReloadStrategy]]:
        return [Backend("scripted", lambda: self.switch, "does as the test says")]
