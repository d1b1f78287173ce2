"""The check of the Host header, before routing, authentication and plugins.

Without it, a page of another site whose name leads to this server's address (DNS rebinding) is a
page of this server's own in the eyes of a browser.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPClientError
from pyramid.request import Request
from pyramid.response import Response

from sipapp.doctor.local_addresses import is_here
from sipapp.model.errors import FieldError
from sipapp.settings.hosts import Host, parse_host
from sipapp.web.faults import MalformedRequest
from sipapp.web.problem import is_for_api, problem_response
from sipapp.web.security import set_security_headers

log = logging.getLogger(__name__)


class MisdirectedRequest(HTTPClientError):  # type: ignore[misc]  # Pyramid has no types
    """The request is for a host that is not this server (RFC 9110, section 15.5.20)."""

    code = int(HTTPStatus.MISDIRECTED_REQUEST)
    title = HTTPStatus.MISDIRECTED_REQUEST.phrase


def host_tween_factory(
    handler: Callable[[Request], Response], registry: Any
) -> Callable[[Request], Response]:
    """Refuse requests for hosts that are not this server's."""
    hosts = registry.app.settings.hosts

    def is_known(asked: Host) -> bool:
        return any(host.matches(asked) for host in hosts) if hosts else is_here(asked.name)

    def tween(request: Request) -> Response:
        # A server with accounts and without names answers for every host.
        if hosts or request.is_open:
            try:
                _check(request, is_known)
            except (MalformedRequest, MisdirectedRequest) as error:
                return _refusal(request, error)
        return handler(request)

    return tween


def _check(request: Request, is_known: Callable[[Host], bool]) -> None:
    # A trusted proxy's X-Forwarded-Host is in here already: waitress has put it there.
    given = str(request.environ.get("HTTP_HOST", ""))
    try:
        asked = parse_host(given)
    except ValueError as error:
        words = "The request has no Host header, or one that is not the name of a host."
        raise MalformedRequest([FieldError("", words)]) from error
    if not is_known(asked):
        log.warning("Refused a request for host %.100r (sipapp.hosts).", given)
        raise MisdirectedRequest(
            "This server does not answer under this name. Whoever runs it adds a name by which it "
            "is reached to sipapp.hosts in its ini."
        )


def _refusal(request: Request, error: MalformedRequest | MisdirectedRequest) -> Response:
    """A short answer: the frame of the pages is for those who got to this server."""
    if is_for_api(request):
        response = problem_response(request, error)
    else:
        status = error.code if isinstance(error, MisdirectedRequest) else 400
        response = Response(f"{error}\n", status=status, content_type="text/plain", charset="utf-8")
    # WebOb has no phrase for 421.
    response.status = f"{response.status_int} {HTTPStatus(response.status_int).phrase}"
    set_security_headers(request, response)
    return response


def includeme(config: Configurator) -> None:
    """Install the check; of all tweens, the last one that is added is the first to run."""
    config.add_tween("sipapp.web.hosts.host_tween_factory")
