"""Authentication, permissions, CSRF tokens and response headers."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from pyramid.authentication import extract_http_basic_credentials
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.interfaces import ICSRFStoragePolicy, ISecurityPolicy
from pyramid.request import Request, RequestLocalCache
from pyramid.response import Response
from pyramid.security import Allowed, Denied
from pyramid.tweens import EXCVIEW
from zope.interface import implementer

from sipapp.accounts.admin_password import MIN_LENGTH, Weakness, admin_password_weakness
from sipapp.accounts.login import Login, RefusedSoFar, too_many_logins
from sipapp.accounts.recent_marks import RecentMarks
from sipapp.accounts.user_file import UserFile
from sipapp.concurrency.single_flight import SingleFlight
from sipapp.model.account import Account, Effect, Permission
from sipapp.model.address import UNKNOWN_ADDRESS
from sipapp.model.change import Actor
from sipapp.model.errors import SettingsError
from sipapp.state.shared import SharedState
from sipapp.state.throttle import (
    ACCOUNTS,
    ACCOUNTS_BY_LINK,
    CAPACITY,
    LoginThrottle,
)
from sipapp.web.cross_site import has_foreign_initiator
from sipapp.web.peer import peer_of

log = logging.getLogger(__name__)

REALM: Final = "sipapp"
_SAME_LOGIN_WAIT_S: Final = 5.0
"""Seconds that a request waits for the log-in of another one with the same name and password."""
_WRONG_AGAIN_S: Final = 30.0
"""Seconds for which a wrong password that a browser sends again is not looked at."""
_MAX_SAME_LOGINS: Final = 8
"""Requests that wait so.  More would take the threads of other requests."""


@implementer(ISecurityPolicy)
class BasicAuthPolicy:
    """Accounts by HTTP Basic Auth (RFC 7617); without an account, all requests may do all."""

    def __init__(self, login: Login, state: SharedState) -> None:
        self._login = login
        self._throttle = LoginThrottle(state, ACCOUNTS)
        # Links of other sites, https://name:guess@this-server/, lock nobody out who logs in here.
        # Who was right is known however the log-in began; failures are counted apart.
        self._link_throttle = LoginThrottle(state, ACCOUNTS_BY_LINK, known_to=ACCOUNTS)
        # A browser that opens ten pages at once makes one attempt, and not ten.
        self._attempts = SingleFlight[Account | None](
            too_many_logins, timeout=_SAME_LOGIN_WAIT_S, max_waiting=_MAX_SAME_LOGINS
        )
        self._wrong = RecentMarks(_WRONG_AGAIN_S, CAPACITY)
        self._cache = RequestLocalCache(self._load_identity)

    def _load_identity(self, request: Request) -> Account | None:
        if self._login.is_open:
            return self._login.anonymous_admin
        given = extract_http_basic_credentials(request)
        if given is None:
            return None
        throttle = self._link_throttle if has_foreign_initiator(request) else self._throttle
        try:
            return self._find(throttle, request, given.username, given.password)
        except SettingsError:  # which the log has; no failure was counted
            return None

    def _find(
        self, throttle: LoginThrottle, request: Request, name: str, password: str
    ) -> Account | None:
        """The account of a name and password; wrong guesses are throttled.

        Raises ``TooManyAttempts``, before the slow hash is computed, ``ServerBusy`` and
        ``SettingsError``.
        """
        address = request.peer
        # From other networks a remembered password is throttled as any other, or the answer would
        # tell those who are delayed which it is.
        if self._throttle.knows(address, name) and self._login.remembers(name, password):
            account = self._login.find(name, password)
            if account is not None:
                self._throttle.remember(address, name)
            return account
        # A browser repeats by itself, with each page, the name and password that a proxy in front
        # has asked for, before it asks for those of the account.
        is_browser = "Sec-Fetch-Mode" in request.headers
        key = (throttle is self._throttle, address, name, password, is_browser)
        return self._attempts.run(
            key, lambda: self._attempt(throttle, address, name, password, is_browser=is_browser)
        )

    def _attempt(
        self,
        throttle: LoginThrottle,
        address: str | None,
        name: str,
        password: str,
        *,
        is_browser: bool,
    ) -> Account | None:
        busy: RefusedSoFar | None = None
        account = None
        guess = (address or "", name, password)
        with throttle.attempt(address, name) as attempt:
            attempt.repeated = is_browser and self._wrong.has(*guess)
            if not attempt.repeated:
                try:
                    account = self._login.find(name, password)
                except RefusedSoFar as error:  # which counts as a failure
                    busy = error
                attempt.right = account is not None
                if not attempt.right:
                    self._wrong.add(*guess)
        if busy is not None:
            raise busy
        if account is None:
            log.warning("A login as %.64r from %s failed.", name, address or UNKNOWN_ADDRESS)
        return account

    def identity(self, request: Request) -> Account | None:
        account: Account | None = self._cache.get_or_create(request)
        return account

    def authenticated_userid(self, request: Request) -> str | None:
        account = self.identity(request)
        return account.name if account else None

    def permits(self, request: Request, _context: object, permission: str) -> Allowed | Denied:
        account = self.identity(request)
        if account is None:
            return Denied(f"{permission}: nobody has logged in")
        if not account.role.may(permission):
            return Denied(f"{permission}: not for the role {account.role}")
        return Allowed(f"{permission}: the role {account.role}")

    def remember(self, _request: Request, _userid: str, **_kw: object) -> list[tuple[str, str]]:
        return []

    def forget(self, _request: Request, **_kw: object) -> list[tuple[str, str]]:
        return [("WWW-Authenticate", f'Basic realm="{REALM}", charset="UTF-8"')]


@implementer(ICSRFStoragePolicy)
class CsrfCookies:
    """Tokens against forged forms in a cookie.

    Over TLS its name has the prefix ``__Host-`` (RFC 6265bis, section 4.1.3): browsers take such a
    cookie from this host by TLS alone, so that no other host of the domain can set it.
    """

    def __init__(self) -> None:
        make = partial(CookieCSRFStoragePolicy, httponly=True, samesite="Strict", path="/")
        self._plain = make(cookie_name="csrf_token", secure=False)
        self._over_tls = make(cookie_name="__Host-csrf_token", secure=True)

    def _policy(self, request: Request) -> Any:
        return self._over_tls if request.scheme == "https" else self._plain

    def new_csrf_token(self, request: Request) -> str:
        token: str = self._policy(request).new_csrf_token(request)
        return token

    def get_csrf_token(self, request: Request) -> str:
        token: str = self._policy(request).get_csrf_token(request)
        return token

    def check_csrf_token(self, request: Request, supplied_token: str) -> bool:
        return bool(self._policy(request).check_csrf_token(request, supplied_token))


def headers_tween_factory(
    handler: Callable[[Request], Response], _registry: Any
) -> Callable[[Request], Response]:
    """Give every answer the headers that keep browsers careful; views may set stricter ones."""

    def tween(request: Request) -> Response:
        response = handler(request)
        set_security_headers(request, response)
        return response

    return tween


def set_security_headers(request: Request, response: Response) -> None:
    """Set the headers that keep browsers careful, where a response has none of its own."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_security_policy())
    headers.setdefault("Permissions-Policy", "microphone=(), camera=(), geolocation=()")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
    headers.setdefault("Referrer-Policy", "same-origin")
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    if request.scheme == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def actor_of(request: Request) -> Actor:
    """The account and the address that make a request, for the history."""
    account = request.identity
    return Actor(account.name if account else "", request.peer or "")


