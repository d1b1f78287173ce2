"""Whose phone asks: the one check that stands before all of the phone API but its beginning."""

from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.request import Request


class NoSession(HTTPUnauthorized):  # type: ignore[misc]  # Pyramid has no types
    """A request without a token, or with one that is not good any more."""


def extension_of(request: Request) -> str:
    """The extension whose phone asks.  Raises ``NoSession``."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    extension: str | None = None
    if scheme.casefold() == "bearer" and token:
        extension = request.app.phone.sessions.extension_of(token.strip())
    if extension is None:
        raise NoSession(
            "Prove the extension's password first: there is no such session, or it has ended.",
            headers=[("WWW-Authenticate", 'Bearer realm="sipapp phone"')],
        )
    return extension
