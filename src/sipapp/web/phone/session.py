"""The check of a phone's session token, before all operations of its API but the log-in."""

from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.request import Request


class NoSession(HTTPUnauthorized):  # type: ignore[misc]  # Pyramid has no types
    """The request has no valid session token."""


def extension_of(request: Request) -> str:
    """The extension of the request's token.  Raises ``NoSession``."""
    token = _token(request)
    extension: str | None = request.app.phone.sessions.extension_of(token) if token else None
    if extension is None:
        raise NoSession(
            "Prove the extension's password first: there is no such session, or it has ended.",
            headers=[("WWW-Authenticate", 'Bearer realm="sipapp phone"')],
        )
    return extension


def _token(request: Request) -> str:
    """The token in a header of our own, or by Bearer (RFC 6750); empty without one.

    A proxy may take Authorization for its own log-in; browsers send its name and password there.
    """
    own: str = request.headers.get("Sipapp-Session", "").strip()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return own or (token.strip() if scheme.casefold() == "bearer" else "")
