"""Who may do what: HTTP Basic Auth, permissions that fail closed, and cross-site requests."""

import hashlib
import hmac
import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from pyramid.authentication import extract_http_basic_credentials
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.httpexceptions import HTTPForbidden
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request, RequestLocalCache
from pyramid.response import Response
from pyramid.security import Allowed, Denied
from pyramid.tweens import EXCVIEW
from zope.interface import implementer

from sipapp.settings import AdminAccount

log = logging.getLogger(__name__)

REALM: Final = "sipapp"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CROSS_SITE: Final = frozenset({"cross-site", "same-site"})


class Permission(StrEnum):
    """What a view asks for."""

    ADMIN = "admin"


@implementer(ISecurityPolicy)
class BasicAuthPolicy:
    """The administrator of the environment, by HTTP Basic Auth (RFC 7617); open without one."""

    def __init__(self, account: AdminAccount) -> None:
        self._account = account
        self._cache = RequestLocalCache(self._load_identity)

    def _load_identity(self, request: Request) -> str | None:
        if self._account.password is None:
            return self._account.user
        given = extract_http_basic_credentials(request)
        if given is None:
            return None
        # Both are always compared, so that the time tells nothing about either.
        user = _same(given.username, self._account.user)
        password = _same(given.password, self._account.password)
        return self._account.user if user & password else None

    def identity(self, request: Request) -> str | None:
        identity: str | None = self._cache.get_or_create(request)
        return identity

    def authenticated_userid(self, request: Request) -> str | None:
        return self.identity(request)

    def permits(self, request: Request, _context: object, permission: str) -> Allowed | Denied:
        if self.identity(request) is not None:
            return Allowed(f"{permission}: the administrator")
        return Denied(f"{permission}: nobody has logged in")

    def remember(self, _request: Request, _userid: str, **_kw: object) -> list[tuple[str, str]]:
        return []

    def forget(self, _request: Request, **_kw: object) -> list[tuple[str, str]]:
        return [("WWW-Authenticate", f'Basic realm="{REALM}", charset="UTF-8"')]


def _same(given: str, wanted: str) -> bool:
    # Digests are of one length, so the comparison tells nothing about the secret's.
    digests = (
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, wanted)
    )
    return hmac.compare_digest(*digests)


class CrossSiteRequest(HTTPForbidden):  # type: ignore[misc]  # Pyramid has no types
    """A page of another site made the browser send a write; credentials do not help."""


def cross_site_tween_factory(
    handler: Callable[[Request], Response], _registry: Any
) -> Callable[[Request], Response]:
    """Refuse writes that another site's page makes a browser send.

    A browser sends Basic credentials along with them.  Sec-Fetch-Site (Fetch
    Metadata) and Origin say where a request comes from, on plain HTTP too; programs
    that are no browsers send neither.
    """

    def tween(request: Request) -> Response:
        if request.method not in _SAFE_METHODS and _is_cross_site(request):
            log.warning("Refused a cross-site %s to %r.", request.method, request.path)
            raise CrossSiteRequest("This request came from a page of another site.")
        return handler(request)

    return tween


def _is_cross_site(request: Request) -> bool:
    if request.headers.get("Sec-Fetch-Site", "") in _CROSS_SITE:
        return True
    origin = request.headers.get("Origin")
    # Either scheme: a proxy that ends TLS may not tell that it did.
    own = {f"{scheme}://{request.host}".casefold() for scheme in ("http", "https")}
    return origin is not None and origin.casefold() not in own


def headers_tween_factory(
    handler: Callable[[Request], Response], _registry: Any
) -> Callable[[Request], Response]:
    """Give every answer the headers that keep browsers careful; views may set stricter ones."""

    def tween(request: Request) -> Response:
        response = handler(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_security_policy())
        headers.setdefault("Permissions-Policy", "microphone=(), camera=(), geolocation=()")
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
        headers.setdefault("Referrer-Policy", "same-origin")
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        if request.scheme == "https":
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    return tween


def content_security_policy(connect: str = "'self'") -> str:
    """The policy of a page; ``connect`` says where its scripts may connect to."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; media-src 'self' blob:; connect-src {connect}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def includeme(config: Configurator) -> None:
    """Install policy, permissions, CSRF tokens and the tweens."""
    account: AdminAccount = config.registry.sipapp_settings.admin
    if account.password is None:
        log.warning(
            "THE ADMIN PAGES ARE OPEN TO EVERYONE who reaches this server: "
            "set SIP_ADMIN_PASS in the environment to ask for a password."
        )
    config.set_security_policy(BasicAuthPolicy(account))
    # A view that names no permission, also a plugin's, is the administrator's.
    config.set_default_permission(Permission.ADMIN)
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy(httponly=True, samesite="Strict"))
    config.set_default_csrf_options(require_csrf=True)
    # Under the exception views, so that a refusal is answered like every other error.
    config.add_tween("sipapp.security.cross_site_tween_factory", under=EXCVIEW)
    config.add_tween("sipapp.security.headers_tween_factory")
