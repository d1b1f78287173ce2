"""The check of a phone's session token, before all operations of its API but the log-in."""

from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.request import Request


class NoSession(HTTPUnauthorized):  # type: ignore[misc]  # Pyramid has no types
    """The request has no valid session token."""


def extension_of(request: Request) -> str:
    """The extension of the request's token.  Raises ``NoSession``."""
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
