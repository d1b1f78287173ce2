"""Errors as pages, or as problem documents for the API."""

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import forget


def forbidden(request: Request) -> Response:
    """Ask for credentials when there are none, or wrong ones."""
    response = HTTPUnauthorized()
    response.headerlist.extend(forget(request))
    return response


def includeme(config: Configurator) -> None:
    config.add_forbidden_view(forbidden)
