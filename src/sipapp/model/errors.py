"""Everything that can go wrong, as types.

Storages and switches raise these; views turn them into answers.  A message is
written for the administrator who reads it: what happened, and what to do.  It
never contains a secret.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sipapp.model.type_checks import check_types

if TYPE_CHECKING:
    from sipapp.model.apply import Apply
    from sipapp.model.extension import Extension


@dataclass(frozen=True)
class FieldError:
    """One fault of one field.

    ``field`` is a field name of :class:`sipapp.model.extension.Extension`, or ``""``
    for a fault of the whole; ``message`` is a sentence.
    """

    field: str
    message: str

    def __post_init__(self) -> None:
        check_types(self)


class SipappError(Exception):
    """Base of all errors that sipapp raises on purpose."""


class SettingsError(SipappError):
    """The ini or the environment is wrong: the server does not start."""


class InvalidExtension(SipappError):
    """A wanted change breaks a rule; ``errors`` says which fields and why."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(" ".join(error.message for error in self.errors))


class TooManyAttempts(SipappError):
    """Something was tried too often; in ``seconds`` it may be tried again."""

    def __init__(self, message: str, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        super().__init__(f"{message} Try again in {self.seconds} s.")


class ServerBusy(SipappError):
    """Too many others do the same now, so it was not begun; in ``seconds`` it may be."""

    def __init__(self, message: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"{message} Try again in {seconds} s.")


class StorageError(SipappError):
    """Base of what a storage raises."""


class ExtensionNotFound(StorageError):
    """There is no such extension."""

    def __init__(self, extension_id: str) -> None:
        self.extension_id = extension_id
        super().__init__(f"There is no extension {extension_id!r}.")


class ExtensionExists(StorageError):
    """The id is taken (ids are compared without regard to case, as FreeSWITCH does)."""

    def __init__(self, extension_id: str) -> None:
        self.extension_id = extension_id
        super().__init__(f"Extension {extension_id!r} exists already.")


class VersionConflict(StorageError):
    """The extension changed after the version that the editor saw."""

    def __init__(self, extension_id: str) -> None:
        self.extension_id = extension_id
        super().__init__(
            f"Extension {extension_id!r} was changed by somebody else in the meantime. "
            "Load it again and repeat your change."
        )


class ReadOnlyExtension(StorageError):
    """The storage can show this entry but not change it safely."""

    def __init__(self, extension_id: str, reason: str) -> None:
        self.extension_id = extension_id
        self.reason = reason
        super().__init__(f"{extension_id!r} cannot be changed here: {reason}")


class StorageUnavailable(StorageError):
    """The storage cannot be read or written now (permissions, disk, connection)."""


class InvalidCursor(StorageError):
    """A cursor is not one of this list: of another search or order, or made up."""

    def __init__(
        self, message: str = "This is not a cursor of this list: begin with the first page."
    ) -> None:
        super().__init__(message)


class DirectoryBroken(StorageUnavailable):
    """What is stored already would make a switch refuse all of it, so nothing was changed."""

    def __init__(self, place: str) -> None:
        """``place`` is a file and line, as ``BlocksReloads.find_fault`` returns it."""
        self.place = place
        super().__init__(
            f"FreeSWITCH cannot read {place}, and refuses every reload, so that nothing can be "
            "changed. Correct the file, or move it away."
        )


class CheckFailed(SipappError):
    """A plugin that may refuse a change could not check it, so nothing was changed."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        super().__init__(
            f"Plugin {plugin} could not check this change. Nothing was changed. "
            "The server's log has the details; try again when they are put right."
        )


class ChangeRefused(SipappError):
    """A switch refused a change, and it was taken back; ``apply`` is what the switches said.

    ``kept`` is what is stored of it all the same, because it could not be taken back: extensions,
    none of a deletion; ``None`` if nothing is.
    """

    def __init__(
        self, message: str, apply: "Apply", kept: "Sequence[Extension] | None" = None
    ) -> None:
        self.apply = apply
        self.kept = kept
        super().__init__(message)


class SwitchError(SipappError):
    """Base of what a reload strategy raises."""


class SwitchRefused(SwitchError):
    """The switch answered, and did not accept the directory; the text is its own words."""


class SwitchUnreachable(SwitchError):
    """The switch could not be asked, or did not answer: the change is stored, not applied."""


class SwitchConnectionRefused(SwitchUnreachable):
    """Nothing listens where the switch should."""


class SwitchAccessDenied(SwitchUnreachable):
    """The switch's access list turned us away."""


class SwitchWrongPassword(SwitchUnreachable):
    """The switch does not accept our password."""


class SwitchTimeout(SwitchUnreachable):
    """No full answer within the time limit."""


class SwitchProtocolError(SwitchUnreachable):
    """The answer is not one that the switch's protocol knows, or it was cut short."""
