"""Errors as pages, or as problem documents below the API's address."""

import logging
import secrets
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from pyramid.config import Configurator
from pyramid.csrf import BadCSRFToken
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import (
    HTTPException,
    HTTPForbidden,
    HTTPMethodNotAllowed,
    HTTPNotFound,
    HTTPUnauthorized,
)
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import forget

from sipapp.model.errors import ServerBusy, SipappError
from sipapp.web.cross_site import CrossSiteRequest
from sipapp.web.faults import page_status
from sipapp.web.problem import headers_of, is_for_api, problem_response
from sipapp.web.security import actor_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Words:
    """What a page says of an error: what happened, and what to do."""

    title: str
    happened: str
    advice: str


_WORDS: Final = {
    HTTPStatus.BAD_REQUEST: Words(
        "This request cannot be read",
        "The browser or program sent something that makes no sense here.",
        "Go back, load the page again, and repeat what you did.",
    ),
    HTTPStatus.UNAUTHORIZED: Words(
        "Please log in",
        "This page is the administrator's, and asks for the name and password.",
        "Load the page again to be asked once more. Whoever runs this server set them "
        "as SIP_ADMIN_USER and SIP_ADMIN_PASS.",
    ),
    HTTPStatus.FORBIDDEN: Words(
        "This is not allowed",
        "The server refused the request. Nothing was changed.",
        "Go back, load the page again, and repeat what you did there.",
    ),
    HTTPStatus.NOT_FOUND: Words(
        "There is nothing here",
        "The address leads nowhere.",
        "Check the address, or choose one of the links below.",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: Words(
        "This cannot be done here",
        "The address exists, but it does not take this kind of request.",
        "Choose one of the links below.",
    ),
    HTTPStatus.CONFLICT: Words(
        "This cannot be done now",
        "The extension is not what it was, or cannot be changed here.",
        "Nothing was changed. Open the extension again to see how it stands.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Words(
        "That is too much",
        "The request is larger than the server takes.",
        "Nothing was changed. Go back and shorten what you typed.",
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: Words(
        "That cannot be saved",
        "A value breaks a rule.",
        "Nothing was changed. Go back and correct it.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: Words(
        "The server failed",
        "This is a fault of the program or of a plugin, not yours.",
        "Try again. If it stays, look for the reference number in the server's log.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: Words(
        "The extensions cannot be reached",
        "Their storage does not answer, or cannot be read or written now.",
        "Put that right and load the page again.",
    ),
}
_STILL_THERE: Final = "What you typed is still there when you go back."
"""Said of a form that could not be saved because the storage does not answer."""
_STALE_FORM: Final = Words(
    "This page was open for too long",
    "The form carries an old mark, or the browser sent no cookie. Nothing was changed.",
    "Go back, copy what you typed, load the page again, and repeat it there.",
)
_BUSY: Final = Words(
    "The server is busy",
    "Many others want the same at this moment. Nothing was changed.",
    "Load the page again in a moment.",
)


def error_page(exception: Exception, request: Request) -> Response:
    """Answer an exception: as a page, or as a problem document to a client of the API."""
    if isinstance(exception, HTTPException) and exception.code < 400:
        return exception
    if is_for_api(request):
        return problem_response(request, exception)
    if isinstance(exception, BadCSRFToken):
        _log_refusal(request, "its form has no valid token")
        return _page(request, HTTPStatus.FORBIDDEN, _STALE_FORM)
    status = page_status(exception)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _failure(request, exception)
    words = _BUSY if isinstance(exception, ServerBusy) else _words(status)
    if status is HTTPStatus.SERVICE_UNAVAILABLE and request.method == "POST":
        words = replace(words, advice=f"{words.advice} {_STILL_THERE}")
    response = _page(request, status, words, _detail(exception))
    response.headers.extend(headers_of(exception))
    return response


def not_found(exception: HTTPNotFound, request: Request) -> Response:
    """Tell an address that does not exist from one that takes other methods."""
    if isinstance(exception, PredicateMismatch):
        methods = _methods(request)
        if methods and request.method not in methods:
            return error_page(
                HTTPMethodNotAllowed(headers=[("Allow", ", ".join(methods))]), request
            )
    return error_page(exception, request)


def forbidden(exception: HTTPForbidden, request: Request) -> Response:
    """Ask for credentials when a permission is missing and there are none, or wrong ones."""
    if isinstance(exception, CrossSiteRequest):  # the log has it, and nobody was asked for
        return error_page(exception, request)
    if exception.result is None:
        _log_refusal(request, str(exception.detail))
        return error_page(exception, request)
    account = request.identity
    if account is None:
        return error_page(HTTPUnauthorized(headers=forget(request)), request)
    words = f"Your role is {account.role}, and this takes more. Ask an administrator."
    _log_refusal(request, exception.result.msg)
    return error_page(HTTPForbidden(words), request)


def _log_refusal(request: Request, why: str) -> None:
    """Log a refused action (403).  Not in the history, which anybody could fill in this way."""
    actor = ascii(str(actor_of(request)))
    log.warning("Refused %s %a to %s: %s", request.method, request.path, actor, why)


def _methods(request: Request) -> list[str]:
    """The methods that the views of the request's route take."""
    route = request.matched_route.name if request.matched_route else None
    views = request.registry.introspector.get_category("views", [])
    found: set[str] = set()
    for view in views:
        if view["introspectable"]["route_name"] == route:
            methods = view["introspectable"]["request_methods"] or ()
            found.update([methods] if isinstance(methods, str) else methods)
    return sorted(found)


def _failure(request: Request, exception: Exception) -> Response:
    """Log an unexpected exception with a reference number; the page shows the number alone."""
    reference = secrets.token_hex(4)
    log.error("Error %s in %s of a page.", reference, request.method, exc_info=exception)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _page(request, status, _words(status), reference=reference)


def _words(status: HTTPStatus) -> Words:
    return _WORDS.get(status) or Words(status.phrase, status.description, "Go back and try again.")


def _detail(exception: Exception) -> str:
    """The exception's own words, where they are meant for people."""
    if isinstance(exception, SipappError):
        return str(exception)
    if isinstance(exception, HTTPException):
        # Pyramid's own words, of a 404 or a permission, are about its inner workings.
        internal = isinstance(exception, HTTPNotFound) or getattr(exception, "result", None)
        return "" if internal else exception.detail or ""
    return ""


def _page(
    request: Request, status: HTTPStatus, words: Words, detail: str = "", reference: str = ""
) -> Response:
    values: dict[str, Any] = {
        "title": f"{words.title} · sipapp",
        "heading": words.title,
        "entry": request.asset_entry("admin/main.ts"),
        "words": words,
        "detail": detail,
        "reference": reference,
    }
    response = render_to_response("sipapp:web/templates/error.pt", values, request=request)
    response.status_int = int(status)
    return response


def includeme(config: Configurator) -> None:
    """Register the views of exceptions."""
    config.add_notfound_view(not_found)
    config.add_forbidden_view(forbidden)
    for context in (HTTPException, Exception):
        config.add_exception_view(error_page, context=context)
