"""How each exception is answered: one table of status and words, for pages and for the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal

from pyramid.httpexceptions import HTTPException

from sipapp.accounts.login import RefusedSoFar
from sipapp.accounts.user_file import UserRefused
from sipapp.changes.health import FindingGone
from sipapp.doctor.questions import NotTold
from sipapp.history.history import CannotUndo, ChangedSince, EntryNotFound
from sipapp.history.store import HistoryStoreError
from sipapp.model.errors import (
    ChangeRefused,
    CheckFailed,
    DirectoryBroken,
    ExtensionExists,
    ExtensionNotFound,
    FieldError,
    InvalidCursor,
    InvalidExtension,
    ReadOnlyExtension,
    ServerBusy,
    SettingsError,
    SipappError,
    StorageError,
    StorageUnavailable,
    SwitchAccessDenied,
    SwitchConnectionRefused,
    SwitchError,
    SwitchProtocolError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnreachable,
    SwitchWrongPassword,
    TooManyAttempts,
    VersionConflict,
)
from sipapp.phone.service import NotProved, Unavailable
from sipapp.state.shared import Busy
from sipapp.switches.live import NotLive

Level = Literal["info", "warning", "error"]


class MalformedRequest(SipappError):
    """The request cannot be read; ``errors`` says where, with ``""`` for all of it."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(" ".join(error.message for error in self.errors))


@dataclass(frozen=True)
class Fault:
    """The answer to one type of exception.

    ``status`` is that of the API, and of pages without a ``page_status`` of their own.  ``level``
    and ``sentence`` are for the message on a page that shows its form again: ``{nothing}`` is what
    was not done, such as "Nothing was saved", and ``{error}`` the exception.  ``advice`` follows
    it.  ``field`` is the field that it is about: a form that has it shows the text there.
    """

    status: HTTPStatus
    level: Level = "error"
    sentence: str = "{nothing}. {error}"
    page_status: HTTPStatus | None = None
    advice: str = ""
    field: str = ""


UNEXPECTED: Final = Fault(HTTPStatus.INTERNAL_SERVER_ERROR)
"""Answered without the exception's text, which may be anything; the log has it."""
_UNAVAILABLE: Final = Fault(HTTPStatus.SERVICE_UNAVAILABLE)
_CONFLICT: Final = Fault(HTTPStatus.CONFLICT)
_NOT_FOUND: Final = Fault(HTTPStatus.NOT_FOUND)
_SWITCH: Final = Fault(HTTPStatus.BAD_GATEWAY, sentence="{nothing}. The switch says: {error}")

FAULTS: Final[Mapping[type[Exception], Fault]] = {
    MalformedRequest: Fault(HTTPStatus.BAD_REQUEST),
    # A path or query that is not UTF-8; Pyramid's URLDecodeError is one too.
    UnicodeDecodeError: Fault(HTTPStatus.BAD_REQUEST),
    InvalidExtension: Fault(HTTPStatus.UNPROCESSABLE_ENTITY),
    InvalidCursor: Fault(HTTPStatus.BAD_REQUEST),
    ExtensionNotFound: _NOT_FOUND,
    ExtensionExists: Fault(
        HTTPStatus.CONFLICT, advice="Choose another id, or delete that one first.", field="id"
    ),
    ReadOnlyExtension: _CONFLICT,
    # A page shows how the extension stands now; the API's If-Match is a precondition.
    VersionConflict: Fault(
        HTTPStatus.PRECONDITION_FAILED,
        "warning",
        "{nothing} yet: extension {error.extension_id} was changed by somebody else in the "
        "meantime. Below is how it stands now.",
        page_status=HTTPStatus.CONFLICT,
    ),
    StorageError: _UNAVAILABLE,
    StorageUnavailable: _UNAVAILABLE,
    HistoryStoreError: _UNAVAILABLE,
    DirectoryBroken: _UNAVAILABLE,
    CheckFailed: Fault(HTTPStatus.SERVICE_UNAVAILABLE, sentence="{error}"),
    ChangeRefused: _CONFLICT,
    EntryNotFound: _NOT_FOUND,
    ChangedSince: Fault(
        HTTPStatus.CONFLICT,
        "warning",
        "{error} Taking this back would change what is there now in this way:",
    ),
    CannotUndo: _CONFLICT,
    FindingGone: Fault(
        HTTPStatus.CONFLICT,
        "info",
        "This is not found any more, or not as it was: below is what is found now.",
    ),
    NotLive: Fault(HTTPStatus.NOT_FOUND, "info", "{error}"),
    SwitchError: _SWITCH,
    SwitchRefused: _SWITCH,
    SwitchUnreachable: _SWITCH,
    SwitchConnectionRefused: _SWITCH,
    SwitchAccessDenied: _SWITCH,
    SwitchWrongPassword: _SWITCH,
    SwitchTimeout: _SWITCH,
    SwitchProtocolError: _SWITCH,
    TooManyAttempts: Fault(HTTPStatus.TOO_MANY_REQUESTS),
    ServerBusy: _UNAVAILABLE,
    RefusedSoFar: _UNAVAILABLE,
    Busy: _UNAVAILABLE,
    NotProved: Fault(HTTPStatus.FORBIDDEN),
    Unavailable: _UNAVAILABLE,
    # Of the start, of commands and of the doctor: no request should meet them.
    SettingsError: UNEXPECTED,
    UserRefused: UNEXPECTED,
    NotTold: UNEXPECTED,
}


def fault_of(exception: Exception) -> Fault:
    """The row of an exception, or of the nearest class that it is derived from."""
    rows = (FAULTS[kind] for kind in type(exception).__mro__ if kind in FAULTS)
    return next(rows, UNEXPECTED)


def api_status(exception: Exception) -> HTTPStatus:
    """The status of the API's answer to an exception."""
    if isinstance(exception, HTTPException):
        return HTTPStatus(exception.code)
    return fault_of(exception).status


def page_status(exception: Exception) -> HTTPStatus:
    """The status of a page about an exception."""
    return fault_of(exception).page_status or api_status(exception)
