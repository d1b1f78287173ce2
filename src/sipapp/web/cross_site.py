"""The check where a request comes from: a page of this server, or of another site."""

import logging
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request
from pyramid.response import Response

from sipapp.web.paths import path_below_prefix

log = logging.getLogger(__name__)

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CROSS_SITE: Final = frozenset({"cross-site", "same-site"})
_PUBLIC_FILES: Final = ("static/", "manifest.webmanifest", "service-worker.js")
"""Below the prefix: the files of the phone, which are the same for everybody."""
_MAX_ORIGIN_LENGTH: Final = 200


class CrossSiteRequest(HTTPForbidden):  # type: ignore[misc]  # Pyramid has no types
    """A page of another site made the browser send this; credentials do not help."""


def cross_site_tween_factory(
    handler: Callable[[Request], Response], _registry: Any
) -> Callable[[Request], Response]:
    """Refuse what another site's page makes a browser send, but for links and public files.

    A browser sends Basic credentials along.  Sec-Fetch-Site (Fetch Metadata, to https and this
    machine only) and Origin (with writes and fetches) say where a request comes from; programs that
    are no browsers send neither.
    """

    def tween(request: Request) -> Response:
        fault = _fault(request)
        if fault and not _is_harmless(request):
            address = request.peer
            log.warning("Refused a cross-site %s %a to %s.", request.method, request.path, address)
            raise CrossSiteRequest(fault)
        return handler(request)

    return tween


def has_foreign_initiator(request: Request) -> bool:
    """Whether the browser says that another site made it send the request."""
    return request.headers.get("Sec-Fetch-Site", "") in _CROSS_SITE


def _is_harmless(request: Request) -> bool:
    if request.method not in _SAFE_METHODS:
        return False
    return path_below_prefix(request).startswith(_PUBLIC_FILES) or _is_followed_link(request)


def _is_followed_link(request: Request) -> bool:
    """Whether the response becomes the page of a tab, which the other site cannot read or time."""
    sent = request.headers.get
    if request.method != "GET" or sent("Sec-Fetch-Mode") != "navigate":
        return False
    # "empty" is sent if the phone's service worker passes the link on; a script cannot make any
    # other request of this mode.
    return sent("Sec-Fetch-Dest") in {"document", "empty"}


def _fault(request: Request) -> str:
    """Why a request is taken for one of another site; empty if it is not."""
    if has_foreign_initiator(request):
        return "This request came from a page of another site."
    # The browser compares the page's address with the one that it asks, which no page can change,
    # and no proxy: below, the server's own address is what a proxy says that it is.
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return ""
    origin = _origin(request)
    if origin is None or origin.casefold() in _own_origins(request.host.casefold()):
        return ""
    return (
        f"This request came from a page of another site: of {origin[:_MAX_ORIGIN_LENGTH]}, while "
        f"this server was asked as {request.scheme}://{request.host}. If both are this server, the "
        "proxy in front does not pass on the name and port that the browser asked for; it does by "
        "“proxy_set_header Host $http_host;” (nginx) or “ProxyPreserveHost On” (Apache)."
    )


def _own_origins(host: str) -> set[str]:
    """The origins of pages at a host: of either scheme, as a proxy may not tell that it ends TLS.

    Browsers leave out the port of the scheme, proxies may not.
    """
    ports = {"http": ":80", "https": ":443"}
    bare = {f"{scheme}://{host.removesuffix(port)}" for scheme, port in ports.items()}
    return bare | {f"{scheme}://{host}" for scheme in ports}


def _origin(request: Request) -> str | None:
    """The origin of the page (RFC 6454); of a write without one, that of the page's address."""
    origin: str | None = request.headers.get("Origin")
    referrer: str | None = request.headers.get("Referer")
    if origin is not None or not referrer or request.method in _SAFE_METHODS:
        return origin
    try:
        url = urlsplit(referrer)
    except ValueError:  # brackets that are not of an address
        return "null"
    return f"{url.scheme}://{url.netloc}"