def _may(request: Request) -> dict[str, bool]:
    """The permissions of the request's account: pages show no button that would be refused."""
    permissions = (*Permission, *Effect)
    return {each.value: bool(request.has_permission(each)) for each in permissions}


_WEAK_WORDS: Final[Mapping[Weakness, str]] = {
    "guessed": "one of the first to be tried",
    "very short": "very short",
}
"""What the start says of a weak password; the doctor also tells of one that is a little short."""


def content_security_policy(connect: str = "'self'", *, app: bool = False) -> str:
    """The policy of a page; ``connect`` says where its scripts may connect to.

    An ``app`` may have a manifest and workers.
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; media-src 'self' blob:; connect-src {connect}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return f"{policy}; worker-src 'self'; manifest-src 'self'" if app else policy


def includeme(config: Configurator) -> None:
    """Install policy, permissions, CSRF tokens and the tweens."""
    settings = config.registry.app.settings
    users = UserFile(settings.users) if settings.users else None
    login = Login(settings.admin, users, config.registry.app.plugins)
    if login.is_open:
        log.warning(
            "THE ADMIN PAGES ARE OPEN TO EVERYONE who reaches this server: "
            "set SIP_ADMIN_PASS in the environment to ask for a password."
        )
    if (weakness := admin_password_weakness(settings.admin)) in _WEAK_WORDS:
        log.warning(
            "THE ADMINISTRATOR'S PASSWORD (SIP_ADMIN_PASS) is %s: set one of %d characters or more "
            "that nobody guesses.",
            _WEAK_WORDS[weakness],
            MIN_LENGTH,
        )
    if not login.has_administrator:
        log.warning(
            "THERE IS NO ADMINISTRATOR, so nobody can create extensions: set SIP_ADMIN_PASS in the "
            "environment, or run: sipapp user add INI NAME --role administrator"
        )
    config.add_request_method(lambda _: login.is_open, "is_open", property=True)
    config.add_request_method(lambda request: peer_of(request.environ), "peer", property=True)
    config.add_request_method(_may, "may", reify=True)
    config.set_security_policy(BasicAuthPolicy(login, config.registry.app.state))
    # A view that names no permission, also a plugin's, is the administrator's.
    config.set_default_permission(Permission.ADMIN)
    config.set_csrf_storage_policy(CsrfCookies())
    # Where a request comes from, sipapp.web.cross_site has found out.
    config.set_default_csrf_options(require_csrf=True, check_origin=False)
    # Under the exception views, so that a refusal is answered like every other error.
    config.add_tween("sipapp.web.cross_site.cross_site_tween_factory", under=EXCVIEW)
    config.add_tween("sipapp.web.security.headers_tween_factory")
