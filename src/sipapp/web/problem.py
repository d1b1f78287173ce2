"""Errors of the API as problem documents (RFC 9457)."""

import json
import logging
import secrets
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from pyramid.httpexceptions import HTTPException
from pyramid.request import Request
from pyramid.response import Response

from sipapp.history.history import ChangedSince
from sipapp.model.errors import (
    ChangeRefused,
    InvalidExtension,
    ServerBusy,
    SipappError,
    StorageError,
    TooManyAttempts,
    VersionConflict,
)
from sipapp.web.documents import apply_document, extension_document
from sipapp.web.faults import MalformedRequest, api_status
from sipapp.web.paths import path_below_prefix

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"


# Pyramid's own words are about its inner workings.
_SENTENCES: Final = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read.",
    HTTPStatus.UNAUTHORIZED: "Give the administrator's name and password by HTTP Basic Auth.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
}


def headers_of(exception: Exception) -> list[tuple[str, str]]:
    """The headers of an answer that tell a client what to do about an exception."""
    if isinstance(exception, TooManyAttempts | ServerBusy):
        return [("Retry-After", str(exception.seconds))]
    if isinstance(exception, HTTPException):
        names = ("Allow", "WWW-Authenticate", "Retry-After")
        return [(name, text) for name in names for text in exception.headers.getall(name)]
    return []


def is_for_api(request: Request) -> bool:
    """Whether a request is for an address of an API, also one that does not exist."""
    return path_below_prefix(request).startswith(("api/", "phone/"))


def problem_response(request: Request, exception: Exception) -> Response:
    """Tell an exception as a problem document.

    An unexpected exception is logged with a reference number, and the answer holds that
    number alone: the text of the exception may be anything.
    """
    status = api_status(exception)
    faults = exception.errors if isinstance(exception, MalformedRequest | InvalidExtension) else ()
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": _detail(request, exception, status),
        "errors": [{"field": each.field, "message": each.message} for each in faults],
    }
    if isinstance(exception, ChangeRefused):
        document["apply"] = apply_document(exception.apply)
    if isinstance(exception, VersionConflict):
        # So that the client sees what changed since the version that it knows.
        with suppress(StorageError):
            current = request.extensions.get(exception.extension_id)
            document["current"] = extension_document(current)
    if isinstance(exception, ChangedSince):
        document["differences"] = [asdict(each) for each in exception.differences]
    response = Response(
        json.dumps(document).encode(), status=int(status), content_type=CONTENT_TYPE
    )
    response.headers.extend(headers_of(exception))
    return response


def _detail(request: Request, exception: Exception, status: HTTPStatus) -> str:
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        reference = secrets.token_hex(4)
        log.error("Error %s in %s of the API.", reference, request.method, exc_info=exception)
        return f"The server failed; its log has the details under number {reference}."
    if isinstance(exception, SipappError):
        return str(exception)
    own: str | None = exception.detail if isinstance(exception, HTTPException) else None
    if own and status is HTTPStatus.UNAUTHORIZED:  # of a phone: those of accounts have no words
        return own
    return _SENTENCES.get(status) or own or status.description
