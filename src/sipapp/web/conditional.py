"""Conditional requests: 304 for what the client has already."""

from pyramid.request import Request
from pyramid.response import Response


def unless_known(request: Request, version: str) -> Response | None:
    """A short 304 if the client has this version already (RFC 9110, 13.1.2), else ``None``."""
    if "If-None-Match" in request.headers and version in request.if_none_match:
        return Response(status=304, etag=version)
    return None
