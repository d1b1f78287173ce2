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
from sipapp.web.refusals import short_refusal

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
                return short_refusal(request, error)
        return handler(request)

    return tween


def _check(request: Request, is_known: Callable[[Host], bool]) -> None:
    # A trusted proxy's X-Forwarded-Host is in here already (sipapp.web.forwarded, or waitress).
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
            "is reached to sipapp.hosts in its ini, or lets the proxy in front pass on the name "
            "that the browser asked for (nginx: proxy_set_header Host $http_host;)."
        )


def includeme(config: Configurator) -> None:
    """Install the check, which runs before the tweens that were added before it."""
    config.add_tween("sipapp.web.hosts.host_tween_factory")
